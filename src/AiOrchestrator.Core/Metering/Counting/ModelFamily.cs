using System.Globalization;
using AiOrchestrator.Core.Metering.Tokenizing;

namespace AiOrchestrator.Core.Metering.Counting;

/// <summary>What an upper bound of a family's tokens rests on.</summary>
public enum CountBound
{
    /// <summary>The count itself, and a slack for what of the rendering is not published.</summary>
    Count,

    /// <summary>One token for each byte of text: holds for every byte-level vocabulary.</summary>
    Bytes,
}

/// <summary>
/// How the tokens of one family of models are counted: a published tokenizer, or one whose count is scaled. Figures, sources and errors stand
/// in docs/metering/counting.md.
/// </summary>
/// <param name="Name">Lower case, for events and <c>GET /v1/models</c>.</param>
/// <param name="Tokenizer">What text is counted with.</param>
public sealed record ModelFamily(string Name, Tokenizer Tokenizer)
{
    /// <summary>Whether the tokenizer is the models' own.</summary>
    public bool IsExact { get; init; }

    /// <summary>The models' tokens for each thousand of the tokenizer's, in text.</summary>
    public int FactorPermille { get; init; } = 1000;

    /// <summary>How far off a count of ordinary text can be, in percent; 0 where it is exact.</summary>
    public int StatedErrorPercent { get; init; }

    /// <summary>What an upper bound rests on.</summary>
    public CountBound Bound { get; init; } = CountBound.Bytes;

    /// <summary>Tokens around each message, its role included unless <see cref="CountsRoles"/>.</summary>
    public int TokensPerMessage { get; init; } = 4;

    /// <summary>Tokens once a request: the start of the answer, a default system text.</summary>
    public int TokensPerRequest { get; init; } = 3;

    /// <summary>Tokens once a request that offers tools, beside the tools.</summary>
    public int TokensForTools { get; init; }

    /// <summary>Whether the text of a role is counted like content.</summary>
    public bool CountsRoles { get; init; }

    /// <summary>Whether tools are rendered as OpenAI does it; else their JSON is counted.</summary>
    public bool RendersTools { get; init; }

    /// <summary>Tokens that may come on top of an upper bound by <see cref="CountBound.Count"/>, once a request.</summary>
    public int SlackPerRequest { get; init; }

    /// <summary>What an image costs; null where nobody publishes it.</summary>
    public ImageRule? Images { get; init; }

    /// <summary>Tokens of a second of audio, times ten; 0 where nobody publishes it.</summary>
    public int AudioTokensPerTenSeconds { get; init; }

    /// <summary>The tokenizer's name, and the factor where there is one: <c>o200k_base</c>, <c>o200k_base*1.22</c>.</summary>
    public string CountsWith => field ??= FactorPermille == 1000
        ? Tokenizer.Name
        : string.Create(CultureInfo.InvariantCulture, $"{Tokenizer.Name}*{FactorPermille / 1000m:0.###}");

    /// <summary>The models' tokens for so many of the tokenizer's, in text; rounded up.</summary>
    /// <param name="tokens">0 or more.</param>
    public long Scale(long tokens) => FactorPermille == 1000 ? tokens : ((tokens * FactorPermille) + 999) / 1000;
}

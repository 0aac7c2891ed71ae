using System.Globalization;

namespace AiOrchestrator.Core.Metering.Tokenizing;

/// <summary>The special tokens of an encoding, as tiktoken's <c>openai_public.py</c> has them.</summary>
/// <param name="named">Those with a name of their own.</param>
/// <param name="reservedFrom">The first id that is named by its number where it has no other name.</param>
/// <param name="reservedTo">The id after the last one of these.</param>
internal sealed class SpecialTokens((string Name, int Id)[] named, int reservedFrom = 0, int reservedTo = 0)
{
    private const string Reserved = "<|reserved_";
    private const string End = "|>";

    public static SpecialTokens Cl100k { get; } = new(
    [
        ("<|endoftext|>", 100257), ("<|fim_prefix|>", 100258), ("<|fim_middle|>", 100259), ("<|fim_suffix|>", 100260), ("<|endofprompt|>", 100276),
    ]);

    public static SpecialTokens O200k { get; } = new([("<|endoftext|>", 199999), ("<|endofprompt|>", 200018)]);

    public static SpecialTokens O200kHarmony { get; } = new(
    [
        ("<|startoftext|>", 199998), ("<|endoftext|>", 199999), ("<|return|>", 200002), ("<|constrain|>", 200003), ("<|channel|>", 200005),
        ("<|start|>", 200006), ("<|end|>", 200007), ("<|message|>", 200008), ("<|call|>", 200012), ("<|endofprompt|>", 200018),
    ],
    reservedFrom: 200000,
    reservedTo: 201088);

    /// <summary>The id of a token; null where there is none.</summary>
    public int? IdOf(string name)
    {
        foreach (var token in named)
        {
            if (token.Name == name)
            {
                return token.Id;
            }
        }

        return name.StartsWith(Reserved, StringComparison.Ordinal) && name.EndsWith(End, StringComparison.Ordinal)
            && int.TryParse(name.AsSpan()[Reserved.Length..^End.Length], NumberStyles.None, CultureInfo.InvariantCulture, out var id)
            && NameOf(id) == name
            ? id
            : null;
    }

    /// <summary>The name of a token; null where there is none.</summary>
    public string? NameOf(int id)
    {
        foreach (var token in named)
        {
            if (token.Id == id)
            {
                return token.Name;
            }
        }

        return id >= reservedFrom && id < reservedTo ? string.Create(CultureInfo.InvariantCulture, $"{Reserved}{id}{End}") : null;
    }
}

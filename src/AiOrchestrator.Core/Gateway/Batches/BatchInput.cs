using AiOrchestrator.Core.Metering;
using AiOrchestrator.Core.Providers;

namespace AiOrchestrator.Core.Gateway.Batches;

/// <summary>What was found in the file of a batch: as much as is needed to say what all its calls may cost, and to charge them later. Bounded, however many they are.</summary>
/// <param name="Endpoint">The path all of them go to, such as <c>/v1/chat/completions</c>.</param>
/// <param name="Model">The model all of them go to.</param>
internal sealed record BatchInput(string Endpoint, string Model)
{
    /// <summary>Prompts up to this length are added up together; longer ones with those up to twice, four times … as long: price tiers begin far above.</summary>
    private const long ShortPromptTokens = 32 * 1024;

    /// <summary>The provider's name for it, which stands in the file.</summary>
    public string? UpstreamModel { get; init; }

    /// <summary>What the first line calls it, or whatever chose the model for that: the word by which the key may call it.</summary>
    public string? Named { get; init; }

    /// <summary>How many calls there are.</summary>
    public long Calls { get; init; }

    /// <summary>What is sent to the provider, bytes.</summary>
    public long Bytes { get; init; }

    /// <summary>Prompt tokens of all of them, as far as can be told.</summary>
    public long PromptTokensExpected { get; init; }

    /// <summary>The most choices one of them asks for.</summary>
    public int ChoicesMax { get; init; } = 1;

    /// <summary>The most tokens a choice of one of them may have.</summary>
    public long OutputTokensMax { get; init; }

    /// <summary>The calls by the length of their prompts, shortest first.</summary>
    public IReadOnlyList<BatchCalls> Groups { get; init; } = [];

    /// <summary>Upper bound of all prompts together.</summary>
    [System.Text.Json.Serialization.JsonIgnore]
    public long PromptTokensMax => Groups.Sum(static g => g.PromptTokens);

    /// <summary>Upper bound of the longest prompt.</summary>
    [System.Text.Json.Serialization.JsonIgnore]
    public long LongestPromptTokens => Groups.Max(static g => g.LongestPromptTokens);

    /// <summary>Upper bound of all completions together.</summary>
    [System.Text.Json.Serialization.JsonIgnore]
    public long CompletionTokensMax => Groups.Sum(static g => g.CompletionTokens);

    /// <summary>One call more.</summary>
    /// <param name="promptTokensMax">Upper bound of its prompt.</param>
    /// <param name="promptTokensExpected">As far as can be told.</param>
    /// <param name="outputTokensMax">Upper bound of each choice.</param>
    /// <param name="choices">Choices asked for.</param>
    /// <param name="bytes">What is sent of it.</param>
    public BatchInput With(long promptTokensMax, long promptTokensExpected, long outputTokensMax, int choices, long bytes)
    {
        var bound = ShortPromptTokens;
        while (bound < promptTokensMax)
        {
            bound *= 2;
        }

        var groups = new List<BatchCalls>(Groups);
        var at = groups.FindIndex(g => g.UpTo >= bound);
        if (at < 0 || groups[at].UpTo > bound)
        {
            at = at < 0 ? groups.Count : at;
            groups.Insert(at, new BatchCalls(bound, 0, 0, 0, 0));
        }

        var group = groups[at];
        groups[at] = new BatchCalls(
            bound, group.Calls + 1, Math.Max(group.LongestPromptTokens, promptTokensMax), group.PromptTokens + promptTokensMax, group.CompletionTokens + (outputTokensMax * choices));
        return this with
        {
            Calls = Calls + 1,
            Bytes = Bytes + bytes,
            PromptTokensExpected = PromptTokensExpected + promptTokensExpected,
            OutputTokensMax = Math.Max(OutputTokensMax, outputTokensMax),
            ChoicesMax = Math.Max(ChoicesMax, choices),
            Groups = groups,
        };
    }

    /// <summary>What all of them may cost at most at a price; nano-dollars.</summary>
    public long WorstCaseNanoUsd(ModelPrice price)
    {
        var worst = 0L;
        foreach (var group in Groups)
        {
            var cost = CostEngine.WorstCaseOfManyNanoUsd(price, group.LongestPromptTokens, group.PromptTokens, group.CompletionTokens, group.Calls);
            worst = cost > long.MaxValue - worst ? long.MaxValue : worst + cost;
        }

        return worst;
    }

    /// <summary>Who serves them, as served now; null where nobody does any more.</summary>
    public Route? RouteIn(ProviderSnapshot providers, string providerId) =>
        providers.Models.RouteAt(providerId, Model) is { Provider.HasBatches: true } route ? route : null;

    /// <summary>Whether a route still leads to the model that the file names: its row may have been changed.</summary>
    public bool IsOf(Route route) => UpstreamModel is null || UpstreamModel == route.Model.UpstreamId;
}

/// <summary>Calls with prompts of similar length.</summary>
/// <param name="UpTo">The bound of their lengths, tokens.</param>
/// <param name="Calls">How many.</param>
/// <param name="LongestPromptTokens">The longest prompt.</param>
/// <param name="PromptTokens">Upper bound of their prompts together.</param>
/// <param name="CompletionTokens">Upper bound of their completions together.</param>
internal sealed record BatchCalls(long UpTo, long Calls, long LongestPromptTokens, long PromptTokens, long CompletionTokens);

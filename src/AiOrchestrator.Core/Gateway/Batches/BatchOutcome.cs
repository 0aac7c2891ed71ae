using System.Text.Json.Serialization;
using AiOrchestrator.Core.Platform;

namespace AiOrchestrator.Core.Gateway.Batches;

/// <summary>What came of a batch: read once, then written down; all that follows goes by it.</summary>
/// <param name="UsageId">The usage event of all its calls.</param>
/// <param name="ReadUnixMs">When its results were read, milliseconds since 1970.</param>
internal sealed record BatchOutcome(string UsageId, long ReadUnixMs)
{
    /// <summary>The same as an id.</summary>
    [JsonIgnore]
    public ExchangeId Usage => ExchangeId.TryParse(UsageId, out var id) ? id : throw new InvalidDataException($"'{UsageId}' names no exchange");

    /// <summary>The answers; null where there are none.</summary>
    public BatchFile? Output { get; init; }

    /// <summary>The errors; null where there are none.</summary>
    public BatchFile? Errors { get; init; }

    /// <summary>What all of it comes to.</summary>
    public required BatchTotals Totals { get; init; }
}

/// <summary>A file that came of a batch.</summary>
/// <param name="Id">The caller's name for it.</param>
/// <param name="UpstreamId">The provider's.</param>
/// <param name="Bytes">Its size.</param>
internal sealed record BatchFile(string Id, string UpstreamId, long Bytes);

/// <summary>The calls of a batch added up: tokens as charged, nano-dollars.</summary>
internal sealed record BatchTotals
{
    /// <summary>Calls that were answered, and charged.</summary>
    public long Answered { get; set; }

    /// <summary>Calls that failed, and cost nothing.</summary>
    public long Failed { get; set; }

    /// <summary>What the answered ones cost, each rounded up.</summary>
    public long CostNanoUsd { get; set; }

    /// <summary>Prompt tokens, cached ones included.</summary>
    public long PromptTokens { get; set; }

    /// <summary>Of them, read from a cache.</summary>
    public long CachedPromptTokens { get; set; }

    /// <summary>Of them, written to a cache.</summary>
    public long CacheWritePromptTokens { get; set; }

    /// <summary>Of them, audio.</summary>
    public long AudioPromptTokens { get; set; }

    /// <summary>Completion tokens, reasoning included.</summary>
    public long CompletionTokens { get; set; }

    /// <summary>Of them, reasoning.</summary>
    public long ReasoningTokens { get; set; }

    /// <summary>Of them, audio.</summary>
    public long AudioCompletionTokens { get; set; }

    /// <summary>By whose count: <c>reported</c> where that holds for all, else <c>counted</c> or <c>larger</c> for the first that is not.</summary>
    public string? Source { get; set; }

    /// <summary>What is wrong with the first report that something is wrong with; null where nothing is.</summary>
    public string? Anomaly { get; set; }

    /// <summary>One answered call more.</summary>
    public void Add(in Charge charge)
    {
        var usage = charge.Usage;
        Answered++;
        CostNanoUsd = charge.CostNanoUsd > long.MaxValue - CostNanoUsd ? long.MaxValue : CostNanoUsd + charge.CostNanoUsd;
        PromptTokens += usage.PromptTokens;
        CachedPromptTokens += usage.CachedPromptTokens;
        CacheWritePromptTokens += usage.CacheWritePromptTokens;
        AudioPromptTokens += usage.AudioPromptTokens;
        CompletionTokens += usage.CompletionTokens;
        ReasoningTokens += usage.ReasoningTokens;
        AudioCompletionTokens += usage.AudioCompletionTokens;
        Source = Source is null or "reported" ? charge.Source : Source;
        Anomaly ??= charge.Anomaly;
    }
}

using AiOrchestrator.Core.Metering;
using AiOrchestrator.Ledger.Money;

namespace AiOrchestrator.Core.Insight;

/// <summary>What the cache had to do with a call.</summary>
/// <param name="Outcome"><c>hit</c>, <c>similar</c> (the answer to another question that means the same), <c>miss</c> or <c>bypass</c>.</param>
/// <param name="Reason">Why the cache had nothing to do with it; null where it had.</param>
/// <param name="Namespace">Whose answers it may be given; null where the cache had nothing to do with it.</param>
/// <param name="AnswerOf">The call whose answer it was given; null for none.</param>
/// <param name="Similarity">How near the question was that was answered, 1 for the same; null where it was given no answer.</param>
/// <param name="SavedUsd">What that answer had cost, less what this call was charged; null where it was given no answer.</param>
/// <param name="SavedPromptTokens">Prompt tokens of the call that paid; null where it was given no answer.</param>
/// <param name="SavedCompletionTokens">Its completion tokens; null where it was given no answer.</param>
public sealed record UsageCacheView(
    string Outcome,
    string? Reason,
    string? Namespace,
    string? AnswerOf,
    double? Similarity,
    string? SavedUsd,
    long? SavedPromptTokens,
    long? SavedCompletionTokens)
{
    internal static UsageCacheView? Of(UsageEvent e) => e.CacheOutcome is not { } outcome ? null
        : e.CacheOf is null ? new(outcome, e.CacheReason, e.CacheNamespace, null, null, null, null, null)
        : new(
            outcome, e.CacheReason, e.CacheNamespace, e.CacheOf, e.CacheSimilarityMicro / 1_000_000d, NanoUsd.FormatUsd(e.CacheSavedNanoUsd), e.CacheSavedPromptTokens, e.CacheSavedCompletionTokens);
}

using System.Text;
using AiOrchestrator.Core.Metering;

namespace AiOrchestrator.Server.Storage;

/// <summary>Members most events lack; in the order of <see cref="EventWriter"/>.</summary>
internal ref partial struct EventReader
{
    private void Extension(UsageEvent usage)
    {
        if (!Has(EventWriter.Extended) || !Varint.TryRead(ref _rest, out var numbers))
        {
            return;
        }

        usage.CacheWritePromptTokens = MoreNumber(numbers, 0);
        usage.CacheWrite1hPromptTokens = MoreNumber(numbers, 1);
        usage.ImagePromptTokens = MoreNumber(numbers, 2);
        usage.VideoPromptTokens = MoreNumber(numbers, 3);
        usage.CachedAudioPromptTokens = MoreNumber(numbers, 4);
        usage.CachedImagePromptTokens = MoreNumber(numbers, 5);
        usage.ImageCompletionTokens = MoreNumber(numbers, 6);
        usage.VideoCompletionTokens = MoreNumber(numbers, 7);
        usage.CitationTokens = MoreNumber(numbers, 8);
        usage.ListCostNanoUsd = MoreNumber(numbers, 9);
        usage.SuspendedNanoUsd = MoreNumber(numbers, 10);
        usage.CountedPromptTokens = MoreNumber(numbers, 11);
        usage.CountedCompletionTokens = MoreNumber(numbers, 12);
        usage.DrainedUs = MoreNumber(numbers, 13);
        usage.SchemaVersion = unchecked((int)MoreNumber(numbers, 14));
        usage.QueueWaitUs = MoreNumber(numbers, 15);
        usage.EarlierCostNanoUsd = MoreNumber(numbers, 16);
        usage.ExperimentCluster = unchecked((int)MoreNumber(numbers, 17));
        usage.CacheSimilarityMicro = MoreNumber(numbers, 18);
        usage.CacheSavedNanoUsd = MoreNumber(numbers, 19);
        usage.CacheSavedPromptTokens = MoreNumber(numbers, 20);
        usage.CacheSavedCompletionTokens = MoreNumber(numbers, 21);
        _ = Varint.TryRead(ref _rest, out var texts);
        usage.Units = MoreText(texts, 0);
        usage.CostLines = MoreText(texts, 1);
        usage.PriceMultiplier = MoreText(texts, 2);
        usage.PriceId = MoreText(texts, 3);
        usage.Tokenizer = MoreText(texts, 4);
        usage.UsageAnomaly = MoreText(texts, 5);
        usage.ClaimedUsage = MoreText(texts, 6);
        usage.LegacyUse = MoreText(texts, 7);
        usage.ExperimentId = MoreText(texts, 8);
        usage.Variant = MoreText(texts, 9);
        usage.AttemptList = MoreText(texts, 10);
        usage.RetryOf = MoreText(texts, 11);
        usage.RuleId = MoreText(texts, 12);
        usage.RouteMarks = MoreText(texts, 13);
        usage.CacheOutcome = MoreText(texts, 14);
        usage.CacheReason = MoreText(texts, 15);
        usage.CacheNamespace = MoreText(texts, 16);
        usage.CacheOf = MoreText(texts, 17);
    }

    private long MoreNumber(ulong present, int bit) =>
        (present >> bit & 1) != 0 && Varint.TryRead(ref _rest, out var value) ? unchecked((long)value) : 0;

    private string? MoreText(ulong present, int bit) =>
        (present >> bit & 1) != 0 && Varint.TryRead(ref _rest, out var length) ? Encoding.UTF8.GetString(Take(length)) : null;
}

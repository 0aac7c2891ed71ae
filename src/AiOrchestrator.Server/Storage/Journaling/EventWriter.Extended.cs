using System.Text;
using AiOrchestrator.Core.Metering;

namespace AiOrchestrator.Server.Storage;

/// <summary>
/// Members most events lack, behind the others: which numbers there are, these, which texts, these. Absent as a whole where all are.
/// </summary>
internal sealed partial class EventWriter
{
    /// <summary>A bit without a number: there is an extension.</summary>
    public const int Extended = 35;

    private ulong _moreNumbers;
    private ulong _moreTexts;

    private void Extension(UsageEvent usage)
    {
        _moreNumbers = 0;
        _moreTexts = 0;
        Mark(usage);
        if ((_moreNumbers | _moreTexts) == 0)
        {
            return;
        }

        Flag(Extended);
        MoreVarint(_moreNumbers);
        MoreNumber(0, usage.CacheWritePromptTokens);
        MoreNumber(1, usage.CacheWrite1hPromptTokens);
        MoreNumber(2, usage.ImagePromptTokens);
        MoreNumber(3, usage.VideoPromptTokens);
        MoreNumber(4, usage.CachedAudioPromptTokens);
        MoreNumber(5, usage.CachedImagePromptTokens);
        MoreNumber(6, usage.ImageCompletionTokens);
        MoreNumber(7, usage.VideoCompletionTokens);
        MoreNumber(8, usage.CitationTokens);
        MoreNumber(9, usage.ListCostNanoUsd);
        MoreNumber(10, usage.SuspendedNanoUsd);
        MoreNumber(11, usage.CountedPromptTokens);
        MoreNumber(12, usage.CountedCompletionTokens);
        MoreNumber(13, usage.DrainedUs);
        MoreNumber(14, usage.SchemaVersion);
        MoreNumber(15, usage.QueueWaitUs);
        MoreNumber(16, usage.EarlierCostNanoUsd);
        MoreNumber(17, usage.ExperimentCluster);
        MoreNumber(18, usage.CacheSimilarityMicro);
        MoreNumber(19, usage.CacheSavedNanoUsd);
        MoreNumber(20, usage.CacheSavedPromptTokens);
        MoreNumber(21, usage.CacheSavedCompletionTokens);
        MoreVarint(_moreTexts);
        MoreText(usage.Units);
        MoreText(usage.CostLines);
        MoreText(usage.PriceMultiplier);
        MoreText(usage.PriceId);
        MoreText(usage.Tokenizer);
        MoreText(usage.UsageAnomaly);
        MoreText(usage.ClaimedUsage);
        MoreText(usage.LegacyUse);
        MoreText(usage.ExperimentId);
        MoreText(usage.Variant);
        MoreText(usage.AttemptList);
        MoreText(usage.RetryOf);
        MoreText(usage.RuleId);
        MoreText(usage.RouteMarks);
        MoreText(usage.CacheOutcome);
        MoreText(usage.CacheReason);
        MoreText(usage.CacheNamespace);
        MoreText(usage.CacheOf);
    }

    private void Mark(UsageEvent usage)
    {
        ReadOnlySpan<long> numbers =
        [
            usage.CacheWritePromptTokens, usage.CacheWrite1hPromptTokens, usage.ImagePromptTokens, usage.VideoPromptTokens,
            usage.CachedAudioPromptTokens, usage.CachedImagePromptTokens, usage.ImageCompletionTokens, usage.VideoCompletionTokens,
            usage.CitationTokens, usage.ListCostNanoUsd, usage.SuspendedNanoUsd, usage.CountedPromptTokens, usage.CountedCompletionTokens,
            usage.DrainedUs, usage.SchemaVersion, usage.QueueWaitUs, usage.EarlierCostNanoUsd, usage.ExperimentCluster,
            usage.CacheSimilarityMicro, usage.CacheSavedNanoUsd, usage.CacheSavedPromptTokens, usage.CacheSavedCompletionTokens,
        ];
        for (var i = 0; i < numbers.Length; i++)
        {
            _moreNumbers |= numbers[i] == 0 ? 0 : 1UL << i;
        }

        MarkText(0, usage.Units);
        MarkText(1, usage.CostLines);
        MarkText(2, usage.PriceMultiplier);
        MarkText(3, usage.PriceId);
        MarkText(4, usage.Tokenizer);
        MarkText(5, usage.UsageAnomaly);
        MarkText(6, usage.ClaimedUsage);
        MarkText(7, usage.LegacyUse);
        MarkText(8, usage.ExperimentId);
        MarkText(9, usage.Variant);
        MarkText(10, usage.AttemptList);
        MarkText(11, usage.RetryOf);
        MarkText(12, usage.RuleId);
        MarkText(13, usage.RouteMarks);
        MarkText(14, usage.CacheOutcome);
        MarkText(15, usage.CacheReason);
        MarkText(16, usage.CacheNamespace);
        MarkText(17, usage.CacheOf);
    }

    private void MarkText(int bit, string? text) => _moreTexts |= text is null ? 0 : 1UL << bit;

    private void MoreNumber(int bit, long value)
    {
        if ((_moreNumbers >> bit & 1) != 0)
        {
            MoreVarint(unchecked((ulong)value));
        }
    }

    private void MoreVarint(ulong value) => _length += Varint.Write(Room(Varint.MaxBytes), value);

    private void MoreText(string? text)
    {
        if (text is null)
        {
            return;
        }

        MoreVarint((ulong)Encoding.UTF8.GetByteCount(text));
        _length += Encoding.UTF8.GetBytes(text, Room(Encoding.UTF8.GetMaxByteCount(text.Length)));
    }
}

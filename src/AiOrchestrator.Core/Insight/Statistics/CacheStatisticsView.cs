using AiOrchestrator.Core.Metering.Caching;
using AiOrchestrator.Ledger.Money;

namespace AiOrchestrator.Core.Insight.Statistics;

/// <summary>What the cache had to do with calls.</summary>
/// <param name="Hits">Calls that were given the answer to the same question.</param>
/// <param name="Similar">Calls that were given the answer to another question that means the same.</param>
/// <param name="Misses">Calls it had no answer for.</param>
/// <param name="Bypasses">Calls it had nothing to do with, though it is on: what they ask varies, or they said so.</param>
/// <param name="HitRate">Of hits, similar and misses the part that was given an answer: 0 to 1; null where there are none.</param>
/// <param name="SavedPromptTokens">Prompt tokens nobody was asked to read again.</param>
/// <param name="SavedCompletionTokens">Completion tokens nobody was asked to generate again.</param>
/// <param name="SavedUsd">What the answers that were given had cost, less what the calls were charged.</param>
public sealed record CacheFiguresView(
    long Hits, long Similar, long Misses, long Bypasses, double? HitRate, long SavedPromptTokens, long SavedCompletionTokens, string SavedUsd)
{
    internal static CacheFiguresView Of(CacheCounts counts) => new(
        counts.Hits,
        counts.Similar,
        counts.Misses,
        counts.Bypasses,
        counts.HitRate is { } rate ? Math.Round(rate, 4) : null,
        counts.SavedPromptTokens,
        counts.SavedCompletionTokens,
        NanoUsd.FormatUsd((long)Int128.Min(counts.SavedNanoUsd, long.MaxValue)));
}

/// <summary>The same of a namespace and a model.</summary>
/// <param name="Namespace">By the name it has in the organisation; null for calls the cache had nothing to do with.</param>
/// <param name="Model">The model.</param>
/// <param name="Figures">What it came to.</param>
public sealed record CacheRowView(string? Namespace, string Model, CacheFiguresView Figures);

/// <summary>What is kept in a namespace now.</summary>
/// <param name="Namespace">By the name it has in the organisation.</param>
/// <param name="Entries">How many answers.</param>
/// <param name="Bytes">What they take, packed.</param>
public sealed record CacheSizeView(string Namespace, long Entries, long Bytes)
{
    internal static CacheSizeView Of(CacheSize size) => new(size.Namespace, size.Entries, size.Bytes);
}

/// <summary>The answer of <c>GET /v1/cache/stats</c>.</summary>
/// <param name="Window"><c>1h</c>, <c>24h</c> or <c>30d</c>.</param>
/// <param name="From">The beginning, a full hour, RFC 3339.</param>
/// <param name="To">The time of the answer, RFC 3339.</param>
/// <param name="Total">All together.</param>
/// <param name="Data">In order of namespace, then model.</param>
/// <param name="Kept">What is kept now, in order of namespace; counted ten minutes ago at most.</param>
public sealed record CacheStatisticsView(
    string Window, string From, string To, CacheFiguresView Total, IReadOnlyList<CacheRowView> Data, IReadOnlyList<CacheSizeView> Kept);

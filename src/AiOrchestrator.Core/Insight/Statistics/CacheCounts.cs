using AiOrchestrator.Core.Metering;

namespace AiOrchestrator.Core.Insight.Statistics;

/// <summary>
/// What is counted of what the cache had to do with calls: numbers by name, kept by the hour and added up like those of models, for each namespace and model.
/// Money is kept in parts of nine digits: a store may count in numbers that are exact to 2^53 only.
/// </summary>
public sealed class CacheCounts
{
    private const string RowPrefix = "cache:";
    private const string BypassNamespace = "";
    private const string HitsName = "h";
    private const string SimilarName = "s";
    private const string MissesName = "m";
    private const string BypassesName = "b";
    private const string PromptName = "p";
    private const string CompletionName = "c";
    private const string SavedName = "u";
    private const string SavedMoreName = "v";
    private const long Part = 1_000_000_000;

    /// <summary>Calls that were given the answer to the same question.</summary>
    public long Hits { get; private set; }

    /// <summary>Calls that were given the answer to another question that means the same.</summary>
    public long Similar { get; private set; }

    /// <summary>Calls the cache had no answer for.</summary>
    public long Misses { get; private set; }

    /// <summary>Calls it had nothing to do with.</summary>
    public long Bypasses { get; private set; }

    /// <summary>Prompt tokens nobody was asked to read again.</summary>
    public long SavedPromptTokens { get; private set; }

    /// <summary>Completion tokens nobody was asked to generate again.</summary>
    public long SavedCompletionTokens { get; private set; }

    /// <summary>What answers that were given had cost, less what the calls were charged.</summary>
    public Int128 SavedNanoUsd { get; private set; }

    /// <summary>Of calls that asked the cache, the part that was given an answer: 0 to 1; null where none asked.</summary>
    public double? HitRate => Hits + Similar + Misses is > 0 and var asked ? (double)(Hits + Similar) / asked : null;

    /// <summary>Whether what stands for the provider in a row is a namespace. No provider has such an id.</summary>
    public static bool IsRow(string provider) => provider.StartsWith(RowPrefix, StringComparison.Ordinal);

    /// <summary>The namespace of a row; empty for calls the cache had nothing to do with.</summary>
    public static string NamespaceOf(string row) => row[RowPrefix.Length..];

    /// <summary>What a call adds to its hour; null where the cache is not told of it.</summary>
    /// <param name="usage">A call that <see cref="ModelCounts.Counts"/>.</param>
    public static CountedRow? RowOf(UsageEvent usage) => usage.CacheOutcome is null || (usage.CacheOutcome == "bypass" && usage.CacheReason is "kind" or "off") ? null
        : new CountedRow(RowPrefix + (usage.CacheNamespace ?? BypassNamespace), usage.Model!, Of(usage));

    /// <summary>Adds what calls of an hour came to.</summary>
    /// <param name="counts">By name; names nobody knows are of a newer program and left out.</param>
    public void Add(IEnumerable<KeyValuePair<string, long>> counts)
    {
        foreach (var (name, count) in counts)
        {
            switch (name)
            {
                case HitsName:
                    Hits += count;
                    break;
                case SimilarName:
                    Similar += count;
                    break;
                case MissesName:
                    Misses += count;
                    break;
                case BypassesName:
                    Bypasses += count;
                    break;
                case PromptName:
                    SavedPromptTokens += count;
                    break;
                case CompletionName:
                    SavedCompletionTokens += count;
                    break;
                case SavedName:
                    SavedNanoUsd += count;
                    break;
                case SavedMoreName:
                    SavedNanoUsd += (Int128)count * Part;
                    break;
            }
        }
    }

    private static IEnumerable<KeyValuePair<string, long>> Of(UsageEvent usage)
    {
        yield return KeyValuePair.Create(usage.CacheOutcome switch { "hit" => HitsName, "similar" => SimilarName, "miss" => MissesName, _ => BypassesName }, 1L);
        foreach (var (name, count) in new[]
        {
            (PromptName, usage.CacheSavedPromptTokens),
            (CompletionName, usage.CacheSavedCompletionTokens),
            (SavedName, usage.CacheSavedNanoUsd % Part),
            (SavedMoreName, usage.CacheSavedNanoUsd / Part),
        })
        {
            if (count > 0)
            {
                yield return KeyValuePair.Create(name, count);
            }
        }
    }
}

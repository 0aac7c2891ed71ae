using System.Globalization;
using AiOrchestrator.Core.Metering;
using AiOrchestrator.Core.Metering.Experiments;

namespace AiOrchestrator.Core.Insight.Experiments;

/// <summary>
/// What is counted of the calls of an experiment's variant: numbers by name, kept and added up like those of models. A call is one request of a client: its
/// first exchange counts it, the one that answered says that it succeeded and what it cost with those before it, and what neither succeeded nor was left by
/// the client has failed; so it does not matter in which order they come. Sums of costs and of squares are kept in parts of nine digits: a store may
/// count in numbers that are exact to 2^53 only.
/// </summary>
public static class VariantCounts
{
    private const string RowPrefix = "experiment:";

    // Rows without it are of an earlier program, and counted exchanges.
    private const string Form = "2:";
    private const string CallsName = "n";
    private const string OkName = "ok";
    private const string GoneName = "gone";
    private const string FirstByteName = "f:n";
    private const string Cost = "c";
    private const string Duration = "d";
    private const string FirstByte = "f";
    private const int MostParts = 5;
    private static readonly Int128 Part = 1_000_000_000;

    /// <summary>What stands for the provider in the rows of an experiment. No provider has such an id.</summary>
    public static string RowOf(string experimentId) => RowPrefix + Form + experimentId;

    /// <summary>Whether what stands for the provider is an experiment.</summary>
    public static bool IsRow(string provider) => provider.StartsWith(RowPrefix, StringComparison.Ordinal);

    /// <summary>What an exchange adds to its hour, by name; each name once.</summary>
    /// <param name="usage">One that counts (<see cref="Statistics.ModelCounts.Counts"/>).</param>
    public static IEnumerable<KeyValuePair<string, long>> Of(UsageEvent usage)
    {
        var counts = new List<KeyValuePair<string, long>>();
        var of = ClusterName(usage.ExperimentCluster);
        if (usage.RetryOf is null)
        {
            counts.Add(One(of + CallsName));
        }

        if (usage.Status == UsageStatus.Ok)
        {
            counts.Add(One(of + OkName));
            Add(counts, of, Cost, checked(usage.EarlierCostNanoUsd + usage.CostNanoUsd));
            Add(counts, of, Duration, usage.DurationUs);
            if (usage.FirstByteUs > 0)
            {
                counts.Add(One(FirstByteName));
                Add(counts, "", FirstByte, usage.FirstByteUs);
            }
        }
        else if (usage is { Status: UsageStatus.Cancelled, ErrorCode: not UsageEvent.SupersededCode })
        {
            counts.Add(One(of + GoneName));
        }

        return counts;
    }

    /// <summary>What counts come to; names nobody knows are of a newer program and left out.</summary>
    /// <param name="counts">Added up, by name.</param>
    public static VariantFigures Figures(IReadOnlyDictionary<string, long> counts)
    {
        List<ClusterFigures> clusters = [.. Enumerable.Range(0, ClusterFigures.Most + 1).Select(n => ClusterOf(counts, n)).Where(static c => c.Calls > 0)];
        if (clusters.Count == 0)
        {
            return VariantFigures.None;
        }

        var succeeded = clusters.Sum(static c => c.Succeeded);
        return new VariantFigures
        {
            Calls = clusters.Sum(static c => c.Calls),
            Succeeded = succeeded,
            Failed = clusters.Sum(static c => c.Failed),
            CostNanoUsd = new Moments(succeeded, Sum(clusters, static c => c.CostNanoUsd), Whole(counts, Squares(Cost))),
            DurationUs = new Moments(succeeded, Sum(clusters, static c => c.DurationUs), Whole(counts, Squares(Duration))),
            FirstByteUs = new Moments(counts.GetValueOrDefault(FirstByteName), Whole(counts, FirstByte), Whole(counts, Squares(FirstByte))),
            Clusters = clusters,
        };
    }

    private static ClusterFigures ClusterOf(IReadOnlyDictionary<string, long> counts, int number)
    {
        var of = ClusterName(number);
        var (succeeded, gone) = (counts.GetValueOrDefault(of + OkName), counts.GetValueOrDefault(of + GoneName));

        // An answer may be stored a moment before the exchange that it goes on for.
        var calls = Math.Max(counts.GetValueOrDefault(of + CallsName), succeeded + gone);
        return new ClusterFigures(number)
        {
            Calls = calls,
            Succeeded = succeeded,
            Failed = calls - succeeded - gone,
            CostNanoUsd = succeeded == 0 ? 0 : Whole(counts, of + Cost),
            DurationUs = succeeded == 0 ? 0 : Whole(counts, of + Duration),
        };
    }

    private static void Add(List<KeyValuePair<string, long>> counts, string of, string name, long value)
    {
        AddParts(counts, of + name, value);
        AddParts(counts, Squares(name), (Int128)value * value);
    }

    private static void AddParts(List<KeyValuePair<string, long>> counts, string name, Int128 value)
    {
        for (var part = 0; value > 0; part++)
        {
            (value, var rest) = (value / Part, (long)(value % Part));
            if (rest != 0)
            {
                counts.Add(KeyValuePair.Create(Named(name, part), rest));
            }
        }
    }

    private static Int128 Sum(List<ClusterFigures> clusters, Func<ClusterFigures, Int128> of) => clusters.Aggregate(Int128.Zero, (sum, c) => checked(sum + of(c)));

    private static Int128 Whole(IReadOnlyDictionary<string, long> counts, string name)
    {
        Int128 whole = 0;
        for (var part = MostParts - 1; part >= 0; part--)
        {
            whole = (whole * Part) + counts.GetValueOrDefault(Named(name, part));
        }

        return whole;
    }

    private static string Squares(string name) => name + name;

    private static string ClusterName(int cluster) => string.Create(CultureInfo.InvariantCulture, $"k{cluster}:");

    private static string Named(string name, int part) => string.Create(CultureInfo.InvariantCulture, $"{name}:{part}");

    private static KeyValuePair<string, long> One(string name) => KeyValuePair.Create(name, 1L);
}

using AiOrchestrator.Core.Metering;
using AiOrchestrator.Core.Metering.Experiments;

namespace AiOrchestrator.Core.Insight.Experiments;

/// <summary>
/// What is counted of the calls of an experiment's variant: numbers by name, kept and added up like those of models, each call once. Sums of costs and of
/// squares are kept in parts of nine digits: a store may count in numbers that are exact to 2^53 only.
/// </summary>
public static class VariantCounts
{
    private const string RowPrefix = "experiment:";
    private const string CallsName = "n";
    private const string OkName = "ok";
    private const string FailedName = "e";
    private const string FirstByteName = "f:n";
    private const string Cost = "c";
    private const string Duration = "d";
    private const string FirstByte = "f";
    private const int MostParts = 5;
    private static readonly Int128 Part = 1_000_000_000;

    /// <summary>What stands for the provider in the rows of an experiment. No provider has such an id.</summary>
    public static string RowOf(string experimentId) => RowPrefix + experimentId;

    /// <summary>Whether what stands for the provider is an experiment.</summary>
    public static bool IsRow(string provider) => provider.StartsWith(RowPrefix, StringComparison.Ordinal);

    /// <summary>What a call adds to its hour, by name; each name once.</summary>
    /// <param name="usage">A call that counts (<see cref="Statistics.ModelCounts.Counts"/>).</param>
    public static IEnumerable<KeyValuePair<string, long>> Of(UsageEvent usage)
    {
        var counts = new List<KeyValuePair<string, long>> { One(CallsName) };
        Add(counts, Cost, usage.CostNanoUsd);
        if (usage.Status == UsageStatus.Ok)
        {
            counts.Add(One(OkName));
            Add(counts, Duration, usage.DurationUs);
            if (usage.FirstByteUs > 0)
            {
                counts.Add(One(FirstByteName));
                Add(counts, FirstByte, usage.FirstByteUs);
            }
        }
        else if (usage.Status != UsageStatus.Cancelled)
        {
            counts.Add(One(FailedName));
        }

        return counts;
    }

    /// <summary>What counts come to; names nobody knows are of a newer program and left out.</summary>
    /// <param name="counts">Added up, by name.</param>
    public static VariantFigures Figures(IReadOnlyDictionary<string, long> counts)
    {
        var (calls, succeeded) = (counts.GetValueOrDefault(CallsName), counts.GetValueOrDefault(OkName));
        return new VariantFigures
        {
            Calls = calls,
            Succeeded = succeeded,
            Failed = counts.GetValueOrDefault(FailedName),
            CostNanoUsd = MomentsOf(counts, Cost, calls),
            DurationUs = MomentsOf(counts, Duration, succeeded),
            FirstByteUs = MomentsOf(counts, FirstByte, counts.GetValueOrDefault(FirstByteName)),
        };
    }

    private static void Add(List<KeyValuePair<string, long>> counts, string name, long value)
    {
        AddParts(counts, name, value);
        AddParts(counts, name + name, (Int128)value * value);
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

    private static Moments MomentsOf(IReadOnlyDictionary<string, long> counts, string name, long count) => new(count, Whole(counts, name), Whole(counts, name + name));

    private static Int128 Whole(IReadOnlyDictionary<string, long> counts, string name)
    {
        Int128 whole = 0;
        for (var part = MostParts - 1; part >= 0; part--)
        {
            whole = (whole * Part) + counts.GetValueOrDefault(Named(name, part));
        }

        return whole;
    }

    private static string Named(string name, int part) => string.Create(null, $"{name}:{part}");

    private static KeyValuePair<string, long> One(string name) => KeyValuePair.Create(name, 1L);
}

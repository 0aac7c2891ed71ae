using System.Globalization;
using AiOrchestrator.Core.Insight.Experiments;
using AiOrchestrator.Core.Metering;

namespace AiOrchestrator.Core.Insight.Statistics;

/// <summary>
/// What is counted of the calls to a model at a provider: numbers by name, which only ever grow and add up to those of any set of calls. Stores keep
/// them by the hour and know nothing of what they mean.
/// </summary>
public sealed class ModelCounts
{
    private const string CallsName = "n";
    private const string OkName = "ok";
    private const string GoneName = "gone";
    private const char ErrorMark = 'e';
    private const char LatencyMark = 'l';
    private const char FirstByteMark = 'f';
    private const char MinuteMark = 'm';
    private const long MinuteMs = 60_000;
    private const int MaxCodeLength = 64;

    private readonly Dictionary<string, long> _errors = new(StringComparer.Ordinal);
    private readonly Dictionary<int, long> _latency = [];
    private readonly Dictionary<int, long> _firstByte = [];

    /// <summary>Calls that reached the provider's model.</summary>
    public long Calls { get; private set; }

    /// <summary>Of them, answered in full.</summary>
    public long Succeeded { get; private set; }

    /// <summary>Of them, ended because the client went away: neither a success nor a failure.</summary>
    public long Cancelled { get; private set; }

    /// <summary>The last minute in which a call began, minutes since 1970; null for none.</summary>
    public long? LastMinute { get; private set; }

    /// <summary>Failures by the code callers got.</summary>
    public IReadOnlyDictionary<string, long> Errors => _errors;

    /// <summary>Successes by how long they took from arrival to end (<see cref="LatencyBuckets"/>).</summary>
    internal IReadOnlyDictionary<int, long> Latency => _latency;

    /// <summary>Successes by how long it took from arrival to the first byte.</summary>
    internal IReadOnlyDictionary<int, long> FirstByte => _firstByte;

    /// <summary>Whether a call is counted: all but what the gateway refused, and what its client left before anything was sent, as from a line.</summary>
    public static bool Counts(UsageEvent usage) => ChargebackQuery.Counts(usage) && usage is { Provider: not null, Model: not null }
        and not { Status: UsageStatus.Cancelled, Attempts: 0 };

    /// <summary>The rows of its hour a call adds to: its model's unless nobody was asked, what the cache had to do with it, and its variant's where somebody was asked as a part of an experiment.</summary>
    /// <param name="usage">A call that <see cref="Counts"/>.</param>
    public static IEnumerable<CountedRow> Rows(UsageEvent usage)
    {
        if (usage.CacheOf is null)
        {
            yield return new CountedRow(usage.Provider!, usage.Model!, Of(usage));
        }

        if (CacheCounts.RowOf(usage) is { } cache)
        {
            yield return cache;
        }

        if (usage is { ExperimentId: { } experiment, Variant: { } variant, CacheOf: null })
        {
            yield return new CountedRow(VariantCounts.RowOf(experiment), variant, VariantCounts.Of(usage));
        }
    }

    /// <summary>What a call adds to its hour, by name; each name once.</summary>
    /// <param name="usage">A call that <see cref="Counts"/>.</param>
    public static IEnumerable<KeyValuePair<string, long>> Of(UsageEvent usage)
    {
        yield return One(CallsName);
        yield return One(Numbered(MinuteMark, usage.CreatedUnixMs % ChargebackQuery.HourMs / MinuteMs));
        switch (usage.Status)
        {
            case UsageStatus.Cancelled:
                yield return One(GoneName);
                break;
            case UsageStatus.Ok:
                yield return One(OkName);
                yield return One(Numbered(LatencyMark, LatencyBuckets.Of(usage.DurationUs)));
                if (usage.FirstByteUs > 0)
                {
                    yield return One(Numbered(FirstByteMark, LatencyBuckets.Of(usage.FirstByteUs)));
                }

                break;
            default:
                yield return One($"{ErrorMark}:{CodeOf(usage)}");
                break;
        }
    }

    /// <summary>Adds what calls of an hour came to.</summary>
    /// <param name="hour">The hour since 1970.</param>
    /// <param name="counts">By name; names nobody knows are of a newer program and left out.</param>
    public void Add(long hour, IEnumerable<KeyValuePair<string, long>> counts)
    {
        foreach (var (name, count) in counts)
        {
            switch (name)
            {
                case CallsName:
                    Calls += count;
                    break;
                case OkName:
                    Succeeded += count;
                    break;
                case GoneName:
                    Cancelled += count;
                    break;
                case [ErrorMark, ':', .. var code]:
                    _errors[code] = _errors.GetValueOrDefault(code) + count;
                    break;
                case [LatencyMark, ':', .. var number]:
                    Add(_latency, number, count);
                    break;
                case [FirstByteMark, ':', .. var number]:
                    Add(_firstByte, number, count);
                    break;
                case [MinuteMark, ':', .. var number]:
                    LastMinute = Math.Max(LastMinute ?? 0, (hour * 60) + int.Parse(number, CultureInfo.InvariantCulture));
                    break;
            }
        }
    }

    private static void Add(Dictionary<int, long> buckets, string number, long count)
    {
        var bucket = int.Parse(number, CultureInfo.InvariantCulture);
        buckets[bucket] = buckets.GetValueOrDefault(bucket) + count;
    }

    private static KeyValuePair<string, long> One(string name) => KeyValuePair.Create(name, 1L);

    private static string Numbered(char mark, long number) => string.Create(CultureInfo.InvariantCulture, $"{mark}:{number}");

    /// <summary>Codes become names of members: a stream that ended in the provider's own error has none.</summary>
    private static string CodeOf(UsageEvent usage)
    {
        var code = usage.ErrorCode is { Length: > 0 and <= MaxCodeLength } known && known.All(static c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-' or '.') ? known : null;
        return code ?? (usage.Status == UsageStatus.Error ? "error_in_answer" : usage.Status.ToString().ToLowerInvariant());
    }
}

/// <summary>What a call adds to one row of its hour.</summary>
/// <param name="Provider">The provider; or the experiment (<see cref="VariantCounts.RowOf"/>) or the cache's namespace (<see cref="CacheCounts.RowOf"/>), which are no provider's id.</param>
/// <param name="Model">The model; or the variant.</param>
/// <param name="Counts">By name; each name once.</param>
public readonly record struct CountedRow(string Provider, string Model, IEnumerable<KeyValuePair<string, long>> Counts);

/// <summary>Which models' hours are wanted. Null filters do not filter.</summary>
/// <param name="OrganisationId">Always: one organisation never sees another's.</param>
/// <param name="FromHour">Called in this hour since 1970 or later.</param>
/// <param name="UntilHour">Called before this hour since 1970.</param>
public sealed record StatisticsQuery(string OrganisationId, long FromHour, long UntilHour)
{
    /// <summary>By provider id.</summary>
    public string? Provider { get; init; }

    /// <summary>By the model that was chosen.</summary>
    public string? Model { get; init; }
}

/// <summary>What the calls of an hour to a model at a provider came to; of one hour there may be several.</summary>
/// <param name="Hour">The hour since 1970.</param>
/// <param name="Provider">The provider.</param>
/// <param name="Model">The model.</param>
/// <param name="Counts">By name (<see cref="ModelCounts"/>).</param>
public sealed record ModelHour(long Hour, string Provider, string Model, IReadOnlyDictionary<string, long> Counts);

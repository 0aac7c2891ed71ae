using System.Globalization;
using System.Runtime.CompilerServices;
using AiOrchestrator.Core.Insight;
using Microsoft.Azure.Cosmos;

namespace AiOrchestrator.Azure;

/// <summary>
/// Adds up the groups of hours. They come in the order of their hours, which is not the order of a report: the first <paramref name="mostGroups"/> of
/// the report's groups are held, and where there are more, they are read again for those behind them. A report that begins with the day is
/// answered day by day as it is read.
/// </summary>
internal sealed class RollupReader(Container usage, Marks marks, int mostGroups)
{
    private const int MaxKnown = 10_000;

    /// <summary>The groups of a query, in their order.</summary>
    public async IAsyncEnumerable<ChargebackRow> QueryAsync(ChargebackQuery query, [EnumeratorCancellation] CancellationToken cancellation)
    {
        var byDay = query.GroupBy[0] == ChargebackGroup.Day;
        var teams = new Dictionary<string, string>(StringComparer.Ordinal) { [""] = "" };
        string[]? last = null;
        while (true)
        {
            var groups = new ChargebackGroups(last, mostGroups);
            var day = "";
            await foreach (var calls in ReadAsync(query, byDay ? last?[0] : null, cancellation))
            {
                if (byDay && DayOf(calls.Hour) != day)
                {
                    foreach (var row in groups.TakeAll())
                    {
                        yield return row;
                    }

                    if (groups.Overflowed)
                    {
                        break;
                    }

                    day = DayOf(calls.Hour);
                }

                groups.Add(Array.ConvertAll([.. query.GroupBy], g => Key(query, g, calls, teams)), calls);
            }

            foreach (var row in groups.TakeAll())
            {
                yield return row;
            }

            if (!groups.Overflowed)
            {
                yield break;
            }

            last = groups.Last;
        }
    }

    /// <summary>The groups of hours that match, in the order of their hours, from a day on.</summary>
    private async IAsyncEnumerable<RollupItem> ReadAsync(ChargebackQuery query, string? fromDay, [EnumeratorCancellation] CancellationToken cancellation)
    {
        var from = query.FromHour;
        if (fromDay is not null)
        {
            var hour = ChargebackQuery.HourOf(DateTimeOffset.ParseExact(
                fromDay, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal).ToUnixTimeMilliseconds());
            from = Math.Max(from ?? hour, hour);
        }

        var days = await marks.ReadAsync(
            UsageKeys.Days(query.OrganisationId),
            from is { } f ? UsageKeys.DayOf((f * ChargebackQuery.HourMs) - UsageKeys.SlackMs) : null,
            query.UntilHour is { } u ? UsageKeys.DayOf((u * ChargebackQuery.HourMs) + UsageKeys.SlackMs) + "|" : null,
            cancellation);
        var matching = new ItemQuery()
            .Where("id", " >= ", from is { } first ? UsageKeys.Rollups(first) : "r|")
            .Where("id", " < ", query.UntilHour is { } until ? UsageKeys.Rollups(until) : "r}");
        var feeds = days.SelectMany(day => Enumerable.Range(0, UsageKeys.Shards).Select(shard => new ItemFeed<RollupItem>(
            usage,
            UsageItemJson.Default.RollupItem,
            UsageKeys.Events(query.OrganisationId, day, shard),
            matching,
            UsageKeys.Rollups(UsageKeys.Hours(day).First))));
        await foreach (var calls in FeedMerge.ReadAsync([.. feeds], descending: false, FeedMerge.MostAtOnce, cancellation))
        {
            if (query.WalletId is null || calls.Path.Split('/').Contains(query.WalletId))
            {
                yield return calls;
            }
        }
    }

    private static string DayOf(long hour) =>
        DateTimeOffset.FromUnixTimeMilliseconds(hour * ChargebackQuery.HourMs).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);

    private static string Key(ChargebackQuery query, ChargebackGroup group, RollupItem calls, Dictionary<string, string> teams) => group switch
    {
        ChargebackGroup.Wallet => calls.Path.Split('/')[0],
        ChargebackGroup.Team => TeamOf(query, calls.Path, teams),
        ChargebackGroup.CostCentre => calls.CostCentre,
        ChargebackGroup.Key => calls.Key,
        ChargebackGroup.Model => calls.Model,
        ChargebackGroup.Provider => calls.Provider,
        ChargebackGroup.Day => DayOf(calls.Hour),
        ChargebackGroup.LegacyUse => calls.LegacyUse,
        _ => throw new ArgumentOutOfRangeException(nameof(group), group, "Not a group."),
    };

    private static string TeamOf(ChargebackQuery query, string path, Dictionary<string, string> known)
    {
        if (known.TryGetValue(path, out var team))
        {
            return team;
        }

        team = query.TeamOf(path);
        if (known.Count < MaxKnown)
        {
            known.Add(path, team);
        }

        return team;
    }
}

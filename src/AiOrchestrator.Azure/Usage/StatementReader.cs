using AiOrchestrator.Core.Insight;
using AiOrchestrator.Core.Metering;
using Microsoft.Azure.Cosmos;

namespace AiOrchestrator.Azure;

/// <summary>
/// Reads wallets' statements: lines out of one partition, calls out of one per month, in one order. What is stored late with an earlier number is
/// not seen by whoever has read beyond it: there is no one picture of several partitions.
/// </summary>
internal sealed class StatementReader(Container statements, Marks marks)
{
    /// <summary>Lines that match, ascending.</summary>
    public async Task<IReadOnlyList<StatementLine>> LinesAsync(StatementQuery query, CancellationToken cancellation)
    {
        using var feed = Lines(query);
        var lines = new List<StatementLine>();
        while (lines.Count < query.Limit && await feed.PeekAsync(cancellation))
        {
            var item = feed.Take();
            lines.Add(new StatementLine(UsageKeys.NumberOf(item.Id), item.Line));
        }

        return lines;
    }

    /// <summary>Calls that match, ascending.</summary>
    public async Task<IReadOnlyList<StatementEntry>> CallsAsync(StatementQuery query, CancellationToken cancellation)
    {
        var wanted = query.Period is null ? null : await PeriodsAsync(query.WalletId, query.Period, cancellation);
        if (wanted is { Count: 0 })
        {
            return [];
        }

        // Mostly one; a wallet that has two periods of one name has few others between them.
        var matching = Matching(query)
            .Where("at", " >= ", query.FromUnixMs)
            .Where("at", " < ", query.UntilUnixMs)
            .Where("period", " >= ", wanted?.Min())
            .Where("period", " <= ", wanted?.Max());
        var feeds = (await MonthsAsync(query, cancellation)).Select(month => new ItemFeed<CallItem>(
            statements, UsageItemJson.Default.CallItem, UsageKeys.Calls(query.WalletId, month.Month), matching, month.Bound));
        var calls = new List<CallItem>();
        await foreach (var item in FeedMerge.ReadAsync([.. feeds], descending: false, atLeast: 1, cancellation))
        {
            if (wanted is null || wanted.Contains(item.Period))
            {
                calls.Add(item);
            }

            if (calls.Count == query.Limit)
            {
                break;
            }
        }

        // After the calls: what their periods are called was stored before them, or comes at any moment.
        var names = calls.Count == 0 ? [] : await PeriodsAsync(query.WalletId, cancellation);
        return calls.ConvertAll(c => new StatementEntry(UsageKeys.NumberOf(c.Id), names.ElementAtOrDefault(c.Period - 1), Line: null, c.Call));
    }

    /// <summary>The months a wallet has calls of, ascending.</summary>
    public async Task<IReadOnlyList<string>> MonthsAsync(string walletId, CancellationToken cancellation) =>
        [.. (await marks.ReadAsync(UsageKeys.Months(walletId), from: null, before: null, cancellation)).Select(static m => m[..6]).Distinct()];

    /// <summary>The months whose calls can match, and an id none of theirs comes before.</summary>
    private async Task<IEnumerable<(string Month, string Bound)>> MonthsAsync(StatementQuery query, CancellationToken cancellation)
    {
        var read = await marks.ReadAsync(
            UsageKeys.Months(query.WalletId),
            query.FromUnixMs is { } from ? UsageKeys.MonthOf(from) : null,
            query.UntilUnixMs is { } until ? UsageKeys.MonthOf(until) + "}" : null,
            cancellation);
        var months = new List<(string, string)>();
        foreach (var marked in read.GroupBy(static m => m[..6]))
        {
            if (marked.Any(static m => m.EndsWith(UsageKeys.AnyNumber, StringComparison.Ordinal)))
            {
                months.Add((marked.Key, ""));
                continue;
            }

            var (start, end) = UsageKeys.Month(marked.Key);
            var (first, past) = (StatementNumbers.Next(0, start - UsageKeys.SlackMs), StatementNumbers.Next(0, end + UsageKeys.SlackMs));
            if (past > (query.AfterNumber ?? 0) && first < (query.BeforeNumber ?? long.MaxValue))
            {
                months.Add((marked.Key, UsageKeys.Number(first)));
            }
        }

        return months;
    }

    /// <summary>The ids of a wallet's periods, the first of which is number 1.</summary>
    private async Task<List<string>> PeriodsAsync(string walletId, CancellationToken cancellation)
    {
        using var feed = new ItemFeed<LineItem>(
            statements, UsageItemJson.Default.LineItem, UsageKeys.Lines(walletId), new ItemQuery().Where("kind", " = ", StatementEntry.PeriodOpenedKind));
        return (await feed.ReadAllAsync(cancellation)).ConvertAll(static l => l.Period);
    }

    /// <summary>The numbers of the periods of one id.</summary>
    private async Task<HashSet<int>> PeriodsAsync(string walletId, string period, CancellationToken cancellation) =>
        [.. (await PeriodsAsync(walletId, cancellation)).Select(static (id, i) => (id, i)).Where(p => p.id == period).Select(static p => p.i + 1)];

    private ItemFeed<LineItem> Lines(StatementQuery query) => new(
        statements,
        UsageItemJson.Default.LineItem,
        UsageKeys.Lines(query.WalletId),
        Matching(query)
            .Where("at", " >= ", query.FromUnixMs)
            .Where("at", " < ", query.UntilUnixMs)
            .Where("kind", " = ", query.Kind)
            .Where("period", " = ", query.Period));

    /// <summary>'}' comes after whatever follows a number in an id.</summary>
    private static ItemQuery Matching(StatementQuery query) => new ItemQuery { PageSize = query.Limit }
        .Where("id", " > ", query.AfterNumber is { } after ? UsageKeys.Number(after) + "}" : null)
        .Where("id", " < ", query.BeforeNumber is { } before ? UsageKeys.Number(before) : null);
}

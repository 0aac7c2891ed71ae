using System.Globalization;
using System.Runtime.CompilerServices;
using AiOrchestrator.Core.Insight;
using AiOrchestrator.Core.Insight.Statistics;
using AiOrchestrator.Core.Metering;
using AiOrchestrator.Core.Platform;

namespace AiOrchestrator.Core.Tests.Fakes;

/// <summary>A usage store in memory.</summary>
internal sealed class MemoryUsageStore : IUsageStore
{
    /// <summary>Reports cannot be read.</summary>
    public bool Broken { get; set; }

    private readonly SortedDictionary<ExchangeId, UsageEvent> _events = [];
    private readonly SortedDictionary<(long Number, string WalletId), WalletLine> _lines = [];
    private readonly SortedDictionary<(long Number, ExchangeId Id), StreamEntry> _calls = [];
    private readonly Lock _lock = new();
    private long _position;

    public Func<IReadOnlyList<UsageBatch>, Task>? BeforeStore { get; set; }

    public int Count
    {
        get
        {
            lock (_lock)
            {
                return _events.Count;
            }
        }
    }

    public void Add(UsageEvent usage) => Add(usage, default);

    private void Add(UsageEvent usage, StreamEntry entry)
    {
        lock (_lock)
        {
            Assert.True(ExchangeId.TryParse(usage.Id, out var id));
            if (_events.TryAdd(id, usage) && entry.Usage is not null && StatementEntry.IsCall(usage))
            {
                _calls.TryAdd((entry.Number, id), entry);
            }
        }
    }

    /// <summary>What stored calls cost whose path names the lease at the wallet.</summary>
    public long SettledOn(string walletId, UInt128 leaseId)
    {
        lock (_lock)
        {
            return _calls.Values
                .Where(c => Shares(c).Any(w => w.WalletId == walletId && w.LeaseId == leaseId))
                .Sum(static c => c.Usage!.CostNanoUsd);
        }
    }

    public ValueTask<long> PositionAsync(CancellationToken cancellation) => new(Interlocked.Read(ref _position));

    public async ValueTask StoreAsync(IReadOnlyList<UsageBatch> batches, CancellationToken cancellation)
    {
        if (BeforeStore is { } before)
        {
            await before(batches);
        }

        foreach (var entry in batches.SelectMany(static b => b.Entries))
        {
            if (entry.Usage is { } usage)
            {
                Add(usage, entry);
            }

            if (entry.Line is { } line)
            {
                lock (_lock)
                {
                    _lines.TryAdd((entry.Number, line.WalletId), line);
                }
            }
        }

        lock (_lock)
        {
            _position = Math.Max(_position, batches[^1].Position);
        }
    }

    public ValueTask<UsageEvent?> GetAsync(string organisationId, ExchangeId id, CancellationToken cancellation)
    {
        lock (_lock)
        {
            return new(_events.TryGetValue(id, out var usage) && usage.OrganisationId == organisationId ? usage : null);
        }
    }

    public ValueTask<IReadOnlyList<UsageEvent>> QueryAsync(UsageQuery query, CancellationToken cancellation)
    {
        Assert.InRange(query.Limit, 1, 1000);
        lock (_lock)
        {
            return new(
            [
                .. _events.Reverse()
                    .Where(e => query.Before is not { } before || e.Key < before)
                    .Select(static e => e.Value)
                    .Where(e => e.OrganisationId == query.OrganisationId
                        && (query.KeyId is null || e.KeyId == query.KeyId)
                        && (query.Model is null || e.Model == query.Model)
                        && (query.Provider is null || e.Provider == query.Provider)
                        && (query.Status is null || e.Status == query.Status)
                        && (query.RequestId is null || e.RequestId == query.RequestId)
                        && (query.FromUnixMs is null || e.CreatedUnixMs >= query.FromUnixMs)
                        && (query.UntilUnixMs is null || e.CreatedUnixMs < query.UntilUnixMs))
                    .Take(query.Limit),
            ]);
        }
    }

    public async ValueTask<IReadOnlyList<ChargedCall>> ChargedAsync(UsageQuery query, CancellationToken cancellation)
    {
        var events = await QueryAsync(query, cancellation);
        lock (_lock)
        {
            return [.. events.Select(e => new ChargedCall(
                e,
                [.. Path(e).Split('/', StringSplitOptions.RemoveEmptyEntries).Select((id, level) => new WalletShare(
                    id, _calls.Values.FirstOrDefault(c => c.Usage!.Id == e.Id).Wallets is { } wallets && level < wallets.Count ? wallets[level].Period : 0))]))];
        }
    }

    public ValueTask<IReadOnlyList<StatementLine>> LinesAsync(StatementQuery query, CancellationToken cancellation)
    {
        Assert.InRange(query.Limit, 1, 1000);
        lock (_lock)
        {
            return new(
            [
                .. _lines
                    .Where(l => l.Value.WalletId == query.WalletId
                        && (query.AfterNumber is null || l.Key.Number > query.AfterNumber)
                        && (query.BeforeNumber is null || l.Key.Number < query.BeforeNumber)
                        && (query.FromUnixMs is null || l.Value.AtUnixMs >= query.FromUnixMs)
                        && (query.UntilUnixMs is null || l.Value.AtUnixMs < query.UntilUnixMs)
                        && (query.Kind is null || l.Value.Kind == query.Kind)
                        && (query.Period is null || l.Value.Period == query.Period))
                    .Take(query.Limit)
                    .Select(static l => new StatementLine(l.Key.Number, l.Value)),
            ]);
        }
    }

    public async ValueTask<IReadOnlyList<StatementEntry>> StatementAsync(StatementQuery query, CancellationToken cancellation)
    {
        var lines = query.Kind == StatementQuery.CallKind ? [] : await LinesAsync(query, cancellation);
        lock (_lock)
        {
            var periods = _lines.Where(l => l.Value.WalletId == query.WalletId && l.Value.Kind == "period_opened").Select(static l => l.Value.Period).ToList();
            var calls = _calls
                .Where(c => Shares(c.Value).Any(w => w.WalletId == query.WalletId))
                .Select(c => new StatementEntry(
                    c.Key.Number, periods.ElementAtOrDefault(Shares(c.Value).First(w => w.WalletId == query.WalletId).Period - 1), Line: null, c.Value.Usage))
                .Where(c => (query.AfterNumber is null || c.Number > query.AfterNumber)
                    && (query.BeforeNumber is null || c.Number < query.BeforeNumber)
                    && (query.FromUnixMs is null || StatementEntry.SettledUnixMs(c.Call!) >= query.FromUnixMs)
                    && (query.UntilUnixMs is null || StatementEntry.SettledUnixMs(c.Call!) < query.UntilUnixMs)
                    && (query.Period is null || c.Period == query.Period));
            return StatementEntry.Merge(
                lines.Select(StatementEntry.Of), query.Kind is null or StatementQuery.CallKind ? calls : [], query.Limit);
        }
    }

    public async IAsyncEnumerable<ChargebackRow> ChargebackAsync(ChargebackQuery query, [EnumeratorCancellation] CancellationToken cancellation)
    {
        if (Broken)
        {
            throw new IOException("the store does not answer");
        }

        List<ChargebackRow> rows;
        lock (_lock)
        {
            rows =
            [
                .. _events.Values
                    .Where(e => e.OrganisationId == query.OrganisationId && ChargebackQuery.Counts(e)
                        && (query.FromHour is null || ChargebackQuery.HourOf(e.CreatedUnixMs) >= query.FromHour)
                        && (query.UntilHour is null || ChargebackQuery.HourOf(e.CreatedUnixMs) < query.UntilHour)
                        && (query.WalletId is null || Path(e).Split('/').Contains(query.WalletId)))
                    .GroupBy(e => string.Join('\n', query.GroupBy.Select(g => Key(query, g, e))))
                    .OrderBy(static g => g.Key, StringComparer.Ordinal)
                    .Select(static g => new ChargebackRow(
                        [.. g.Key.Split('\n').Select(static k => k.Length == 0 ? null : k)],
                        g.Count(),
                        g.Sum(static e => e.PromptTokens),
                        g.Sum(static e => e.CompletionTokens),
                        g.Sum(static e => e.CostNanoUsd))),
            ];
        }

        await Task.Yield();
        foreach (var row in rows)
        {
            cancellation.ThrowIfCancellationRequested();
            yield return row;
        }
    }

    public async IAsyncEnumerable<ModelHour> StatisticsAsync(StatisticsQuery query, [EnumeratorCancellation] CancellationToken cancellation)
    {
        List<ModelHour> hours;
        lock (_lock)
        {
            hours =
            [
                .. _events.Values
                    .Where(e => e.OrganisationId == query.OrganisationId && ModelCounts.Counts(e)
                        && ChargebackQuery.HourOf(e.CreatedUnixMs) >= query.FromHour && ChargebackQuery.HourOf(e.CreatedUnixMs) < query.UntilHour)
                    .SelectMany(static e => ModelCounts.Rows(e).Select(r => new ModelHour(
                        ChargebackQuery.HourOf(e.CreatedUnixMs), r.Provider, r.Model, new Dictionary<string, long>(r.Counts, StringComparer.Ordinal))))
                    .Where(h => (query.Provider is null || h.Provider == query.Provider) && (query.Model is null || h.Model == query.Model)),
            ];
        }

        await Task.Yield();
        foreach (var hour in hours)
        {
            yield return hour;
        }
    }

    private static string Path(UsageEvent usage) => usage.WalletPath ?? usage.WalletId ?? "";

    private static IReadOnlyList<WalletShare> Shares(in StreamEntry entry) =>
        entry.Wallets ?? [.. Path(entry.Usage!).Split('/').Select(static id => new WalletShare(id, 0))];

    private static string Key(ChargebackQuery query, ChargebackGroup group, UsageEvent usage) => group switch
    {
        ChargebackGroup.Wallet => Path(usage).Split('/')[0],
        ChargebackGroup.Team => Path(usage) is { Length: > 0 } path ? query.TeamOf(path) : "",
        ChargebackGroup.CostCentre => usage.CostCentre,
        ChargebackGroup.Key => usage.KeyId,
        ChargebackGroup.Model => usage.Model,
        ChargebackGroup.Provider => usage.Provider,
        ChargebackGroup.LegacyUse => usage.LegacyUse,
        _ => DateTimeOffset.FromUnixTimeMilliseconds(usage.CreatedUnixMs).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture),
    } ?? "";
}

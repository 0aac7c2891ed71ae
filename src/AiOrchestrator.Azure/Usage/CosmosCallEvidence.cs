using System.Collections.Concurrent;
using AiOrchestrator.Core.Insight;
using AiOrchestrator.Core.Metering;
using AiOrchestrator.Core.Platform;
using Microsoft.Azure.Cosmos;

namespace AiOrchestrator.Azure;

/// <summary>
/// Starts without an end in container <c>open-calls</c>, by the lease of the wallet nearest to the caller; what was settled is summed up from the
/// statements <see cref="CosmosUsageStore"/> keeps. The leases above are marked once for each lease below, not with every call. An end that comes to
/// the process that noted the start deletes it; any other end is noted in a partition of its own. The container forgets starts and ends after 7 days.
/// </summary>
internal sealed class CosmosCallEvidence : ICallEvidence
{
    private const int MostAtOnce = 16;
    private const int MaxKnown = 100_000;

    /// <summary>How marks of leases below are told from starts, whose ids begin with <c>ex_</c>.</summary>
    private const string Below = "below|";

    /// <summary>The id of the note that a call has ended.</summary>
    private const string Ended = "ended";

    private readonly Container _openCalls;
    private readonly Container _statements;
    private readonly Marks _below;
    private readonly StatementReader _reader;
    private readonly ItemContainer<StartItem> _starts;
    private readonly ItemContainer<MarkItem> _ends;
    private readonly ConcurrentDictionary<string, string> _known = [];

    /// <summary>Evidence over two containers, both with the partition key <c>/pk</c>.</summary>
    /// <param name="openCalls">Container <c>open-calls</c>.</param>
    /// <param name="statements">Container <c>statements</c>.</param>
    /// <param name="time">What items of <paramref name="openCalls"/> age by.</param>
    public CosmosCallEvidence(Container openCalls, Container statements, TimeProvider time)
    {
        _openCalls = openCalls;
        _statements = statements;
        _below = new Marks(openCalls, time);
        _reader = new StatementReader(statements, new Marks(statements));
        _starts = new ItemContainer<StartItem>(openCalls, UsageItemJson.Default.StartItem);
        _ends = new ItemContainer<MarkItem>(openCalls, UsageItemJson.Default.MarkItem);
    }

    /// <inheritdoc/>
    public async ValueTask NoteAsync(IReadOnlyList<ExchangeStart> started, IReadOnlyList<ExchangeId> ended, CancellationToken cancellation)
    {
        // What has both begun and ended since the last time is nobody's evidence.
        var over = ended.ToHashSet();
        var open = started.Where(s => s.Wallets.Count > 0 && !over.Contains(s.Id)).Select(Item).GroupBy(static s => s.Partition);
        await EachAsync(open, async (items, c) => await StartAsync([.. items], c), cancellation);
        await EachAsync(over, EndAsync, cancellation);
    }

    /// <inheritdoc/>
    public async ValueTask<LeaseEvidence> ReadAsync(string walletId, UInt128 leaseId, CancellationToken cancellation)
    {
        if (UsageKeys.Lease(leaseId) is not { } lease)
        {
            return new LeaseEvidence(0, []);
        }

        // Starts first: a call that is settled after they were read is found among the settled ones.
        var starts = await StartsAsync(walletId, lease, cancellation);
        var settled = await SettledAsync(walletId, lease, cancellation);
        var open = new ConcurrentBag<ExchangeStart>();
        await EachAsync(
            starts.Where(s => !settled.ContainsKey(s.Id)),
            async (s, c) =>
            {
                if (await _ends.FindAsync(s.Id, Ended, c) is null)
                {
                    open.Add(Start(s));
                }
            },
            cancellation);
        return new LeaseEvidence(settled.Values.Sum(), [.. open.OrderBy(static s => s.Id)]);
    }

    private static Task EachAsync<T>(IEnumerable<T> all, Func<T, CancellationToken, ValueTask> work, CancellationToken cancellation) =>
        Parallel.ForEachAsync(all, new ParallelOptions { MaxDegreeOfParallelism = MostAtOnce, CancellationToken = cancellation }, work);

    private static StartItem Item(ExchangeStart start)
    {
        var shares = UsageCalls.Shares(start.Wallets);
        return new StartItem
        {
            Id = start.Id.ToString(),
            Partition = UsageKeys.Starts(shares[0].Wallet, shares[0].Lease),
            HoldNanoUsd = start.HoldNanoUsd,
            OrganisationId = start.OrganisationId,
            KeyId = start.KeyId,
            Shares = shares,
        };
    }

    private static ExchangeStart Start(StartItem item) => new(
        UsageKeys.ExchangeOf(item.Id),
        [.. item.Shares.Select(static s => new WalletShare(s.Wallet, s.Period) { LeaseId = UsageKeys.LeaseOf(s.Lease) })],
        item.HoldNanoUsd)
    {
        OrganisationId = item.OrganisationId,
        KeyId = item.KeyId,
    };

    private async Task StartAsync(StartItem[] items, CancellationToken cancellation)
    {
        foreach (var above in items.SelectMany(static i => i.Shares.Skip(1)).Where(static s => s.Lease is not null).Distinct())
        {
            await _below.SetAsync(UsageKeys.Starts(above.Wallet, above.Lease), Below + items[0].Partition, cancellation);
        }

        await _starts.CreateMissingAsync(items, cancellation);
        if (_known.Count >= MaxKnown)
        {
            // Ends of those are noted instead.
            _known.Clear();
        }

        foreach (var item in items)
        {
            _known[item.Id] = item.Partition;
        }
    }

    private async ValueTask EndAsync(ExchangeId id, CancellationToken cancellation)
    {
        var name = id.ToString();
        if (_known.TryGetValue(name, out var partition))
        {
            _ = await _starts.DeleteAsync(partition, name, cancellation);
            _ = _known.TryRemove(name, out _);
        }
        else
        {
            _ = await _ends.CreateAsync(new MarkItem { Id = Ended, Partition = name }, cancellation);
        }
    }

    /// <summary>What was started on a lease, whether it has ended or not.</summary>
    private async Task<IReadOnlyList<StartItem>> StartsAsync(string walletId, string lease, CancellationToken cancellation)
    {
        var partition = UsageKeys.Starts(walletId, lease);
        var below = await _below.ReadAsync(partition, Below, "below}", cancellation);
        var starts = new ConcurrentBag<StartItem>();
        await EachAsync(
            below.Select(static b => b[Below.Length..]).Append(partition),
            async (place, c) =>
            {
                var query = new ItemQuery().Where("id", " >= ", "ex_");
                using var feed = new ItemFeed<StartItem>(_openCalls, UsageItemJson.Default.StartItem, place, query);
                while (await feed.PeekAsync(c))
                {
                    if (feed.Take() is var start && start.Shares.Any(s => s.Wallet == walletId && s.Lease == lease))
                    {
                        starts.Add(start);
                    }
                }
            },
            cancellation);
        return [.. starts];
    }

    /// <summary>What calls on a lease cost, by their ids.</summary>
    private async Task<IReadOnlyDictionary<string, long>> SettledAsync(string walletId, string lease, CancellationToken cancellation)
    {
        var settled = new ConcurrentDictionary<string, long>();
        await EachAsync(
            await _reader.MonthsAsync(walletId, cancellation),
            async (month, c) =>
            {
                var query = new ItemQuery().Where("lease", " = ", lease);
                using var feed = new ItemFeed<CallItem>(_statements, UsageItemJson.Default.CallItem, UsageKeys.Calls(walletId, month), query);
                while (await feed.PeekAsync(c))
                {
                    var call = feed.Take().Call;
                    settled[call.Id] = call.CostNanoUsd;
                }
            },
            cancellation);
        return settled;
    }
}

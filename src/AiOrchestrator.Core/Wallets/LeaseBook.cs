using System.Collections.Concurrent;
using AiOrchestrator.Core.Platform;
using Microsoft.Extensions.Logging;

namespace AiOrchestrator.Core.Wallets;

/// <summary>
/// This instance's leases, and the one way a call gets money: <see cref="HoldAsync"/> before it, <see cref="Settle"/> after it.
/// With money in the leases both are a few compare-and-swaps and allocate nothing; without, the call queues (<see cref="HoldQueue"/>).
/// </summary>
public sealed class LeaseBook : IAsyncDisposable
{
    private readonly ConcurrentDictionary<string, LeaseSlot> _slots = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, WalletPath> _paths = new(StringComparer.Ordinal);
    private readonly TimeProvider _time;
    private readonly LeaseExchange _exchange;
    private readonly HoldQueue _queue;

    /// <summary>A book with no leases yet.</summary>
    public LeaseBook(IWalletAuthority authority, IdSource ids, TimeProvider time, ILogger<LeaseBook> logger)
    {
        _time = time;
        _exchange = new LeaseExchange(authority, ids, time, logger);
        _queue = new HoldQueue(this, _exchange, time, logger);
    }

    /// <summary>The path of a wallet, leaf to root. Wallets have no parents until the wallet tree is built.</summary>
    public WalletPath PathOf(string walletId) =>
        _paths.GetOrAdd(walletId, static (id, book) => new WalletPath([book.SlotOf(id)]), this);

    /// <summary>Claims an amount in every wallet of a path, all or nothing. Waits at most 2 s where other calls hold the money.</summary>
    /// <param name="path">From <see cref="PathOf"/>.</param>
    /// <param name="amountNanoUsd">0 or more: the most the call can cost.</param>
    /// <param name="cancellation">The caller has gone: stops waiting; nothing is held then.</param>
    public ValueTask<HoldResult> HoldAsync(WalletPath path, long amountNanoUsd, CancellationToken cancellation)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(amountNanoUsd);
        return TryHold(path, amountNanoUsd, passWaiters: false, out var hold, out _)
            ? new ValueTask<HoldResult>(new HoldResult(HoldOutcome.Held, hold, null, 0))
            : _queue.WaitAsync(path, amountNanoUsd, cancellation);
    }

    /// <summary>Whether the leases behind a hold still admit calls: asked once more just before anything is sent.</summary>
    public bool StillAdmits(in Hold hold)
    {
        var (timestamp, unixMs) = Now();
        foreach (var slot in hold.Path!.Slots)
        {
            if (!slot.Admits(timestamp, unixMs))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Replaces a hold by what the call cost (0 releases it) and empties it: a second settlement changes nothing.</summary>
    public void Settle(ref Hold hold, long costNanoUsd)
    {
        if (hold.Path is not { } path)
        {
            return;
        }

        var awaited = false;
        for (var level = 0; level < path.Slots.Length; level++)
        {
            hold.At(level).Settle(hold.AmountNanoUsd, costNanoUsd);
            awaited |= path.Slots[level].Waiters > 0;
        }

        hold.Clear();
        if (awaited)
        {
            _queue.Wake();
        }
    }

    /// <summary>Tells a wallet what was spent here, so that its figures are as of now.</summary>
    public ValueTask ReportAsync(string walletId, CancellationToken cancellation) =>
        _slots.TryGetValue(walletId, out var slot) ? _exchange.ReportAsync(slot, cancellation) : ValueTask.CompletedTask;

    /// <summary>Reports on every lease that is due, gives back what is idle, closes what has been idle for two renewals.</summary>
    public async Task RenewDueAsync(CancellationToken cancellation)
    {
        foreach (var slot in _slots.Values)
        {
            if (slot.Current is not { } lease)
            {
                // Calls may still be open on leases the wallet has ended: what they cost is told as they end.
                await _exchange.ReportAsync(slot, cancellation);
                continue;
            }

            if (_time.GetTimestamp() < slot.RenewAtTimestamp)
            {
                continue;
            }

            var idle = lease.HeldNanoUsd == 0 && lease.SpentNanoUsd == lease.ReportedNanoUsd && slot.Waiters == 0;
            slot.IdleRenewals = idle ? slot.IdleRenewals + 1 : 0;
            if (slot.IdleRenewals >= 2 && await _exchange.TryCloseAsync(slot, cancellation))
            {
                slot.IdleRenewals = 0;
                continue;
            }

            await _exchange.TopUpAsync(slot, needNanoUsd: 0, cancellation);
        }
    }

    /// <summary>Gives every lease back that nothing is held on; called when the instance stops.</summary>
    public async ValueTask DisposeAsync()
    {
        foreach (var slot in _slots.Values)
        {
            await _exchange.TryCloseAsync(slot, CancellationToken.None);
        }

        _queue.Dispose();
    }

    internal bool TryHold(WalletPath path, long amountNanoUsd, bool passWaiters, out Hold hold, out LeaseSlot? shortSlot)
    {
        var (timestamp, unixMs) = Now();
        hold = new Hold(path, amountNanoUsd);
        var slots = path.Slots;
        for (var level = 0; level < slots.Length; level++)
        {
            var slot = slots[level];
            var lease = slot.Current;
            if (lease is not null
                && (passWaiters || slot.Waiters == 0)
                && slot.Admits(timestamp, unixMs)
                && lease.TryTake(amountNanoUsd))
            {
                hold.Bind(level, lease);
                continue;
            }

            for (var taken = 0; taken < level; taken++)
            {
                hold.At(taken).Return(amountNanoUsd);
            }

            shortSlot = slot;
            hold = default;
            return false;
        }

        shortSlot = null;
        return true;
    }

    private LeaseSlot SlotOf(string walletId) => _slots.GetOrAdd(walletId, static id => new LeaseSlot(id));

    private (long Timestamp, long UnixMs) Now() => (_time.GetTimestamp(), _time.GetUtcNow().ToUnixTimeMilliseconds());
}

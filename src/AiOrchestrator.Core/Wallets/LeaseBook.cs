using System.Collections.Concurrent;
using System.Threading.Channels;
using AiOrchestrator.Core.Platform;
using Microsoft.Extensions.Logging;

namespace AiOrchestrator.Core.Wallets;

/// <summary>
/// This instance's leases, and the one way a call gets money: <see cref="HoldAsync"/> before it, <see cref="Settle"/> after it.
/// With money in the leases both are a few compare-and-swaps and allocate nothing; without, the call queues (<see cref="HoldQueue"/>).
/// </summary>
public sealed class LeaseBook : IAsyncDisposable
{
    /// <summary>How many leases are given back at once when the instance stops, and for how long it goes on with that.</summary>
    private const int CloseAtOnce = 32;
    private static readonly TimeSpan ClosePatience = TimeSpan.FromSeconds(10);

    private readonly ConcurrentDictionary<string, LeaseSlot> _slots = new(StringComparer.Ordinal);
    private readonly List<LeaseSlot> _all = [];
    private readonly ConcurrentDictionary<string, WalletPath> _paths = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, HoldQueue> _queues = new(StringComparer.Ordinal);
    private readonly Channel<LeaseSlot> _low = Channel.CreateUnbounded<LeaseSlot>(new UnboundedChannelOptions { SingleReader = true });
    private readonly WalletDirectory _wallets;
    private readonly TimeProvider _time;
    private readonly ILogger<LeaseBook> _logger;
    private readonly LeaseExchange _exchange;

    /// <summary>A book with no leases yet.</summary>
    public LeaseBook(IWalletAuthority authority, WalletDirectory wallets, IdSource ids, TimeProvider time, ILogger<LeaseBook> logger)
    {
        _wallets = wallets;
        _time = time;
        _logger = logger;
        _exchange = new LeaseExchange(authority, ids, time, logger);
    }

    /// <summary>The path of a wallet, leaf to root, as the tree stands now.</summary>
    public WalletPath PathOf(string walletId)
    {
        var version = _wallets.Version;
        return _paths.TryGetValue(walletId, out var path) && path.Version == version ? path : MakePath(walletId, version);
    }

    /// <summary>Claims an amount in every wallet of a path, all or nothing. Waits at most 2 s where other calls hold the money.</summary>
    /// <param name="path">From <see cref="PathOf"/>.</param>
    /// <param name="amountNanoUsd">0 or more: the most the call can cost.</param>
    /// <param name="cancellation">The caller has gone: stops waiting; nothing is held then.</param>
    public ValueTask<HoldResult> HoldAsync(WalletPath path, long amountNanoUsd, CancellationToken cancellation)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(amountNanoUsd);
        return TryHold(path, amountNanoUsd, passWaiters: false, out var hold)
            ? new ValueTask<HoldResult>(new HoldResult(HoldOutcome.Held, hold, null, 0))
            : path.Queue.WaitAsync(path, amountNanoUsd, cancellation);
    }

    /// <summary>Whether the leases behind a hold still admit calls: asked once more just before anything is sent.</summary>
    public bool StillAdmits(in Hold hold)
    {
        var (timestamp, unixMs) = Now();
        for (var level = 0; level < hold.Path!.Slots.Length; level++)
        {
            if (!hold.At(level).Admits(timestamp, unixMs))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Replaces a hold by what the call cost (0 releases it) and empties it: a second settlement changes nothing.</summary>
    public static void Settle(ref Hold hold, long costNanoUsd)
    {
        if (hold.Path is not { } path)
        {
            return;
        }

        var awaited = false;
        for (var level = 0; level < path.Slots.Length; level++)
        {
            hold.At(level).Settle(hold.AmountNanoUsd, costNanoUsd);
            var slot = path.Slots[level];
            if (slot.Waiters > 0 || slot.IsPressed)
            {
                slot.CountReturn();
                awaited = true;
            }
        }

        hold.Clear();
        if (awaited)
        {
            path.Queue.Wake();
        }
    }

    /// <summary>Tells a wallet what was spent here, so that its figures are as of now.</summary>
    public ValueTask ReportAsync(string walletId, CancellationToken cancellation) =>
        _slots.TryGetValue(walletId, out var slot) ? _exchange.ReportAsync(slot, cancellation) : ValueTask.CompletedTask;

    /// <summary>A wallet was changed through this instance: its lease learns of it at once, and refusals are forgotten.</summary>
    public async ValueTask ChangedAsync(string walletId, CancellationToken cancellation)
    {
        if (_slots.TryGetValue(walletId, out var slot))
        {
            slot.RefusedUntilTimestamp = 0;
            await _exchange.RenewAsync(slot, cancellation);

            // Once more: the answer to a question that was under way may be of before the change.
            slot.RefusedUntilTimestamp = 0;
            slot.AskAtTimestamp = 0;
            foreach (var queue in _queues.Values)
            {
                queue.Wake();
            }
        }
    }

    /// <summary>Reports on every lease that is due, gives back what is idle, closes what has been idle for two renewals.</summary>
    public async Task RenewDueAsync(CancellationToken cancellation)
    {
        // All at once: an authority across a network is waited for, one in this process answers before it is.
        var waiting = new List<Task>();
        foreach (var slot in Slots())
        {
            var renewal = RenewSafelyAsync(slot, cancellation);
            if (!renewal.IsCompletedSuccessfully)
            {
                waiting.Add(renewal);
            }
        }

        await Task.WhenAll(waiting);
    }

    /// <summary>Renews leases that calls have nearly used up, as they are named, until cancelled.</summary>
    public async Task RenewLowAsync(CancellationToken cancellation)
    {
        while (await _low.Reader.WaitToReadAsync(cancellation))
        {
            while (_low.Reader.TryRead(out var slot))
            {
                await RenewLowAsync(slot, cancellation);
            }
        }
    }

    /// <summary>Gives every lease back that nothing is held on; called when the instance stops.</summary>
    public async ValueTask DisposeAsync()
    {
        var since = _time.GetTimestamp();
        foreach (var some in Slots().Chunk(CloseAtOnce))
        {
            if (_time.GetElapsedTime(since) > ClosePatience)
            {
                _logger.LogError("Leases were not all given back in time; their wallets reclaim them");
                return;
            }

            await Task.WhenAll(some.Select(CloseSafelyAsync));
        }
    }

    private async Task CloseSafelyAsync(LeaseSlot slot)
    {
        try
        {
            await _exchange.TryCloseAsync(slot, CancellationToken.None);
        }
        catch (Exception failure) when (failure is IOException or TimeoutException or OperationCanceledException)
        {
            // The wallet reclaims what it is not told of.
            _logger.LogError(failure, "The lease on wallet {WalletId} could not be given back", slot.WalletId);
        }
    }

    internal bool TryHold(WalletPath path, long amountNanoUsd, bool passWaiters, out Hold hold)
    {
        var (timestamp, unixMs) = Now();
        hold = new Hold(path, amountNanoUsd);
        var slots = path.Slots;
        var shadowed = false;
        for (var level = 0; level < slots.Length; level++)
        {
            var slot = slots[level];
            var lease = slot.Current;
            if (lease is not null
                && (passWaiters || (slot.Waiters == 0 && !slot.IsPressed))
                && lease.Admits(timestamp, unixMs)
                && lease.TryTake(amountNanoUsd))
            {
                hold.Bind(level, lease);
                slot.NoteHold(amountNanoUsd);
                shadowed |= lease.OverShadowLimit;
                if (lease.AvailableNanoUsd < slot.LowWaterNanoUsd)
                {
                    RenewSoon(slot);
                }

                continue;
            }

            for (var taken = 0; taken < level; taken++)
            {
                hold.At(taken).Return(amountNanoUsd);
            }

            hold = default;
            return false;
        }

        if (shadowed)
        {
            CountShadowed(ref hold);
        }

        return true;
    }

    /// <summary>The wallet nearest to the root that cannot give this much now; null when all can.</summary>
    internal LeaseSlot? ShortSlot(WalletPath path, long amountNanoUsd)
    {
        for (var level = path.Slots.Length - 1; level >= 0; level--)
        {
            if (Lacks(path.Slots[level], amountNanoUsd))
            {
                return path.Slots[level];
            }
        }

        return null;
    }

    internal bool Lacks(LeaseSlot slot, long amountNanoUsd)
    {
        var (timestamp, unixMs) = Now();
        return slot.Current is not { } lease || !lease.Admits(timestamp, unixMs) || lease.AvailableNanoUsd < amountNanoUsd;
    }

    private static void CountShadowed(ref Hold hold)
    {
        for (var level = hold.Path!.Slots.Length - 1; level >= 0; level--)
        {
            if (hold.At(level).OverShadowLimit)
            {
                hold.At(level).CountShadowRefused();
                hold.ShadowWalletId = hold.Path.Slots[level].WalletId;
            }
        }
    }

    private void RenewSoon(LeaseSlot slot)
    {
        if (slot.TryBeginRenewal())
        {
            slot.LowWaterNanoUsd = long.MinValue;
            _low.Writer.TryWrite(slot);
        }
    }

    private async Task RenewLowAsync(LeaseSlot slot, CancellationToken cancellation)
    {
        try
        {
            await _exchange.RenewAsync(slot, cancellation);
        }
        catch (Exception failure) when (failure is not OperationCanceledException)
        {
            // Whoever finds the lease short asks again, and is told if nobody answers.
            _logger.LogError(failure, "Renewing the lease on wallet {WalletId} failed", slot.WalletId);
        }
        finally
        {
            slot.EndRenewal();
        }
    }

    private async Task RenewSafelyAsync(LeaseSlot slot, CancellationToken cancellation)
    {
        try
        {
            await RenewIfDueAsync(slot, cancellation);
        }
        catch (Exception failure) when (failure is not OperationCanceledException)
        {
            // A lease that cannot be renewed stops admitting by itself; the next tick tries again, and the others are renewed now.
            _logger.LogError(failure, "Renewing the lease on wallet {WalletId} failed", slot.WalletId);
        }
    }

    private async ValueTask RenewIfDueAsync(LeaseSlot slot, CancellationToken cancellation)
    {
        if (slot.Current is not { } lease)
        {
            // Calls may still be open on leases that have ended: what they cost is told as they end.
            if (slot.Retired.Count > 0)
            {
                await _exchange.ReportAsync(slot, cancellation);
            }

            return;
        }

        var (timestamp, unixMs) = Now();
        if (unixMs >= slot.PrepareAtUnixMs && slot.IdleRenewals == 0)
        {
            await _exchange.PrepareAsync(slot, cancellation);
        }

        if (timestamp < slot.RenewAtTimestamp && !lease.HasEnded(unixMs))
        {
            if (slot.Retired.Count > 0)
            {
                await _exchange.ReportEndedAsync(slot, cancellation);
            }

            return;
        }

        var idle = lease.HeldNanoUsd == 0 && lease.SpentNanoUsd == lease.ReportedNanoUsd && slot.Waiters == 0;
        slot.IdleRenewals = idle ? slot.IdleRenewals + 1 : 0;
        if (slot.IdleRenewals >= 2 && await _exchange.TryCloseAsync(slot, cancellation))
        {
            slot.IdleRenewals = 0;
            return;
        }

        await _exchange.RenewAsync(slot, cancellation);
    }

    private WalletPath MakePath(string walletId, int version)
    {
        var ids = _wallets.PathOf(walletId);
        var queue = _queues.GetOrAdd(ids[^1], static (_, book) => new HoldQueue(book, book._exchange, book._time, book._logger), this);
        var path = new WalletPath([.. ids.Select(SlotOf)], _wallets.CostCentreOf(walletId), queue, version);
        _paths[walletId] = path;
        return path;
    }

    private LeaseSlot SlotOf(string walletId)
    {
        if (_slots.TryGetValue(walletId, out var slot))
        {
            return slot;
        }

        lock (_all)
        {
            slot = _slots.GetOrAdd(walletId, static id => new LeaseSlot(id));
            if (_all.Count < _slots.Count)
            {
                _all.Add(slot);
            }

            return slot;
        }
    }

    private LeaseSlot[] Slots()
    {
        lock (_all)
        {
            return [.. _all];
        }
    }

    private (long Timestamp, long UnixMs) Now() => (_time.GetTimestamp(), _time.GetUtcNow().ToUnixTimeMilliseconds());
}

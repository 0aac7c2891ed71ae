using AiOrchestrator.Core.Metering;
using AiOrchestrator.Ledger.Wallets;

namespace AiOrchestrator.Core.Wallets;

/// <summary>
/// This instance's place for leases on one wallet: the one in use, the one prepared for the next period, and those that ended with calls
/// still open on them.
/// </summary>
internal sealed class LeaseSlot(string walletId)
{
    private int _waiters;
    private int _renewing;
    private int _returns;
    private volatile bool _isPressed;
    private Lease? _current;
    private long _largestHoldNanoUsd;
    private long _largestHoldBeforeNanoUsd;
    private long _largestHoldSinceTimestamp;

    public string WalletId { get; } = walletId;

    /// <summary>One message outstanding per lease.</summary>
    public SemaphoreSlim ExchangeLock { get; } = new(1, 1);

    /// <summary>The lease in use; null before the first top-up and after a lease was given up.</summary>
    public Lease? Current
    {
        get => Volatile.Read(ref _current);
        set => Volatile.Write(ref _current, value);
    }

    /// <summary>A lease on the next period, asked for ahead of its start.</summary>
    public Lease? Next { get; set; }

    /// <summary>Leases that are not used any more; their calls are still reported, and then they are closed.</summary>
    public List<Lease> Retired { get; } = [];

    /// <summary>When to report next, as a monotonic timestamp.</summary>
    public long RenewAtTimestamp { get; set; }

    /// <summary>When to ask for the next period's lease, on the wall clock; <see cref="long.MaxValue"/> for never.</summary>
    public long PrepareAtUnixMs { get; set; } = long.MaxValue;

    /// <summary>Renewals in a row that found nothing held and nothing spent.</summary>
    public int IdleRenewals { get; set; }

    /// <summary>Spending of late, nano-dollars per second: a decaying average.</summary>
    public double SpendPerSecond { get; set; }

    /// <summary>When the rate was last brought up to date, as a monotonic timestamp; 0 for never.</summary>
    public long RateTimestamp { get; set; }

    /// <summary>The current lease is renewed ahead of need when less than this is free in it.</summary>
    public long LowWaterNanoUsd { get; set; } = long.MinValue;

    /// <summary>
    /// Somebody, here or elsewhere, waits for money of this wallet that is out in leases. Then nobody takes what comes back here without asking
    /// the wallet: whoever has waited longer may wait at another instance.
    /// </summary>
    public bool IsPressed
    {
        get => _isPressed;
        set => _isPressed = value;
    }

    /// <summary>What one call could still get, as the wallet last said.</summary>
    public long UnspentNanoUsd { get; set; }

    /// <summary>The number of the last period the wallet named; 0 for none.</summary>
    public int LastPeriodNumber { get; set; }

    /// <summary>When that period ends, by the wallet's clock.</summary>
    public long LastPeriodEndsUnixMs { get; set; } = long.MaxValue;

    /// <summary>A refusal is remembered until this monotonic timestamp…</summary>
    public long RefusedUntilTimestamp { get; set; }

    /// <summary>…for whoever needs more than this…</summary>
    public long RefusedAboveNanoUsd { get; set; }

    /// <summary>…and this is what it was.</summary>
    public LeaseOutcome RefusedOutcome { get; set; }

    /// <summary>Not asked again for contended money before this monotonic timestamp, unless money came back meanwhile.</summary>
    public long AskAtTimestamp { get; set; }

    /// <summary>Settlements while somebody waited, here or elsewhere.</summary>
    public int Returns => Volatile.Read(ref _returns);

    /// <summary><see cref="Returns"/> when the wallet was last asked.</summary>
    public int ReturnsAsked { get; set; }

    /// <summary>How long to wait between two such questions, milliseconds.</summary>
    public int AskEveryMs { get; set; }

    /// <summary>Queued calls that need this wallet. While there are any, nobody takes past them.</summary>
    public int Waiters => Volatile.Read(ref _waiters);

    /// <summary>Money came back, which is a reason to ask at once.</summary>
    public void CountReturn() => Interlocked.Increment(ref _returns);

    /// <summary>Notes what a call held: the next may need as much. A race loses a note, which is an estimate.</summary>
    public void NoteHold(long amountNanoUsd)
    {
        if (amountNanoUsd > Volatile.Read(ref _largestHoldNanoUsd))
        {
            Volatile.Write(ref _largestHoldNanoUsd, amountNanoUsd);
        }
    }

    /// <summary>The largest hold since the last time but one this was asked after so long.</summary>
    public long LargestHold(long nowTimestamp, long rememberTimestamps)
    {
        var largest = Math.Max(Volatile.Read(ref _largestHoldNanoUsd), _largestHoldBeforeNanoUsd);
        if (nowTimestamp - _largestHoldSinceTimestamp >= rememberTimestamps)
        {
            (_largestHoldBeforeNanoUsd, _largestHoldSinceTimestamp) = (Volatile.Read(ref _largestHoldNanoUsd), nowTimestamp);
            Volatile.Write(ref _largestHoldNanoUsd, 0);
        }

        return largest;
    }

    /// <summary>Whether it is time to ask the wallet.</summary>
    public bool MayAsk(long nowTimestamp) => AskAtTimestamp <= nowTimestamp || ReturnsAsked != Returns;

    public void AddWaiter() => Interlocked.Increment(ref _waiters);

    public void RemoveWaiter() => Interlocked.Decrement(ref _waiters);

    /// <summary>Whether the caller is the one who has this slot renewed.</summary>
    public bool TryBeginRenewal() => Interlocked.Exchange(ref _renewing, 1) == 0;

    public void EndRenewal() => Volatile.Write(ref _renewing, 0);

    /// <summary>Whether a need is refused without asking, because it was a moment ago.</summary>
    public bool IsRefused(long needNanoUsd, long nowTimestamp) =>
        needNanoUsd > RefusedAboveNanoUsd && nowTimestamp < RefusedUntilTimestamp;
}

/// <summary>The wallets a call is paid from, leaf to root.</summary>
public sealed class WalletPath
{
    /// <summary>Deepest tree there may be.</summary>
    public const int MaxDepth = WalletTree.MaxDepth;

    private WalletShare[] _shares;

    internal WalletPath(LeaseSlot[] slots, string? costCentre, HoldQueue queue, int version)
    {
        Slots = slots;
        CostCentre = costCentre;
        Queue = queue;
        Version = version;
        WalletIds = Array.ConvertAll(slots, static s => s.WalletId);
        _shares = Array.ConvertAll(slots, static s => new WalletShare(s.WalletId, 0));
        Text = string.Join('/', WalletIds);
    }

    /// <summary>The wallets' ids, leaf to root.</summary>
    public IReadOnlyList<string> WalletIds { get; }

    /// <summary>The same, joined by slashes.</summary>
    public string Text { get; }

    /// <summary>Whom calls are charged to in the books of the enterprise; or null.</summary>
    public string? CostCentre { get; }

    /// <summary>The wallets, and the periods and leases the last hold was taken in.</summary>
    internal IReadOnlyList<WalletShare> Shares => Volatile.Read(ref _shares);

    internal LeaseSlot[] Slots { get; }

    internal HoldQueue Queue { get; }

    /// <summary>The version of the tree it was made from.</summary>
    internal int Version { get; }

    /// <summary>The wallets, periods and leases a hold takes from. Made anew only when a lease has changed since the last call.</summary>
    internal IReadOnlyList<WalletShare> SharesOf(in Hold hold)
    {
        var shares = Volatile.Read(ref _shares);
        for (var level = 0; level < shares.Length; level++)
        {
            if (shares[level].LeaseId != hold.At(level).Id)
            {
                return Renew(hold);
            }
        }

        return shares;
    }

    private WalletShare[] Renew(in Hold hold)
    {
        var shares = new WalletShare[Slots.Length];
        for (var level = 0; level < shares.Length; level++)
        {
            shares[level] = new WalletShare(Slots[level].WalletId, hold.At(level).PeriodNumber) { LeaseId = hold.At(level).Id };
        }

        Volatile.Write(ref _shares, shares);
        return shares;
    }
}

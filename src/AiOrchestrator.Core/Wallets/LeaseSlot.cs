using AiOrchestrator.Core.Metering;

namespace AiOrchestrator.Core.Wallets;

/// <summary>This instance's place for a lease on one wallet: the lease now in use, and those that ended with calls still open on them.</summary>
internal sealed class LeaseSlot(string walletId)
{
    private long _admitUntilTimestamp;
    private long _admitUntilUnixMs;
    private int _waiters;

    public string WalletId { get; } = walletId;

    /// <summary>One message outstanding per lease.</summary>
    public SemaphoreSlim ExchangeLock { get; } = new(1, 1);

    /// <summary>The lease in use; null before the first top-up and after a lease was given up.</summary>
    public Lease? Current { get; set; }

    /// <summary>Leases the wallet has ended; their calls are still reported until all is told.</summary>
    public List<Lease> Retired { get; } = [];

    /// <summary>When to report next, as a monotonic timestamp.</summary>
    public long RenewAtTimestamp { get; set; }

    /// <summary>Renewals in a row that found nothing held and nothing spent.</summary>
    public int IdleRenewals { get; set; }

    /// <summary>When the current lease last reported, as a monotonic timestamp; for the recent rate of spending.</summary>
    public long LastReportTimestamp { get; set; }

    /// <summary>Queued calls that need this wallet. While there are any, nobody takes past them.</summary>
    public int Waiters => Volatile.Read(ref _waiters);

    public void AddWaiter() => Interlocked.Increment(ref _waiters);

    public void RemoveWaiter() => Interlocked.Decrement(ref _waiters);

    /// <summary>Calls are admitted until the earlier of two clocks says stop: one may stand still in sleep, the other may be set.</summary>
    public void Admit(long untilTimestamp, long untilUnixMs)
    {
        Volatile.Write(ref _admitUntilTimestamp, untilTimestamp);
        Volatile.Write(ref _admitUntilUnixMs, untilUnixMs);
    }

    public bool Admits(long nowTimestamp, long nowUnixMs) =>
        nowTimestamp < Volatile.Read(ref _admitUntilTimestamp) && nowUnixMs < Volatile.Read(ref _admitUntilUnixMs);
}

/// <summary>The wallets a call is paid from, leaf to root.</summary>
public sealed class WalletPath
{
    /// <summary>Deepest tree there may be.</summary>
    public const int MaxDepth = 8;

    internal WalletPath(LeaseSlot[] slots)
    {
        Slots = slots;
        WalletIds = Array.ConvertAll(slots, static s => s.WalletId);
        Shares = Array.ConvertAll(slots, static s => new WalletShare(s.WalletId, Period: 0));
        Text = string.Join('/', WalletIds);
    }

    /// <summary>The wallets' ids, leaf to root.</summary>
    public IReadOnlyList<string> WalletIds { get; }

    /// <summary>The same with the periods calls are charged to; the same list for every call, which the journal relies on.</summary>
    public IReadOnlyList<WalletShare> Shares { get; }

    /// <summary>The ids joined with '/', as usage events have them.</summary>
    public string Text { get; }

    internal LeaseSlot[] Slots { get; }
}

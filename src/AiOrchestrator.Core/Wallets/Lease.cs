using System.Runtime.CompilerServices;
using AiOrchestrator.Ledger.Periods;

namespace AiOrchestrator.Core.Wallets;

/// <summary>
/// The holder's side of one incarnation of a lease: an amount calls of one period may take from without asking anybody, until a time.
/// Taking, returning and settling are single compare-and-swaps; everything else happens under the slot's exchange lock.
/// </summary>
internal sealed class Lease(UInt128 id)
{
    /// <summary>So low that nothing can be taken and returns cannot lift it: the lease has been given up.</summary>
    private const long ClosedNanoUsd = long.MinValue / 2;

    // granted = spent + held + available, always; held is derived from the other three.
    private long _availableNanoUsd;
    private long _spentNanoUsd;
    private long _admitUntilTimestamp;
    private long _admitUntilUnixMs;
    private long _shadowRefusedCalls;

    public UInt128 Id { get; } = id;

    /// <summary>The wallet's number of the period it pays for; 0 until the wallet has answered once.</summary>
    public int PeriodNumber { get; private set; }

    /// <summary>That period.</summary>
    public Period Period { get; private set; }

    /// <summary>Cumulative grant as adopted from the wallet, less what was offered back.</summary>
    public long GrantedNanoUsd { get; private set; }

    /// <summary>Sequence number of the last message sent.</summary>
    public long Seq { get; set; }

    /// <summary>Cumulative spend told to the wallet and applied there.</summary>
    public long ReportedNanoUsd { get; set; }

    /// <summary>What of the spend the slot's rate of spending knows of.</summary>
    public long RatedNanoUsd { get; set; }

    /// <summary>Given up: nothing is held, nothing can be taken, the wallet may not know yet.</summary>
    public bool IsClosed { get; private set; }

    /// <summary>The wallet is a shadow whose limit is used up: whoever takes is counted.</summary>
    public bool OverShadowLimit { get; set; }

    public long SpentNanoUsd => Volatile.Read(ref _spentNanoUsd);

    public long AvailableNanoUsd => Volatile.Read(ref _availableNanoUsd);

    public long HeldNanoUsd => Math.Max(0, GrantedNanoUsd - SpentNanoUsd - AvailableNanoUsd);

    public long ShadowRefusedCalls => Volatile.Read(ref _shadowRefusedCalls);

    /// <summary>Calls are admitted until the earlier of two clocks says stop: one may stand still in sleep, the other may be set.</summary>
    public bool Admits(long nowTimestamp, long nowUnixMs) =>
        nowTimestamp < Volatile.Read(ref _admitUntilTimestamp) && nowUnixMs < Volatile.Read(ref _admitUntilUnixMs);

    /// <summary>Whether its period is over by this clock.</summary>
    public bool HasEnded(long nowUnixMs) => PeriodNumber != 0 && nowUnixMs >= Period.EndUnixMs;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool TryTake(long amountNanoUsd)
    {
        var seen = Volatile.Read(ref _availableNanoUsd);
        while (seen >= amountNanoUsd)
        {
            var was = Interlocked.CompareExchange(ref _availableNanoUsd, seen - amountNanoUsd, seen);
            if (was == seen)
            {
                return true;
            }

            seen = was;
        }

        return false;
    }

    public void Return(long amountNanoUsd) => Interlocked.Add(ref _availableNanoUsd, amountNanoUsd);

    /// <summary>Replaces a hold by its cost. The spend is added first: whoever reads in between sees too much committed, never too little.</summary>
    public void Settle(long holdNanoUsd, long costNanoUsd)
    {
        Interlocked.Add(ref _spentNanoUsd, costNanoUsd);
        Interlocked.Add(ref _availableNanoUsd, holdNanoUsd - costNanoUsd);
    }

    public void CountShadowRefused() => Interlocked.Increment(ref _shadowRefusedCalls);

    /// <summary>Lowers the own cap until no more than this is free, before the wallet is told: the two never count the same money.</summary>
    public void OfferBack(long availableNanoUsd)
    {
        var seen = AvailableNanoUsd;
        while (seen > availableNanoUsd)
        {
            var was = Interlocked.CompareExchange(ref _availableNanoUsd, availableNanoUsd, seen);
            if (was == seen)
            {
                GrantedNanoUsd -= seen - availableNanoUsd;
                return;
            }

            seen = was;
        }
    }

    /// <summary>Adopts the wallet's cumulative grant, and until when calls may be admitted on it.</summary>
    /// <param name="grantedNanoUsd">Cumulative.</param>
    /// <param name="periodNumber">The wallet's number of the period.</param>
    /// <param name="period">The period; nothing is admitted after it.</param>
    /// <param name="untilTimestamp">On the monotonic clock.</param>
    /// <param name="untilUnixMs">On the wall clock.</param>
    public void Adopt(long grantedNanoUsd, int periodNumber, Period period, long untilTimestamp, long untilUnixMs)
    {
        (PeriodNumber, Period) = (periodNumber, period);
        var more = grantedNanoUsd - GrantedNanoUsd;
        GrantedNanoUsd = grantedNanoUsd;
        Return(more);
        Volatile.Write(ref _admitUntilUnixMs, Math.Min(untilUnixMs, period.EndUnixMs));
        Volatile.Write(ref _admitUntilTimestamp, untilTimestamp);
    }

    /// <summary>Admits nothing more; what is held stays held.</summary>
    public void StopAdmitting() => Volatile.Write(ref _admitUntilUnixMs, 0);

    /// <summary>Gives the lease up if nothing is held; after that nothing can be taken.</summary>
    public bool TryClose()
    {
        var idle = GrantedNanoUsd - SpentNanoUsd;
        IsClosed = Interlocked.CompareExchange(ref _availableNanoUsd, ClosedNanoUsd, idle) == idle;
        return IsClosed;
    }
}

using System.Runtime.CompilerServices;

namespace AiOrchestrator.Core.Wallets;

/// <summary>
/// The holder's side of one incarnation of a lease: an amount calls may take from without asking anybody, until a time.
/// Taking, returning and settling are single compare-and-swaps; everything else happens under the slot's exchange lock.
/// </summary>
internal sealed class Lease(UInt128 id)
{
    /// <summary>So low that nothing can be taken and returns cannot lift it: the lease has been given up.</summary>
    private const long ClosedNanoUsd = long.MinValue / 2;

    // granted = spent + held + available, always; held is derived from the other three.
    private long _availableNanoUsd;
    private long _spentNanoUsd;

    public UInt128 Id { get; } = id;

    /// <summary>Cumulative grant as adopted from the wallet, less what was offered back.</summary>
    public long GrantedNanoUsd { get; private set; }

    /// <summary>Sequence number of the last message sent.</summary>
    public long Seq { get; set; }

    /// <summary>Cumulative spend told to the wallet and applied there.</summary>
    public long ReportedNanoUsd { get; set; }

    public long SpentNanoUsd => Volatile.Read(ref _spentNanoUsd);

    public long HeldNanoUsd => Math.Max(0, GrantedNanoUsd - SpentNanoUsd - Volatile.Read(ref _availableNanoUsd));

    public long RemainderNanoUsd => Math.Max(0, GrantedNanoUsd - SpentNanoUsd);

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

    /// <summary>Lowers the own cap before the wallet is asked to shrink it, so that the two never count the same money.</summary>
    public void OfferBack(long targetNanoUsd)
    {
        var spare = RemainderNanoUsd - Math.Max(targetNanoUsd, HeldNanoUsd);
        if (spare > 0 && TryTake(spare))
        {
            GrantedNanoUsd -= spare;
        }
    }

    /// <summary>Adopts the wallet's cumulative grant.</summary>
    public void Adopt(long grantedNanoUsd)
    {
        var more = grantedNanoUsd - GrantedNanoUsd;
        GrantedNanoUsd = grantedNanoUsd;
        Return(more);
    }

    /// <summary>Gives the lease up if nothing is held; after that nothing can be taken.</summary>
    public bool TryClose()
    {
        var idle = GrantedNanoUsd - SpentNanoUsd;
        return Interlocked.CompareExchange(ref _availableNanoUsd, ClosedNanoUsd, idle) == idle;
    }
}

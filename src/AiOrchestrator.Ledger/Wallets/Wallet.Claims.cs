namespace AiOrchestrator.Ledger.Wallets;

/// <summary>Who waits for money that is out in leases, oldest first.</summary>
public sealed partial class Wallet
{
    /// <summary>Transfers that wait for money out in leases stand in line with the holders under one id, which no lease has.</summary>
    private static readonly UInt128 TransferClaim = UInt128.MaxValue;

    /// <summary>What is kept of a period's money for those who stand in line before this one; for all of them if it does not stand there.</summary>
    private long ClaimedBefore(UInt128 leaseId, WalletBook book)
    {
        long claimed = 0;
        for (var i = 0; i < (_claims?.Count ?? 0) && _claims![i].LeaseId != leaseId; i++)
        {
            claimed += _claims[i].Book == book ? Math.Min(_claims[i].NeedNanoUsd, WalletBook.MaxCommittedNanoUsd - claimed) : 0;
        }

        return claimed;
    }

    private bool IsClaimed(WalletBook book)
    {
        for (var i = 0; i < (_claims?.Count ?? 0); i++)
        {
            if (_claims![i].Book == book)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>A repeated claim keeps its place.</summary>
    private void Claim(UInt128 leaseId, WalletBook book, long needNanoUsd)
    {
        _pressureUntilUnixMs = _nowUnixMs + _terms.PressureMs;
        var claim = new Claim(leaseId, book, needNanoUsd, _nowUnixMs + _terms.ClaimMs);
        Due(claim.UntilUnixMs);
        if (IndexOfClaim(leaseId) is >= 0 and var at)
        {
            _claims![at] = claim;
        }
        else
        {
            (_claims ??= []).Add(claim);
        }
    }

    private void Unclaim(UInt128 leaseId)
    {
        if (IndexOfClaim(leaseId) is >= 0 and var at)
        {
            _claims!.RemoveAt(at);
        }
    }

    private int IndexOfClaim(UInt128 leaseId)
    {
        for (var i = 0; i < (_claims?.Count ?? 0); i++)
        {
            if (_claims![i].LeaseId == leaseId)
            {
                return i;
            }
        }

        return -1;
    }

    private long ClaimOf(UInt128 leaseId) => IndexOfClaim(leaseId) is >= 0 and var at ? _claims![at].NeedNanoUsd : 0;
}

using AiOrchestrator.Ledger.Wallets;

namespace AiOrchestrator.Conformance;

/// <summary>One instance's leases, one per wallet, with just the bookkeeping a test needs.</summary>
internal sealed class LeaseHolder(Func<long> nowUnixMs)
{
    private readonly Dictionary<string, (UInt128 Id, long Seq, long Spent)> _leases = new(StringComparer.Ordinal);
    private UInt128 _lastId;

    public IReadOnlyCollection<string> Wallets => _leases.Keys;

    public void Spend(string walletId, long amountNanoUsd)
    {
        var lease = Lease(walletId);
        _leases[walletId] = lease with { Spent = lease.Spent + amountNanoUsd };
    }

    /// <summary>A lease the wallet did not take up is given up: only a first message opens one.</summary>
    public void Learn(string walletId, LeaseReply? reply)
    {
        if (reply is null or { AppliedSeq: 0 })
        {
            _ = _leases.Remove(walletId);
        }
    }

    public LeaseReport Next(string walletId, long target = 0, long need = 0, long held = 0, bool closing = false)
    {
        var lease = Lease(walletId);
        lease.Seq++;
        _leases[walletId] = lease;
        if (closing)
        {
            _leases.Remove(walletId);
        }

        // It has lowered its own cap to what it would like to have.
        return new LeaseReport(lease.Id, lease.Seq, nowUnixMs(), lease.Spent, held, KeepNanoUsd: Math.Max(held, target), target, need, closing);
    }

    private (UInt128 Id, long Seq, long Spent) Lease(string walletId) =>
        _leases.TryGetValue(walletId, out var lease) ? lease : (++_lastId, 0, 0);
}

namespace AiOrchestrator.Ledger.Wallets;

/// <summary>
/// The only truth about an amount of money: a state machine without clock, I/O or randomness. Callers pass the time in;
/// the wallet's own time is the latest it was ever told. All amounts in nano-dollars, all arithmetic checked.
/// </summary>
/// <remarks>
/// Holds after every command, for a wallet with a limit:
/// spent + Σ max(0, granted − reported) + suspense ≤ limit + overrun, and overrun is 0 whenever it can be.
/// Not safe for concurrent use: whoever hosts it applies one command at a time.
/// </remarks>
public sealed class Wallet
{
    private readonly LeaseTerms _terms;
    private readonly Dictionary<UInt128, WalletLease> _leases = [];
    private readonly Dictionary<UInt128, EndedLease> _ended = [];
    private long? _limitNanoUsd;
    private long _spentNanoUsd;
    private long _leasedNanoUsd;
    private long _suspenseNanoUsd;
    private long _overrunNanoUsd;
    private long _nowUnixMs;
    private long _pressureUntilUnixMs;
    private bool _closed;

    /// <summary>Opens a wallet that has spent nothing.</summary>
    /// <param name="id">Its name for life.</param>
    /// <param name="limitNanoUsd">0 or more; null tracks only.</param>
    /// <param name="terms">The bounds leases work within.</param>
    public Wallet(string id, long? limitNanoUsd, LeaseTerms terms)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(limitNanoUsd ?? 0, nameof(limitNanoUsd));
        Id = id;
        _limitNanoUsd = limitNanoUsd;
        _terms = terms;
    }

    /// <summary>The wallet's id.</summary>
    public string Id { get; }

    /// <summary>The period all figures belong to. A wallet has one for its lifetime until periods are built.</summary>
    public string Period { get; } = "lifetime";

    private long CommittedNanoUsd => _spentNanoUsd + _leasedNanoUsd + _suspenseNanoUsd;

    private long FreeNanoUsd => _limitNanoUsd is { } limit ? Math.Max(0, limit - CommittedNanoUsd) : long.MaxValue;

    private long UnspentNanoUsd =>
        _limitNanoUsd is { } limit ? Math.Max(0, limit - _spentNanoUsd - _suspenseNanoUsd) : long.MaxValue;

    /// <summary>The figures as they stand.</summary>
    public WalletState Read()
    {
        long held = 0;
        foreach (var lease in _leases.Values)
        {
            held += Math.Min(lease.HeldNanoUsd, lease.RemainderNanoUsd);
        }

        return new WalletState(Id, _limitNanoUsd, _spentNanoUsd, held, _leasedNanoUsd, _suspenseNanoUsd, _overrunNanoUsd, Period, _closed);
    }

    /// <summary>What <see cref="Apply"/> would answer now. Changes nothing: a host asks before it makes the command durable.</summary>
    public WalletCommandOutcome Check(WalletCommand command) => command switch
    {
        // A closed wallet still has to settle what was started before it was closed.
        not WalletCommand.ResolveSuspense when _closed => WalletCommandOutcome.WalletClosed,
        WalletCommand.ChangeLimit { LimitNanoUsd: < 0 } => WalletCommandOutcome.AmountOutOfRange,
        WalletCommand.ResolveSuspense r when r.HoldNanoUsd < 0 || r.ChargeNanoUsd < 0 || r.HoldNanoUsd > _suspenseNanoUsd
            => WalletCommandOutcome.AmountOutOfRange,
        WalletCommand.Close when _suspenseNanoUsd > 0 || _leases.Values.Any(static l => l.HeldNanoUsd > 0)
            => WalletCommandOutcome.CallsOutstanding,
        _ => WalletCommandOutcome.Applied,
    };

    /// <summary>Applies a command that is not a lease report.</summary>
    public WalletCommandOutcome Apply(WalletCommand command)
    {
        var outcome = Check(command);
        if (outcome != WalletCommandOutcome.Applied)
        {
            return outcome;
        }

        // After this point it must succeed.
        switch (command)
        {
            case WalletCommand.ChangeLimit change:
                _limitNanoUsd = change.LimitNanoUsd;
                break;
            case WalletCommand.ResolveSuspense resolve:
                _suspenseNanoUsd -= resolve.HoldNanoUsd;
                _spentNanoUsd += resolve.ChargeNanoUsd;
                break;
            case WalletCommand.Close:
                _closed = true;
                break;
        }

        Balance();
        return WalletCommandOutcome.Applied;
    }

    /// <summary>Books a call that was settled while its lease is not known any more, as when a journal is replayed.</summary>
    /// <param name="costNanoUsd">0 or more. Never refused: it has been spent.</param>
    public void BookSettled(long costNanoUsd)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(costNanoUsd);
        _spentNanoUsd += costNanoUsd;
        Balance();
    }

    /// <summary>Books a call that was started and whose end is unknown: its hold waits in suspense.</summary>
    /// <param name="holdNanoUsd">0 or more.</param>
    public void BookUnfinished(long holdNanoUsd)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(holdNanoUsd);
        _suspenseNanoUsd += holdNanoUsd;
        Balance();
    }

    /// <summary>Applies a holder's report, grants or takes back, and answers.</summary>
    /// <param name="report">The message.</param>
    /// <param name="nowUnixMs">The host's clock; going backwards it is ignored.</param>
    public LeaseReply Exchange(in LeaseReport report, long nowUnixMs)
    {
        _nowUnixMs = Math.Max(_nowUnixMs, nowUnixMs);
        ReclaimOverdue();
        var outcome = Decide(report, out var lease);
        Balance();
        var leases = Math.Max(1, _leases.Count);
        return new LeaseReply(
            outcome,
            lease?.AppliedSeq ?? 0,
            lease?.GrantedNanoUsd ?? 0,
            UnspentNanoUsd,
            LeaseTerms.ValidForMs(leases),
            LeaseTerms.RenewEveryMs(leases),
            _nowUnixMs < _pressureUntilUnixMs);
    }

    private LeaseOutcome Decide(in LeaseReport report, out WalletLease? lease)
    {
        if (_ended.TryGetValue(report.LeaseId, out var ended))
        {
            lease = null;
            BookLate(ended, report.SpentCumulativeNanoUsd);
            return LeaseOutcome.LeaseEnded;
        }

        if (!_leases.TryGetValue(report.LeaseId, out lease))
        {
            if (_closed)
            {
                return LeaseOutcome.WalletClosed;
            }

            if (report.Seq != 1)
            {
                // Only a lease's first message opens it: a later one, from a holder that slept, would have its spend counted twice.
                return LeaseOutcome.LeaseUnknown;
            }

            if (report.SentAtUnixMs < _nowUnixMs - _terms.OpenWithinMs)
            {
                return LeaseOutcome.MessageTooOld;
            }

            if (_leases.Count >= _terms.MaxLeases)
            {
                return LeaseOutcome.TooManyLeases;
            }

            lease = new WalletLease();
            _leases.Add(report.LeaseId, lease);
        }

        if (report.Seq <= lease.AppliedSeq)
        {
            return LeaseOutcome.Duplicate;
        }

        BookReport(lease, report);
        if (report.Closing)
        {
            End(report.LeaseId, lease, toSuspense: false);
            return LeaseOutcome.Granted;
        }

        return _closed ? LeaseOutcome.WalletClosed : Grant(lease, report);
    }

    private void BookReport(WalletLease lease, in LeaseReport report)
    {
        _leasedNanoUsd -= lease.RemainderNanoUsd;
        lease.AppliedSeq = report.Seq;
        if (report.SpentCumulativeNanoUsd > lease.ReportedNanoUsd)
        {
            _spentNanoUsd += report.SpentCumulativeNanoUsd - lease.ReportedNanoUsd;
            lease.ReportedNanoUsd = report.SpentCumulativeNanoUsd;
        }

        lease.HeldNanoUsd = Math.Max(0, report.HeldNanoUsd);
        var keep = Math.Max(report.TargetNanoUsd, lease.HeldNanoUsd);
        lease.GrantedNanoUsd = lease.ReportedNanoUsd + Math.Min(lease.RemainderNanoUsd, keep);
        _leasedNanoUsd += lease.RemainderNanoUsd;
        lease.ReclaimAtUnixMs = Math.Max(
            lease.ReclaimAtUnixMs,
            report.SentAtUnixMs + LeaseTerms.ValidForMs(_leases.Count) + _terms.CallMaxMs + _terms.GraceMs);
    }

    private LeaseOutcome Grant(WalletLease lease, in LeaseReport report)
    {
        var remainder = lease.RemainderNanoUsd;
        var need = Math.Max(0, lease.HeldNanoUsd + report.NeedNanoUsd - remainder);
        if (report.NeedNanoUsd > 0 && report.NeedNanoUsd > UnspentNanoUsd)
        {
            return LeaseOutcome.Exhausted;
        }

        var free = FreeNanoUsd;
        if (need > free)
        {
            _pressureUntilUnixMs = _nowUnixMs + _terms.PressureMs;
            return LeaseOutcome.Contended;
        }

        // After this point it must succeed.
        var want = Math.Max(0, Math.Max(report.TargetNanoUsd, lease.HeldNanoUsd) - remainder);
        var amount = Math.Max(need, Math.Min(want, _limitNanoUsd is null ? want : free / _leases.Count));
        lease.GrantedNanoUsd = lease.ReportedNanoUsd + remainder + amount;
        _leasedNanoUsd += amount;
        return LeaseOutcome.Granted;
    }

    private void ReclaimOverdue()
    {
        foreach (var (id, lease) in _leases)
        {
            if (lease.ReclaimAtUnixMs <= _nowUnixMs)
            {
                End(id, lease, toSuspense: true);
            }
        }

        foreach (var (id, ended) in _ended)
        {
            // Whatever is unexplained stays known: a late report must find it (design: after 24 h the usage events decide).
            if (ended.SuspenseNanoUsd == 0 && ended.ForgetAtUnixMs <= _nowUnixMs)
            {
                _ended.Remove(id);
            }
        }
    }

    private void End(UInt128 id, WalletLease lease, bool toSuspense)
    {
        var remainder = lease.RemainderNanoUsd;
        _leasedNanoUsd -= remainder;
        _leases.Remove(id);
        var unexplained = toSuspense ? remainder : 0;
        _suspenseNanoUsd += unexplained;
        _ended[id] = new EndedLease
        {
            ReportedNanoUsd = lease.ReportedNanoUsd,
            SuspenseNanoUsd = unexplained,
            ForgetAtUnixMs = _nowUnixMs + (toSuspense ? _terms.RememberReclaimedMs : _terms.RememberClosedMs),
        };
    }

    private void BookLate(EndedLease ended, long spentCumulativeNanoUsd)
    {
        var late = spentCumulativeNanoUsd - ended.ReportedNanoUsd;
        if (late <= 0)
        {
            return;
        }

        var explained = Math.Min(late, ended.SuspenseNanoUsd);
        ended.ReportedNanoUsd = spentCumulativeNanoUsd;
        ended.SuspenseNanoUsd -= explained;
        _suspenseNanoUsd -= Math.Min(explained, _suspenseNanoUsd);
        _spentNanoUsd += late;
    }

    /// <summary>Overrun is exactly what is committed above the limit: it grows with it and falls with it.</summary>
    private void Balance()
    {
        _overrunNanoUsd = _limitNanoUsd is { } limit ? Math.Max(0, CommittedNanoUsd - limit) : 0;
        System.Diagnostics.Debug.Assert(_leasedNanoUsd == _leases.Values.Sum(static l => l.RemainderNanoUsd), "leased is the sum of the leases' remainders");
        System.Diagnostics.Debug.Assert(_spentNanoUsd >= 0 && _leasedNanoUsd >= 0 && _suspenseNanoUsd >= 0, "no figure is negative");
    }
}

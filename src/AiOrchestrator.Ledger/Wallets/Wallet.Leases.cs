using AiOrchestrator.Ledger.Money;

namespace AiOrchestrator.Ledger.Wallets;

/// <summary>Leases: messages, granting, taking back.</summary>
public sealed partial class Wallet
{
    /// <summary>Applies a holder's report, grants or takes back, and answers.</summary>
    /// <param name="report">The message.</param>
    /// <param name="nowUnixMs">The host's clock; going backwards it is ignored.</param>
    public LeaseReply Exchange(in LeaseReport report, long nowUnixMs)
    {
        Tick(nowUnixMs);
        var outcome = Decide(Bounded(report), out var lease);
        var book = lease?.Book ?? BookAt(_nowUnixMs);
        CrossThresholds(book);
        CheckInvariants();
        var leases = Math.Max(1, _leases?.Count ?? 0);
        return new LeaseReply(
            outcome,
            lease?.AppliedSeq ?? 0,
            lease?.GrantedNanoUsd ?? 0,
            Settings.IsShadow ? long.MaxValue : book.UnspentNanoUsd,
            LeaseTerms.ValidForMs(leases),
            LeaseTerms.RenewEveryMs(leases),
            _nowUnixMs < _pressureUntilUnixMs || (book.OverrunNanoUsd > 0 && !Settings.IsShadow))
        {
            PeriodNumber = lease?.Book.Number ?? 0,
            Period = lease?.Book.Period ?? default,
            OverShadowLimit = Settings.IsShadow && book.OverrunNanoUsd > 0,
        };
    }

    /// <summary>Within these bounds no sum overflows: a message is applied whole.</summary>
    private static LeaseReport Bounded(in LeaseReport report) => report with
    {
        SpentCumulativeNanoUsd = Math.Clamp(report.SpentCumulativeNanoUsd, 0, NanoUsd.MaxAmount),
        HeldNanoUsd = Math.Clamp(report.HeldNanoUsd, 0, NanoUsd.MaxAmount),
        KeepNanoUsd = Math.Clamp(report.KeepNanoUsd, 0, NanoUsd.MaxAmount),
        TargetNanoUsd = Math.Clamp(report.TargetNanoUsd, 0, NanoUsd.MaxAmount),
        NeedNanoUsd = Math.Clamp(report.NeedNanoUsd, 0, NanoUsd.MaxAmount),
    };

    private LeaseOutcome Decide(in LeaseReport report, out WalletLease? lease)
    {
        lease = null;
        if (_ended is not null && _ended.TryGetValue(report.LeaseId, out var ended))
        {
            BookLate(report.LeaseId, ended, report.SpentCumulativeNanoUsd);
            if (report.Closing)
            {
                Explain(report.LeaseId, ended);
            }

            return LeaseOutcome.LeaseEnded;
        }

        if (_leases is null || !_leases.TryGetValue(report.LeaseId, out lease))
        {
            if (report.Closing)
            {
                RememberUnopened(report);
                return _closed ? LeaseOutcome.WalletClosed : LeaseOutcome.LeaseUnknown;
            }

            if (MayOpen(report, out var book) is { } refused)
            {
                return refused;
            }

            lease = new WalletLease(book);
            (_leases ??= []).Add(report.LeaseId, lease);
        }

        var isOver = lease.Book.Period.EndUnixMs <= _nowUnixMs && !report.Closing;
        if (report.Seq <= lease.AppliedSeq)
        {
            return _closed ? LeaseOutcome.WalletClosed : isOver ? LeaseOutcome.PeriodEnded : LeaseOutcome.Duplicate;
        }

        BookReport(report, lease);
        if (report.Closing)
        {
            TakeBack(report.LeaseId, lease);
            RememberClosed(report, lease.Book, lease.ReportedNanoUsd);
        }

        var outcome = _closed ? LeaseOutcome.WalletClosed
            : isOver ? LeaseOutcome.PeriodEnded
            : _frozen ? LeaseOutcome.WalletFrozen
            : report.Closing ? LeaseOutcome.Granted
            : Grant(lease, report);
        if (outcome != LeaseOutcome.Contended)
        {
            Unclaim(report.LeaseId);
        }

        return outcome;
    }

    private LeaseOutcome? MayOpen(in LeaseReport report, out WalletBook book)
    {
        book = report.PeriodNumber == 0 ? BookAt(_nowUnixMs) : BookOf(report.PeriodNumber);
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

        if (report.PeriodNumber > _latest.Number)
        {
            return LeaseOutcome.PeriodNotOpen;
        }

        if (book.Period.EndUnixMs <= _nowUnixMs || (report.PeriodNumber != 0 && book.Number != report.PeriodNumber))
        {
            return LeaseOutcome.PeriodEnded;
        }

        MakeRoom();
        return (_leases?.Count ?? 0) >= _terms.MaxLeases || IsFull ? LeaseOutcome.TooManyLeases : null;
    }

    private void BookReport(in LeaseReport report, WalletLease lease)
    {
        var book = lease.Book;
        book.LeasedNanoUsd -= lease.RemainderNanoUsd;
        lease.AppliedSeq = report.Seq;
        var spent = report.SpentCumulativeNanoUsd - lease.ReportedNanoUsd;
        if (spent > 0)
        {
            book.SpentNanoUsd += spent;
            lease.ReportedNanoUsd = report.SpentCumulativeNanoUsd;
            _entries.Add(WalletEntry.Move(EntryReason.SpendReported, book.Period.Id, Account.Allowance, Account.Spent, spent, Name(report.LeaseId)));
        }

        var refused = report.ShadowRefusedCalls - lease.ShadowRefusedCalls;
        if (refused > 0)
        {
            lease.ShadowRefusedCalls = report.ShadowRefusedCalls;
            book.ShadowRefusedCalls += refused;
            _entries.Add(WalletEntry.Note(EntryReason.ShadowRefused, book.Period.Id, count: (int)Math.Min(int.MaxValue, refused)));
        }

        // What the holder keeps it may have used by now; what it lowered its cap by comes back, and only that.
        lease.HeldNanoUsd = report.HeldNanoUsd;
        var keep = Math.Max(report.KeepNanoUsd, report.HeldNanoUsd);
        lease.GrantedNanoUsd = lease.ReportedNanoUsd + Math.Min(lease.RemainderNanoUsd, keep);
        book.LeasedNanoUsd += lease.RemainderNanoUsd;

        // From the moment it arrives, which is no earlier than it was sent: the holder's clock may be wrong.
        lease.ReclaimAtUnixMs = _nowUnixMs + LeaseTerms.ValidForMs(_leases!.Count) + _terms.CallMaxMs + _terms.GraceMs;
        Due(lease.ReclaimAtUnixMs);
    }

    private LeaseOutcome Grant(WalletLease lease, in LeaseReport report)
    {
        var book = lease.Book;
        var remainder = lease.RemainderNanoUsd;
        var needed = Math.Max(0, lease.HeldNanoUsd + report.NeedNanoUsd - remainder);
        var want = Math.Max(needed, report.TargetNanoUsd - remainder);
        if (book.CeilingNanoUsd is null || Settings.IsShadow)
        {
            // Only a need that the limit would have refused takes a shadow over its limit; a mere wish does not.
            var most = needed > book.FreeNanoUsd ? book.RoomNanoUsd : book.FreeNanoUsd;
            return GrantFreely(lease, Math.Min(want, most));
        }

        if (report.NeedNanoUsd > 0 && report.NeedNanoUsd > book.UnspentNanoUsd)
        {
            ExhaustThresholds(book);
            return LeaseOutcome.Exhausted;
        }

        var free = book.FreeNanoUsd - ClaimedBefore(report.LeaseId, book);
        if (needed > 0 && needed > free)
        {
            Claim(report.LeaseId, book, needed);
            return LeaseOutcome.Contended;
        }

        // After this point it must succeed. Crumbs that are less than one more call are of no use to this holder, and may be to another.
        var share = Math.Min(want, free / _leases!.Count);
        return GrantFreely(lease, share - needed < Math.Max(1, report.NeedNanoUsd) || IsClaimed(book) ? needed : share);
    }

    private static LeaseOutcome GrantFreely(WalletLease lease, long amountNanoUsd)
    {
        lease.GrantedNanoUsd = lease.ReportedNanoUsd + lease.RemainderNanoUsd + amountNanoUsd;
        lease.Book.LeasedNanoUsd += amountNanoUsd;
        return LeaseOutcome.Granted;
    }

    /// <summary>A wallet past its last soft threshold that refuses a call is used up, though a remainder smaller than a call is left.</summary>
    private void ExhaustThresholds(WalletBook book)
    {
        var last = Settings.ThresholdPercents is [.., var highest] ? highest : 100;
        Cross(book, 100, book.HasPassed(last));
    }

    private static string Name(UInt128 leaseId) => leaseId.ToString("x", null);
}

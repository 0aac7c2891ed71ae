namespace AiOrchestrator.Ledger.Wallets;

/// <summary>Leases: granting, taking back, reclaiming.</summary>
public sealed partial class Wallet
{
    /// <summary>Applies a holder's report, grants or takes back, and answers.</summary>
    /// <param name="report">The message.</param>
    /// <param name="nowUnixMs">The host's clock; going backwards it is ignored.</param>
    public LeaseReply Exchange(in LeaseReport report, long nowUnixMs)
    {
        Tick(nowUnixMs);
        var outcome = Decide(report, out var lease);
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
            _nowUnixMs < _pressureUntilUnixMs || book.OverrunNanoUsd > 0)
        {
            PeriodNumber = lease?.Book.Number ?? 0,
            Period = lease?.Book.Period ?? default,
            OverShadowLimit = Settings.IsShadow && book.CeilingNanoUsd is { } ceiling && book.CommittedNanoUsd >= ceiling,
        };
    }

    private LeaseOutcome Decide(in LeaseReport report, out WalletLease? lease)
    {
        lease = null;
        if (_ended is not null && _ended.TryGetValue(report.LeaseId, out var ended))
        {
            BookLate(report.LeaseId, ended, report.SpentCumulativeNanoUsd);
            return LeaseOutcome.LeaseEnded;
        }

        if (_leases is null || !_leases.TryGetValue(report.LeaseId, out lease))
        {
            if (report.Closing)
            {
                // The message that would have opened it is on its way, or lost: it must not open a lease nobody holds.
                Remember(report.LeaseId, BookAt(_nowUnixMs), report.SpentCumulativeNanoUsd, unexplainedNanoUsd: 0);
                return LeaseOutcome.LeaseUnknown;
            }

            if (MayOpen(report, out var book) is { } refused)
            {
                return refused;
            }

            lease = new WalletLease(book);
            (_leases ??= []).Add(report.LeaseId, lease);
        }

        if (report.Seq <= lease.AppliedSeq)
        {
            return LeaseOutcome.Duplicate;
        }

        BookReport(report, lease);
        if (report.Closing)
        {
            End(report.LeaseId, lease, toSuspense: false);
            return LeaseOutcome.Granted;
        }

        var outcome = _closed ? LeaseOutcome.WalletClosed
            : lease.Book.Period.EndUnixMs <= _nowUnixMs ? LeaseOutcome.PeriodEnded
            : _frozen ? LeaseOutcome.WalletFrozen
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

        if (report.PeriodNumber != 0 && (book.Number != report.PeriodNumber || book.Period.EndUnixMs <= _nowUnixMs))
        {
            return LeaseOutcome.PeriodEnded;
        }

        return (_leases?.Count ?? 0) >= _terms.MaxLeases ? LeaseOutcome.TooManyLeases : null;
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
        lease.HeldNanoUsd = Math.Max(0, report.HeldNanoUsd);
        var keep = Math.Max(0, Math.Max(report.KeepNanoUsd, lease.HeldNanoUsd));
        lease.GrantedNanoUsd = lease.ReportedNanoUsd + Math.Min(lease.RemainderNanoUsd, keep);
        book.LeasedNanoUsd += lease.RemainderNanoUsd;

        // From the moment it arrives, which is no earlier than it was sent: the holder's clock may be wrong.
        lease.ReclaimAtUnixMs = _nowUnixMs + LeaseTerms.ValidForMs(_leases!.Count) + _terms.CallMaxMs + _terms.GraceMs;
    }

    private LeaseOutcome Grant(WalletLease lease, in LeaseReport report)
    {
        var book = lease.Book;
        var remainder = lease.RemainderNanoUsd;
        var needed = Math.Max(0, lease.HeldNanoUsd + Math.Max(0, report.NeedNanoUsd) - remainder);
        var want = Math.Max(0, Math.Max(report.TargetNanoUsd, lease.HeldNanoUsd + report.NeedNanoUsd) - remainder);
        if (book.CeilingNanoUsd is null || Settings.IsShadow)
        {
            return GrantFreely(lease, Math.Max(needed, want));
        }

        if (report.NeedNanoUsd > 0 && report.NeedNanoUsd > book.UnspentNanoUsd)
        {
            ExhaustThresholds(book);
            return LeaseOutcome.Exhausted;
        }

        var free = book.FreeNanoUsd - ClaimedBefore(report.LeaseId);
        if (needed > free)
        {
            Claim(report.LeaseId, report.NeedNanoUsd);
            return LeaseOutcome.Contended;
        }

        // After this point it must succeed. Crumbs that are less than one more call are of no use to this holder, and may be to another.
        var share = Math.Max(0, Math.Min(want, free / _leases!.Count));
        var spare = share - needed < Math.Max(1, report.NeedNanoUsd) || _claims is [_, ..] ? needed : share;
        return GrantFreely(lease, Math.Max(needed, spare));
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

    private long ClaimedBefore(UInt128 leaseId)
    {
        long claimed = 0;
        for (var i = 0; i < (_claims?.Count ?? 0) && _claims![i].LeaseId != leaseId; i++)
        {
            claimed += _claims[i].NeedNanoUsd;
        }

        return claimed;
    }

    private Claim? ClaimOf(UInt128 leaseId) => _claims?.Find(c => c.LeaseId == leaseId);

    private void Claim(UInt128 leaseId, long needNanoUsd)
    {
        _pressureUntilUnixMs = _nowUnixMs + _terms.PressureMs;
        if (needNanoUsd <= 0)
        {
            return;
        }

        // A repeated claim keeps its place.
        var claim = new Claim(leaseId, needNanoUsd, _nowUnixMs + _terms.PressureMs);
        var at = (_claims ??= []).FindIndex(c => c.LeaseId == leaseId);
        if (at >= 0)
        {
            _claims[at] = claim;
        }
        else
        {
            _claims.Add(claim);
        }
    }

    private void Unclaim(UInt128 leaseId) => _claims?.RemoveAll(c => c.LeaseId == leaseId);

    private void ReclaimOverdue()
    {
        _claims?.RemoveAll(c => c.UntilUnixMs <= _nowUnixMs);
        foreach (var (id, lease) in Leases)
        {
            if (lease.ReclaimAtUnixMs <= _nowUnixMs)
            {
                End(id, lease, toSuspense: true);
            }
        }
    }

    private void End(UInt128 id, WalletLease lease, bool toSuspense)
    {
        var book = lease.Book;
        var remainder = lease.RemainderNanoUsd;
        book.LeasedNanoUsd -= remainder;
        _ = _leases!.Remove(id);
        Unclaim(id);
        var unexplained = toSuspense ? remainder : 0;
        book.SuspenseNanoUsd += unexplained;
        Remember(id, book, lease.ReportedNanoUsd, unexplained, reclaimed: toSuspense);
        if (unexplained > 0)
        {
            _entries.Add(WalletEntry.Move(
                EntryReason.LeaseReclaimed, book.Period.Id, Account.Allowance, Account.Suspense, unexplained, Name(id)));
        }
    }

    /// <summary>Keeps an ended lease: for a day or two if it was reclaimed, for as long as its first message may still be under way if it was closed.</summary>
    private void Remember(UInt128 id, WalletBook book, long reportedNanoUsd, long unexplainedNanoUsd, bool reclaimed = false) =>
        (_ended ??= [])[id] = new EndedLease(book)
        {
            ReportedNanoUsd = reportedNanoUsd,
            SuspenseNanoUsd = unexplainedNanoUsd,
            ForgetAtUnixMs = _nowUnixMs + (reclaimed ? _terms.RememberReclaimedMs : _terms.RememberClosedMs),
        };

    private void BookLate(UInt128 id, EndedLease ended, long spentCumulativeNanoUsd)
    {
        var late = spentCumulativeNanoUsd - ended.ReportedNanoUsd;
        if (late <= 0)
        {
            return;
        }

        // First it explains what was charged without explanation, then what still is in suspense; the rest is spent on top.
        ended.ReportedNanoUsd = spentCumulativeNanoUsd;
        var known = Math.Min(late, ended.UnattributedNanoUsd);
        ended.UnattributedNanoUsd -= known;
        var explained = Math.Min(late - known, ended.SuspenseNanoUsd);
        ended.SuspenseNanoUsd -= explained;
        ended.Book.SuspenseNanoUsd -= explained;
        ended.Book.SpentNanoUsd += late - known;
        var period = ended.Book.Period.Id;
        if (explained > 0)
        {
            _entries.Add(WalletEntry.Move(EntryReason.SpendReported, period, Account.Suspense, Account.Spent, explained, Name(id)));
        }

        if (late - known - explained > 0)
        {
            _entries.Add(WalletEntry.Move(
                EntryReason.SpendReported, period, Account.Allowance, Account.Spent, late - known - explained, Name(id)));
        }
    }

    /// <summary>What nobody explained in its time is charged or released, as the terms say.</summary>
    private void DecideUnexplained()
    {
        foreach (var (id, ended) in Ended)
        {
            var reclaimedUnixMs = ended.ForgetAtUnixMs - _terms.RememberReclaimedMs;
            if (ended.SuspenseNanoUsd == 0 || reclaimedUnixMs + _terms.SuspenseMs > _nowUnixMs)
            {
                continue;
            }

            var amount = ended.SuspenseNanoUsd;
            ended.SuspenseNanoUsd = 0;
            ended.Book.SuspenseNanoUsd -= amount;
            if (_terms.ReleaseUnattributed)
            {
                _entries.Add(WalletEntry.Move(
                    EntryReason.SuspenseReleased, ended.Book.Period.Id, Account.Suspense, Account.Allowance, amount, Name(id)));
                continue;
            }

            ended.UnattributedNanoUsd += amount;
            ended.Book.SpentNanoUsd += amount;
            _entries.Add(WalletEntry.Move(EntryReason.Unattributed, ended.Book.Period.Id, Account.Suspense, Account.Spent, amount, Name(id)));
        }
    }

    private void Forget()
    {
        foreach (var (id, ended) in Ended)
        {
            if (ended.SuspenseNanoUsd == 0 && ended.ForgetAtUnixMs <= _nowUnixMs)
            {
                _ = _ended!.Remove(id);
            }
        }

        if (_remembered is not null)
        {
            foreach (var (id, until) in _remembered)
            {
                if (until <= _nowUnixMs)
                {
                    _ = _remembered.Remove(id);
                }
            }
        }

        // Calls of an ended period may still be under way, and what became of them may be decided a day later.
        _earlier?.RemoveAll(b => b.Period.EndUnixMs + _terms.CallMaxMs + _terms.RememberReclaimedMs < _nowUnixMs
            && b.SuspenseNanoUsd == 0 && b.LeasedNanoUsd == 0);
    }

    private static string Name(UInt128 leaseId) => leaseId.ToString("x", null);
}

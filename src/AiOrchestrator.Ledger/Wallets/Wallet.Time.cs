namespace AiOrchestrator.Ledger.Wallets;

/// <summary>What time does: leases are reclaimed, what nobody explained is decided, what nobody needs is forgotten.</summary>
public sealed partial class Wallet
{
    /// <summary>Lets time pass: what is overdue is reclaimed, decided, forgotten.</summary>
    /// <param name="nowUnixMs">The host's clock; going backwards it is ignored.</param>
    public void Tick(long nowUnixMs)
    {
        _nowUnixMs = Math.Max(_nowUnixMs, nowUnixMs);
        if (_nowUnixMs < _dueUnixMs)
        {
            return;
        }

        ReclaimOverdue();
        DecideUnexplained();
        Forget();
        _dueUnixMs = NextDue();
    }

    private void Due(long unixMs) => _dueUnixMs = Math.Min(_dueUnixMs, unixMs);

    private void ReclaimOverdue()
    {
        // In the order of their ids: an image and the wallet it was taken from write the same lines.
        foreach (var id in Overdue(Leases, l => l.ReclaimAtUnixMs <= _nowUnixMs))
        {
            var lease = _leases![id];
            var (book, remainder) = (lease.Book, lease.RemainderNanoUsd);
            TakeBack(id, lease);
            book.SuspenseNanoUsd += remainder;
            Remember(id, book, lease.ReportedNanoUsd, remainder, _nowUnixMs + _terms.RememberReclaimedMs);
            if (remainder > 0)
            {
                Add(book, EntryReason.LeaseReclaimed, Account.Allowance, Account.Suspense, remainder, Name(id));
            }
        }
    }

    /// <summary>What nobody explained in its time is charged or released, as the terms say.</summary>
    private void DecideUnexplained()
    {
        foreach (var id in Overdue(Ended, e => e.SuspenseNanoUsd > 0 && DecideAt(e) <= _nowUnixMs))
        {
            var ended = _ended![id];
            var (book, amount) = (ended.Book, ended.SuspenseNanoUsd);
            ended.SuspenseNanoUsd = 0;
            book.SuspenseNanoUsd -= amount;
            if (_terms.ReleaseUnattributed)
            {
                Add(book, EntryReason.SuspenseReleased, Account.Suspense, Account.Allowance, amount, Name(id));
                continue;
            }

            ended.UnattributedNanoUsd += amount;
            book.SpentNanoUsd += amount;
            Add(book, EntryReason.Unattributed, Account.Suspense, Account.Spent, amount, Name(id));
            CrossThresholds(book);
        }
    }

    /// <summary>Only reclaimed leases have suspense.</summary>
    private long DecideAt(EndedLease ended) => ended.ForgetAtUnixMs - _terms.RememberReclaimedMs + _terms.SuspenseMs;

    private static List<UInt128> Overdue<T>(Dictionary<UInt128, T> all, Predicate<T> isOverdue)
    {
        var ids = new List<UInt128>();
        foreach (var (id, one) in all)
        {
            if (isOverdue(one))
            {
                ids.Add(id);
            }
        }

        ids.Sort();
        return ids;
    }

    private void Forget()
    {
        _ = _claims?.RemoveAll(c => c.UntilUnixMs <= _nowUnixMs);
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

        _ = _earlier?.RemoveAll(b => ForgetAt(b) <= _nowUnixMs && !IsNeeded(b));
    }

    /// <summary>Calls of an ended period may still be under way, and what became of them may be decided a day later.</summary>
    private long ForgetAt(WalletBook book) =>
        book.Period.EndUnixMs == long.MaxValue ? long.MaxValue : book.Period.EndUnixMs + _terms.CallMaxMs + _terms.RememberReclaimedMs;

    /// <summary>Whether anything may still be booked to an ended period.</summary>
    private bool IsNeeded(WalletBook book) => book.SuspenseNanoUsd > 0
        || Leases.Values.Any(l => l.Book == book)
        || Ended.Values.Any(e => e.Book == book)
        || (_prepared?.Values.Any(p => p.Book == book) ?? false);

    private long NextDue()
    {
        var due = long.MaxValue;
        foreach (var (_, lease) in Leases)
        {
            due = Math.Min(due, lease.ReclaimAtUnixMs);
        }

        foreach (var (_, ended) in Ended)
        {
            due = Math.Min(due, ended.SuspenseNanoUsd > 0 ? DecideAt(ended) : ended.ForgetAtUnixMs);
        }

        foreach (var claim in _claims ?? [])
        {
            due = Math.Min(due, claim.UntilUnixMs);
        }

        foreach (var (_, until) in _remembered ?? [])
        {
            due = Math.Min(due, until);
        }

        // A period that is kept beyond its time goes with the next thing that is due.
        foreach (var book in _earlier ?? [])
        {
            due = ForgetAt(book) is var forget && forget > _nowUnixMs ? Math.Min(due, forget) : due;
        }

        return due;
    }

    /// <summary>The remainder of a lease is free again, and the lease is not known any more.</summary>
    private void TakeBack(UInt128 id, WalletLease lease)
    {
        lease.Book.LeasedNanoUsd -= lease.RemainderNanoUsd;
        lease.GrantedNanoUsd = lease.ReportedNanoUsd;
        _ = _leases!.Remove(id);
        Unclaim(id);
    }

    /// <summary>Whether the wallet carries as many leases, open and ended, as its image has room for.</summary>
    private bool IsFull => (_leases?.Count ?? 0) + (_ended?.Count ?? 0) >= _terms.MaxLeases + _terms.MaxEndedLeases;

    /// <summary>
    /// Makes room for one more lease where there is none: of those that were reclaimed, the ones without anything in suspense are forgotten
    /// before their time, the longest reclaimed first. Those that were given up stay: their first message may still come.
    /// </summary>
    private void MakeRoom()
    {
        while (IsFull)
        {
            // Only those that were reclaimed are remembered for so long.
            var longAgo = Ended
                .Where(e => e.Value.SuspenseNanoUsd == 0 && e.Value.ForgetAtUnixMs > _nowUnixMs + (2 * _terms.RememberClosedMs))
                .OrderBy(static e => e.Value.ForgetAtUnixMs).ThenBy(static e => e.Key)
                .Select(static e => (UInt128?)e.Key)
                .FirstOrDefault();
            if (longAgo is not { } id)
            {
                return;
            }

            _ = _ended!.Remove(id);
        }
    }

    /// <summary>
    /// The message that would have opened it is on its way, or lost: it must not open a lease nobody holds. Where a crowd that found no room gives
    /// up its leases one after another, that is not worth the room: one that is opened so is reclaimed.
    /// </summary>
    private void RememberUnopened(in LeaseReport report)
    {
        if ((_ended?.Count ?? 0) < _terms.MaxEndedLeases / 2)
        {
            RememberClosed(report, BookAt(_nowUnixMs), report.SpentCumulativeNanoUsd);
        }
    }

    /// <summary>For as long as its first message may still be under way, by the holder's clock if that is ahead.</summary>
    private void RememberClosed(in LeaseReport report, WalletBook book, long reportedNanoUsd) => Remember(
        report.LeaseId,
        book,
        reportedNanoUsd,
        unexplainedNanoUsd: 0,
        Math.Clamp(report.SentAtUnixMs, _nowUnixMs, _nowUnixMs + _terms.RememberReclaimedMs) + _terms.RememberClosedMs);

    private void Remember(UInt128 id, WalletBook book, long reportedNanoUsd, long unexplainedNanoUsd, long forgetAtUnixMs)
    {
        var ended = new EndedLease(book)
        {
            ReportedNanoUsd = reportedNanoUsd,
            SuspenseNanoUsd = unexplainedNanoUsd,
            ForgetAtUnixMs = forgetAtUnixMs,
        };
        (_ended ??= [])[id] = ended;
        Due(unexplainedNanoUsd > 0 ? DecideAt(ended) : forgetAtUnixMs);
    }

    /// <summary>The holder gives the lease up, late: what it has not spent nobody will. What was charged for it by rule stays for people to reverse.</summary>
    private void Explain(UInt128 id, EndedLease ended)
    {
        var (book, amount) = (ended.Book, ended.SuspenseNanoUsd);
        if (amount > 0)
        {
            ended.SuspenseNanoUsd = 0;
            book.SuspenseNanoUsd -= amount;
            Add(book, EntryReason.SuspenseReleased, Account.Suspense, Account.Allowance, amount, Name(id));
        }
    }

    private void BookLate(UInt128 id, EndedLease ended, long spentCumulativeNanoUsd)
    {
        var late = spentCumulativeNanoUsd - ended.ReportedNanoUsd;
        if (late <= 0)
        {
            return;
        }

        // First it explains what was charged without explanation, then what still is in suspense; the rest is spent on top.
        var book = ended.Book;
        var known = Math.Min(late, ended.UnattributedNanoUsd);
        var explained = Math.Min(late - known, ended.SuspenseNanoUsd);
        book.SpentNanoUsd += late - known;
        book.SuspenseNanoUsd -= explained;
        ended.ReportedNanoUsd = spentCumulativeNanoUsd;
        ended.UnattributedNanoUsd -= known;
        ended.SuspenseNanoUsd -= explained;
        if (known > 0)
        {
            // The statement takes back what nobody had explained: the calls are on it now.
            Add(book, EntryReason.Unattributed, Account.Spent, Account.Allowance, known, Name(id));
        }

        if (explained > 0)
        {
            Add(book, EntryReason.SpendReported, Account.Suspense, Account.Spent, explained, Name(id));
        }

        if (late - explained > 0)
        {
            Add(book, EntryReason.SpendReported, Account.Allowance, Account.Spent, late - explained, Name(id));
        }

        CrossThresholds(book);
    }
}

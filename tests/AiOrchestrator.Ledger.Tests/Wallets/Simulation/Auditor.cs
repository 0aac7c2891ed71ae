using AiOrchestrator.Ledger.Wallets;

namespace AiOrchestrator.Ledger.Tests.Wallets.Simulation;

/// <summary>
/// Keeps its own books of what was commanded and of every line of the statement, and compares them with what the wallet says, for every
/// period, after every step. None of its arithmetic is the wallet's.
/// </summary>
internal sealed class Auditor(string run)
{
    private readonly Dictionary<string, Book> _books = [];
    private readonly Dictionary<UInt128, long> _remainders = [];
    private readonly Dictionary<string, Transfer> _transfers = [];
    private readonly List<string> _openPeriods = [];

    public Dictionary<UInt128, string> PeriodOfLease { get; } = [];

    /// <summary>What was booked to a lease as spent and as unattributed, from the lines.</summary>
    public Dictionary<string, (long Spent, long Unattributed)> OfLease { get; } = [];

    /// <summary>What a lease had been charged in all when what it left was charged as unattributed.</summary>
    public Dictionary<string, long> ChargedAtDecision { get; } = [];

    public long? Limit { get; set; }

    public long OverdraftBasisPoints { get; set; }

    public bool IsShadow { get; set; }

    public IReadOnlyDictionary<string, Book> Books => _books;

    public IEnumerable<string> PendingTransfers => _transfers.Where(static t => !t.Value.IsFinished).Select(static t => t.Key);

    /// <summary>What is in suspense by command and not decided.</summary>
    public List<WalletCommand.Suspend> Disputes { get; } = [];

    private long Overdraft => (long)((decimal)(Limit ?? 0) * OverdraftBasisPoints / 10_000m);

    public void Opened(string period)
    {
        _books.Add(period, new Book { Limit = Limit, Overdraft = Overdraft, Number = _books.Count + 1 });
        _openPeriods.Add(period);
    }

    /// <summary>What was applied, as of the period that was current.</summary>
    public void Applied(WalletCommand command, string period)
    {
        var book = _books[period];
        switch (command)
        {
            case WalletCommand.BeginPeriod c:
                Opened(c.Period.Id);
                break;
            case WalletCommand.ChangeLimit c:
                Limit = c.LimitNanoUsd;
                break;
            case WalletCommand.RaiseLimit c:
                Limit += c.AmountNanoUsd;
                break;
            case WalletCommand.ChangeOverdraft c:
                OverdraftBasisPoints = c.BasisPoints;
                break;
            case WalletCommand.ChangeShadow c:
                IsShadow = c.IsShadow;
                break;
            case WalletCommand.TopUp c:
                book.ToppedUp += c.AmountNanoUsd;
                break;
            case WalletCommand.Adjust c:
                book.Adjusted += c.AmountNanoUsd;
                break;
            case WalletCommand.Rerate c:
                Rerated(c, book);
                break;
            case WalletCommand.Suspend c:
                BookOf(c.Period).Disputed += c.AmountNanoUsd;
                Disputes.Add(c);
                break;
            case WalletCommand.SettleDispute c:
                BookOf(c.Period).Disputed -= c.SuspendedNanoUsd;
                BookOf(c.Period).Charged += c.ChargeNanoUsd;
                Disputes.RemoveAll(d => d.Id == c.Id);
                break;
            case WalletCommand.PrepareTransfer c:
                _transfers.Add(c.TransferId, new Transfer(period, c.AmountNanoUsd));
                book.TransferredOut += Math.Max(0, -c.AmountNanoUsd);
                break;
            case WalletCommand.CommitTransfer c:
                var committed = _transfers[c.TransferId];
                committed.IsFinished = true;
                _books[committed.Period].TransferredIn += Math.Max(0, committed.Amount);
                break;
            case WalletCommand.CancelTransfer c when _transfers.TryGetValue(c.TransferId, out var cancelled):
                cancelled.IsFinished = true;
                _books[cancelled.Period].TransferredOut -= Math.Max(0, -cancelled.Amount);
                break;
        }

        // A limit counts for the current period and for those opened ahead.
        foreach (var open in _openPeriods.Skip(_openPeriods.IndexOf(period)))
        {
            (_books[open].Limit, _books[open].Overdraft) = (Limit, Overdraft);
        }
    }

    /// <summary>
    /// The calls' own period while it is known, then the current one, gives back what was spent in it and no more; what is left is new allowance. What was
    /// spent in it is what the wallet said before.
    /// </summary>
    private void Rerated(WalletCommand.Rerate command, Book current)
    {
        var left = command.AmountNanoUsd;
        foreach (var book in new[] { _books.Values.FirstOrDefault(b => b.Number == command.Period && b.IsKnown), current }.OfType<Book>().Distinct())
        {
            var part = left > 0 ? left : -Math.Min(-left, book.Spent);
            (book.Adjusted, book.Rerated, left) = (book.Adjusted + part, book.Rerated + part, left - part);
            book.Spent += part;
        }

        current.ToppedUp -= left;
        current.Rerated += left;
    }

    public void Unfinished(int number, long hold)
    {
        BookOf(number).Unfinished += hold;

        // The host's line covers it.
        BookOf(number).Overrun += hold;
    }

    public void Resolved(int number, long hold, long charge)
    {
        BookOf(number).Resolved += hold;
        BookOf(number).Charged += charge;
    }

    public void Check(Wallet wallet, IReadOnlyList<WalletEntry> lines, long now)
    {
        foreach (var line in lines)
        {
            Fold(line);
        }

        var leases = wallet.ReadLeases();
        foreach (var lease in leases)
        {
            Equal(PeriodOfLease.GetValueOrDefault(lease.LeaseId, lease.Period), lease.Period, "a lease stays in its period");
            PeriodOfLease[lease.LeaseId] = lease.Period;
            True(lease.ReclaimAtUnixMs > now, "what is overdue is reclaimed");
        }

        foreach (var (period, book) in _books)
        {
            book.IsKnown = wallet.ReadPeriod(book.Number) is not null;
            if (wallet.ReadPeriod(book.Number) is { } state)
            {
                Equal(period, state.Period.Id, "a period keeps its number");
                Check(book, state, leases.Where(l => l.Period == period).ToArray(), lines.Any(l => l.Period == period));
            }
        }

        _remainders.Clear();
        foreach (var lease in leases)
        {
            _remainders.Add(lease.LeaseId, lease.RemainderNanoUsd);
        }
    }

    private void Check(Book book, WalletState state, LeaseView[] leases, bool hasLines)
    {
        var leased = leases.Sum(static l => l.RemainderNanoUsd);
        var committed = state.SpentNanoUsd + leased + state.SuspenseNanoUsd;
        Equal(leased, state.LeasedNanoUsd, "leased is what the leases have");
        Equal(book.Rerated, book.ReratedLines, "the lines say what was corrected");
        Equal(book.ToppedUp, state.ToppedUpNanoUsd, "top-ups");
        Equal(book.TransferredIn, state.TransferredInNanoUsd, "transfers in");
        Equal(book.TransferredOut, state.TransferredOutNanoUsd, "transfers out");
        if (book.Limit is { } limit)
        {
            var ceiling = limit + book.Overdraft + book.ToppedUp + book.TransferredIn;
            True(committed + book.TransferredOut <= ceiling + state.OverrunNanoUsd, "nothing is committed without cover");
            Equal(Math.Max(0, committed + book.TransferredOut - ceiling), state.OverrunNanoUsd, "overrun is no more than it must be");
            True(IsShadow || hasLines || state.OverrunNanoUsd <= book.Overrun, "overrun grows with a line only");
            True(
                IsShadow || state.OverrunNanoUsd == 0 || leases.All(l => l.RemainderNanoUsd <= _remainders.GetValueOrDefault(l.LeaseId)),
                "nothing is granted while overrun stands");
        }

        Equal(book.Of(Account.Spent), state.SpentNanoUsd, "the lines say what was spent");
        Equal(book.Of(Account.Suspense) + book.Unfinished, state.SuspenseNanoUsd, "the lines say what is in suspense");
        Equal(
            (book.Limit ?? 0) + book.Overdraft + book.ToppedUp + book.TransferredIn - book.TransferredOut - state.SpentNanoUsd - book.Of(Account.Suspense),
            book.Of(Account.Allowance),
            "the lines say what is left");
        book.Spent = state.SpentNanoUsd;
        Equal(book.Crossed.Order(), state.CrossedPercents, "a line for every threshold");
        book.Overrun = state.OverrunNanoUsd;
    }

    /// <summary>A call without an end comes into suspense without a line of the wallet: its host knows it and writes it.</summary>
    private void Fold(WalletEntry line)
    {
        var book = _books[line.Period];
        True(line.AmountNanoUsd >= 0, "no line is negative");
        book.Balances[line.Debit] = book.Of(line.Debit) - line.AmountNanoUsd;
        book.Balances[line.Credit] = book.Of(line.Credit) + line.AmountNanoUsd;
        if (line is { Reason: EntryReason.Rerated })
        {
            book.ReratedLines += line.Credit == Account.Spent ? line.AmountNanoUsd : -line.AmountNanoUsd;
        }

        if (line is { Reason: EntryReason.ThresholdCrossed })
        {
            True(book.Crossed.Add(line.Count), $"threshold {line.Count} is told once");
        }

        if (line is { Reference: { } lease, Reason: EntryReason.SpendReported or EntryReason.Unattributed })
        {
            var (spent, unattributed) = OfLease.GetValueOrDefault(lease);
            var isUnattributed = line.Reason == EntryReason.Unattributed;
            var charged = line.Credit == Account.Spent ? line.AmountNanoUsd : -line.AmountNanoUsd;
            OfLease[lease] = (spent + (isUnattributed ? 0 : charged), unattributed + (isUnattributed ? charged : 0));
            if (isUnattributed && charged > 0)
            {
                ChargedAtDecision[lease] = spent + unattributed + line.AmountNanoUsd;
            }

            var id = UInt128.Parse(lease, System.Globalization.NumberStyles.HexNumber, null);
            Equal(PeriodOfLease.GetValueOrDefault(id, line.Period), line.Period, "what is spent late is booked to its lease's period");
        }
    }

    private Book BookOf(int number) => _books.Values.Single(b => b.Number == number);

    private void True(bool condition, string what) => Assert.True(condition, $"{run}: {what}");

    private void Equal<T>(T expected, T actual, string what) => Assert.True(
        EqualityComparer<T>.Default.Equals(expected, actual), $"{run}: {what}: expected {expected}, found {actual}");

    private void Equal(IEnumerable<int> expected, IReadOnlyList<int> actual, string what) => Assert.True(
        expected.SequenceEqual(actual), $"{run}: {what}: expected {string.Join(' ', expected)}, found {string.Join(' ', actual)}");

    internal sealed class Book
    {
        public required int Number { get; init; }

        public long? Limit { get; set; }

        public long Overdraft { get; set; }

        public long ToppedUp { get; set; }

        public long TransferredIn { get; set; }

        public long TransferredOut { get; set; }

        public long Adjusted { get; set; }

        /// <summary>What corrections should have come to, and what lines said they did.</summary>
        public long Rerated { get; set; }

        public long ReratedLines { get; set; }

        /// <summary>As the wallet said last.</summary>
        public long Spent { get; set; }

        public bool IsKnown { get; set; }

        /// <summary>What calls, not leases, ever had in suspense: their hosts write the lines.</summary>
        public long Unfinished { get; set; }

        public long Resolved { get; set; }

        public long Charged { get; set; }

        /// <summary>In suspense because it is disputed.</summary>
        public long Disputed { get; set; }

        public long Overrun { get; set; }

        public HashSet<int> Crossed { get; } = [];

        public Dictionary<Account, long> Balances { get; } = [];

        public long Of(Account account) => Balances.GetValueOrDefault(account);
    }

    private sealed class Transfer(string period, long amount)
    {
        public string Period { get; } = period;

        public long Amount { get; } = amount;

        public bool IsFinished { get; set; }
    }
}

using AiOrchestrator.Ledger.Periods;

namespace AiOrchestrator.Ledger.Wallets;

/// <summary>
/// The only truth about an amount of money: a state machine without clock, I/O or randomness. Callers pass the time in;
/// the wallet's own time is the latest it was ever told. All amounts in nano-dollars, all arithmetic checked.
/// </summary>
/// <remarks>
/// Holds after every command, for every period of a wallet with a limit:
/// spent + Σ max(0, granted − reported) + suspense + transfers out ≤ limit + overdraft + top-ups + transfers in + overrun, and overrun is 0
/// whenever it can be. Not safe for concurrent use: whoever hosts it applies one command at a time.
/// </remarks>
public sealed partial class Wallet
{
    private static readonly Dictionary<UInt128, WalletLease> NoLeases = [];
    private static readonly Dictionary<UInt128, EndedLease> NoEnded = [];

    private readonly LeaseTerms _terms;
    private readonly List<WalletEntry> _entries = [];

    // Most wallets of a large installation are idle: what they do not use they do not have.
    private Dictionary<UInt128, WalletLease>? _leases;
    private Dictionary<UInt128, EndedLease>? _ended;
    private Dictionary<string, PreparedTransfer>? _prepared;
    private Dictionary<string, long>? _remembered;
    private List<Claim>? _claims;
    private List<WalletBook>? _earlier;
    private WalletBook _latest;
    private long _nowUnixMs;
    private long _pressureUntilUnixMs;

    // Before this there is nothing for time to do. May be too early, never too late.
    private long _dueUnixMs = long.MaxValue;
    private bool _closed;
    private bool _frozen;

    /// <summary>Opens a wallet that has spent nothing.</summary>
    /// <param name="id">Its name for life.</param>
    /// <param name="settings">What it enforces; valid.</param>
    /// <param name="period">The first period, which contains the present.</param>
    /// <param name="terms">The bounds leases work within.</param>
    public Wallet(string id, WalletSettings settings, Period period, LeaseTerms terms)
    {
        ArgumentOutOfRangeException.ThrowIfEqual(settings.IsValid, other: false, nameof(settings));
        Id = id;
        Settings = settings;
        _terms = terms;
        _latest = new WalletBook(1, period);
        _latest.Adopt(settings);
        _entries.Add(Opened(settings, period));
    }

    /// <summary>Opens a wallet with one period for ever and no more than a limit.</summary>
    /// <param name="id">Its name for life.</param>
    /// <param name="limitNanoUsd">0 or more; null tracks only.</param>
    /// <param name="terms">The bounds leases work within.</param>
    public Wallet(string id, long? limitNanoUsd, LeaseTerms terms)
        : this(id, new WalletSettings { LimitNanoUsd = limitNanoUsd }, Period.Lifetime, terms)
    {
    }

    /// <summary>The wallet's id.</summary>
    public string Id { get; }

    /// <summary>What it enforces.</summary>
    public WalletSettings Settings { get; private set; }

    /// <summary>Whether lines wait to be taken by <see cref="TakeEntries"/>.</summary>
    public bool HasEntries => _entries.Count > 0;

    /// <summary>
    /// The period the host must begin before the wallet is asked anything at this time, or null: the latest has ended, or a holder asks for
    /// the one after it and it is near.
    /// </summary>
    /// <param name="askedPeriodNumber">The period number a holder asks for; 0 for none.</param>
    /// <param name="nowUnixMs">The host's clock.</param>
    /// <param name="zones">The time zones.</param>
    public WalletCommand.BeginPeriod? PeriodToBegin(int askedPeriodNumber, long nowUnixMs, ITimeZones zones)
    {
        var now = Math.Max(_nowUnixMs, nowUnixMs);
        var ends = _latest.Period.EndUnixMs;
        if (ends > now && (askedPeriodNumber != _latest.Number + 1 || ends - now > _terms.OpenAheadMs))
        {
            return null;
        }

        // The rules of a time zone may have changed since the latest period got its end: periods touch all the same.
        var next = PeriodCalendar.At(Settings.Rule, Math.Max(now, ends), zones);
        return new WalletCommand.BeginPeriod(next with { StartUnixMs = Math.Max(next.StartUnixMs, ends) });
    }

    /// <summary>A change of the rule of periods: the latest period ends at the new rule's first boundary behind which no period has an id that was used.</summary>
    /// <param name="rule">A usable one.</param>
    /// <param name="nowUnixMs">The host's clock.</param>
    /// <param name="zones">The time zones.</param>
    public WalletCommand.ChangePeriod PeriodChange(PeriodRule rule, long nowUnixMs, ITimeZones zones)
    {
        var ends = PeriodCalendar.At(rule, Math.Max(Math.Max(_nowUnixMs, nowUnixMs), _latest.Period.StartUnixMs), zones).EndUnixMs;

        // Going west, the wallet comes by dates a second time: such a date is still part of the latest period.
        while (ends != long.MaxValue && PeriodCalendar.At(rule, ends, zones) is var next && HasBegun(next.Id))
        {
            ends = next.EndUnixMs;
        }

        return new WalletCommand.ChangePeriod(rule, ends);
    }

    /// <summary>The statement's lines since the last call, oldest first: the host stores them.</summary>
    public IReadOnlyList<WalletEntry> TakeEntries()
    {
        if (_entries.Count == 0)
        {
            return [];
        }

        WalletEntry[] taken = [.. _entries];
        _entries.Clear();
        return taken;
    }

    /// <summary>The figures as they stand.</summary>
    /// <param name="nowUnixMs">The host's clock: says which period is the current one.</param>
    public WalletState Read(long nowUnixMs = 0) => Read(BookAt(Math.Max(_nowUnixMs, nowUnixMs)));

    /// <summary>The figures of one period as they stand; null where the period is not known, or not any more.</summary>
    /// <param name="number">Its number.</param>
    public WalletState? ReadPeriod(int number) => BookOf(number) is var book && book.Number == number ? Read(book) : null;

    private WalletState Read(WalletBook book)
    {
        long held = 0;
        long earlierLeased = 0;
        foreach (var (_, lease) in Leases)
        {
            held += lease.Book == book ? Math.Min(lease.HeldNanoUsd, lease.RemainderNanoUsd) : 0;
            earlierLeased += lease.Book.Number < book.Number ? lease.RemainderNanoUsd : 0;
        }

        return new WalletState(Id, Settings, book.Period, book.Number)
        {
            ToppedUpNanoUsd = book.ToppedUpNanoUsd,
            TransferredInNanoUsd = book.TransferredInNanoUsd,
            TransferredOutNanoUsd = book.TransferredOutNanoUsd,
            SpentNanoUsd = book.SpentNanoUsd,
            HeldNanoUsd = held,
            LeasedNanoUsd = book.LeasedNanoUsd,
            SuspenseNanoUsd = book.SuspenseNanoUsd,
            OverrunNanoUsd = book.OverrunNanoUsd,
            EarlierLeasedNanoUsd = earlierLeased,
            EarlierSuspenseNanoUsd = _earlier?.Where(b => b.Number < book.Number).Sum(static b => b.SuspenseNanoUsd) ?? 0,
            ShadowRefusedCalls = book.ShadowRefusedCalls,
            CrossedPercents = new ValueList<int>([.. Enumerable.Range(1, 100).Where(book.HasCrossed)]),
            PendingTransfers = new ValueList<string>([.. _prepared?.Keys.Order(StringComparer.Ordinal) ?? Enumerable.Empty<string>()]),
            AllowanceNanoUsd = book.AllowanceNanoUsd,
            Closed = _closed,
            Frozen = _frozen,
        };
    }

    /// <summary>Everybody who sits on money, largest remainder first.</summary>
    public IReadOnlyList<LeaseView> ReadLeases() =>
    [
        .. Leases
            .Select(l => new LeaseView(
                l.Key, l.Value.Book.Period.Id, l.Value.RemainderNanoUsd, l.Value.HeldNanoUsd, l.Value.ReportedNanoUsd, ClaimOf(l.Key), l.Value.ReclaimAtUnixMs))
            .OrderByDescending(static v => v.RemainderNanoUsd).ThenBy(static v => v.LeaseId),
    ];

    /// <summary>Reclaimed leases of which something is still in suspense, oldest first.</summary>
    public IReadOnlyList<ReclaimedLease> ReadReclaimed() =>
    [
        .. Ended
            .Where(static e => e.Value.SuspenseNanoUsd > 0)
            .Select(e => new ReclaimedLease(
                e.Key, e.Value.Book.Number, e.Value.ReportedNanoUsd, e.Value.SuspenseNanoUsd, e.Value.ForgetAtUnixMs - _terms.RememberReclaimedMs))
            .OrderBy(static r => r.ReclaimedUnixMs).ThenBy(static r => r.LeaseId),
    ];

    /// <summary>Books a call that was settled while its lease is not known any more, as when a journal is replayed.</summary>
    /// <param name="period">The number of the period its hold was taken in; one that is not known any more, or 0, means the oldest that is.</param>
    /// <param name="costNanoUsd">0 or more. Never refused: it has been spent.</param>
    public void BookSettled(int period, long costNanoUsd)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(costNanoUsd);
        BookOf(period).SpentNanoUsd += costNanoUsd;
    }

    /// <summary>Books a call that was started and whose end is unknown: its hold waits in suspense.</summary>
    /// <param name="period">As for <see cref="BookSettled"/>.</param>
    /// <param name="holdNanoUsd">0 or more.</param>
    public void BookUnfinished(int period, long holdNanoUsd)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(holdNanoUsd);
        BookOf(period).SuspenseNanoUsd += holdNanoUsd;
    }

    /// <summary>Notes that a line stands on the statement already, as when a journal is replayed: it is not written again.</summary>
    public void BookEntry(in WalletEntry entry)
    {
        var id = entry.Period;
        var book = _latest.Period.Id == id ? _latest : _earlier?.Find(b => b.Period.Id == id);
        if (book is not null && entry.Reason == EntryReason.ThresholdCrossed)
        {
            book.Cross(entry.Count);
        }
        else if (book is not null && entry.Reason == EntryReason.ShadowRefused)
        {
            book.ShadowRefusedCalls += entry.Count;
        }
    }

    /// <summary>Ends a replay: the lines its commands made are on the statement already; thresholds crossed without a line are told now.</summary>
    public void EndReplay()
    {
        _entries.Clear();
        foreach (var book in OpenBooks())
        {
            CrossThresholds(book);
        }

        CheckInvariants();
    }

    /// <summary>
    /// When time next means something for money, milliseconds since 1970: the latest period ends, a lease is overdue, something
    /// unexplained is decided. What is only forgotten is forgotten when the wallet is touched.
    /// </summary>
    public long DueUnixMs
    {
        get
        {
            var due = _latest.Period.EndUnixMs;
            foreach (var (_, lease) in Leases)
            {
                due = Math.Min(due, lease.ReclaimAtUnixMs);
            }

            foreach (var (_, ended) in Ended)
            {
                due = ended.SuspenseNanoUsd > 0 ? Math.Min(due, DecideAt(ended)) : due;
            }

            return due;
        }
    }

    /// <summary>Whether time means anything to the wallet now: a period is due, or something it waits for.</summary>
    /// <param name="nowUnixMs">The host's clock.</param>
    public bool IsDue(long nowUnixMs) => Math.Min(_dueUnixMs, _latest.Period.EndUnixMs) <= nowUnixMs;

    private Dictionary<UInt128, WalletLease> Leases => _leases ?? NoLeases;

    private Dictionary<UInt128, EndedLease> Ended => _ended ?? NoEnded;

    private static WalletEntry Opened(WalletSettings settings, Period period) => WalletEntry.Move(
        EntryReason.PeriodOpened, period.Id, Account.Funding, Account.Allowance, (settings.LimitNanoUsd ?? 0) + settings.OverdraftNanoUsd);

    /// <summary>The book of a time: the latest that has begun, and the oldest there is where none has.</summary>
    private WalletBook BookAt(long unixMs)
    {
        var book = _latest;
        for (var i = (_earlier?.Count ?? 0) - 1; i >= 0 && book.Period.StartUnixMs > unixMs; i--)
        {
            book = _earlier![i];
        }

        return book;
    }

    /// <summary>The book of a number; the nearest there is where none has it.</summary>
    private WalletBook BookOf(int period)
    {
        if (period >= _latest.Number || _earlier is not [var oldest, ..])
        {
            return _latest;
        }

        // Periods are numbered without gaps and forgotten oldest first, unless something in between is still undecided.
        for (var i = _earlier.Count - 1; i >= 0; i--)
        {
            if (_earlier[i].Number <= period)
            {
                return _earlier[i];
            }
        }

        return oldest;
    }

    private bool HasBegun(string periodId) =>
        _latest.Period.Id == periodId || (_earlier is not null && _earlier.Exists(b => b.Period.Id == periodId));

    /// <summary>The books settings count for: the current one, and those that were opened ahead.</summary>
    private WalletBook[] OpenBooks()
    {
        var current = BookAt(_nowUnixMs);
        return current == _latest ? [_latest] : [.. _earlier!.SkipWhile(b => b != current), _latest];
    }

    private void CrossThresholds(WalletBook book)
    {
        var percents = Settings.ThresholdPercents;
        for (var i = 0; i < percents.Count; i++)
        {
            Cross(book, percents[i], book.HasPassed(percents[i]));
        }

        Cross(book, 100, book.HasPassed(100));
    }

    private void Cross(WalletBook book, int percent, bool passed)
    {
        if (passed && !book.HasCrossed(percent))
        {
            book.Cross(percent);
            _entries.Add(WalletEntry.Note(EntryReason.ThresholdCrossed, book.Period.Id, count: percent) with { SpentNanoUsd = book.SpentNanoUsd });
        }
    }

    [System.Diagnostics.Conditional("DEBUG")]
    private void CheckInvariants()
    {
        foreach (var book in (WalletBook[])[.. _earlier ?? [], _latest])
        {
            var leased = Leases.Values.Where(l => l.Book == book).Sum(static l => l.RemainderNanoUsd);
            System.Diagnostics.Debug.Assert(book.LeasedNanoUsd == leased, "leased is the sum of the leases' remainders");
            System.Diagnostics.Debug.Assert(
                book.SpentNanoUsd >= 0 && book.SuspenseNanoUsd >= 0 && book.TransferredOutNanoUsd >= 0 && book.TransferredInNanoUsd >= 0,
                "no figure is negative");
            System.Diagnostics.Debug.Assert(
                book.CeilingNanoUsd is not { } ceiling || book.CommittedNanoUsd <= ceiling + book.OverrunNanoUsd, "nothing is committed without cover");
        }
    }
}

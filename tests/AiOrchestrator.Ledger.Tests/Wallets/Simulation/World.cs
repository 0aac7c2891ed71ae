using AiOrchestrator.Ledger.Periods;
using AiOrchestrator.Ledger.Wallets;
using static AiOrchestrator.Ledger.Tests.Wallets.Scene;

namespace AiOrchestrator.Ledger.Tests.Wallets.Simulation;

/// <summary>One wallet, its host, its holders and the network between them, all driven by one seed. A failing seed replays exactly.</summary>
internal sealed class World
{
    private static readonly PeriodRule[] Rules =
    [
        Daily, new(PeriodKind.Daily, 1, "+9"), new(PeriodKind.Daily, 1, "-10"), new(PeriodKind.Weekly, 1, "UTC"), new(PeriodKind.Monthly, 22, "+14"), PeriodRule.Lifetime,
    ];

    private readonly int _seed;
    private readonly Random _random;
    private readonly LeaseTerms _terms;
    private readonly Auditor _auditor;
    private readonly List<SimLease> _leases = [];
    private readonly List<(LeaseReport Report, long SentAt)> _late = [];
    private readonly List<LeaseReport> _delivered = [];
    private readonly List<(int Period, long Hold)> _unfinished = [];
    private readonly HashSet<UInt128> _forgotten = [];
    private Wallet _wallet;
    private Wallet? _twin;
    private long _now = Midnight + (20 * Hour);
    private long _hostSkew;
    private int _ids;

    public World(int seed)
    {
        _seed = seed;
        _random = new Random(seed);
        _terms = Terms with { ReleaseUnattributed = seed % 5 == 0, MaxLeases = seed % 7 == 0 ? 3 : 200 };
        _auditor = new Auditor($"seed {seed}") { Limit = _random.Next(5) == 0 ? null : _random.Next(0, 20_000), IsShadow = _random.Next(8) == 0 };
        var rule = Rules[_random.Next(Rules.Length)];
        var settings = new WalletSettings { LimitNanoUsd = _auditor.Limit, Rule = rule, IsShadow = _auditor.IsShadow };
        var first = PeriodCalendar.At(rule, _now, Zones);
        _wallet = new Wallet("w", settings, first, _terms);
        _auditor.Opened(first.Id);
        Audit();
    }

    private long HostNow => _now + _hostSkew;

    public void Play(int steps)
    {
        for (var step = 0; step < steps; step++)
        {
            Step();
            Audit();
        }

        Quiesce();
    }

    private void Step()
    {
        _now += _random.Next(0, 3_000);
        switch (_random.Next(23))
        {
            case 0:
                Sleep();
                break;
            case 1 when _late.Count > 0:
                var (report, sentAt) = _late[_random.Next(_late.Count)];
                Deliver(report, sentAt, answered: _random.Next(2) == 0);
                break;
            case 2 when _delivered.Count > 0:
                Deliver(_delivered[_random.Next(_delivered.Count)], _now, answered: false);
                break;
            case 3 or 4 or 5:
                Command();
                break;
            case 6:
                Reload();
                break;
            case 7:
                Suspend();
                break;
            case 8 or 9:
                Open();
                break;
            case 10:
                Dispute();
                break;
            default:
                Holder();
                break;
        }
    }

    private void Sleep()
    {
        _now += _random.Next(6) switch { 0 => 3 * Day, 1 => Day, 2 => Hour, 3 => 2 * Minute, _ => 30 * Second };
        if (_random.Next(4) == 0)
        {
            // The host's clock is set: forward by up to two days, or back again.
            _hostSkew = _random.Next(3) == 0 ? _random.NextInt64(2 * Day) : _random.Next(-5_000, 5_000);
        }

        Both(w => w.Tick(HostNow));
    }

    private void Open()
    {
        if (_leases.Count(static l => !l.IsClosed && !l.IsRetired) < 6)
        {
            var lease = new SimLease((UInt128)(uint)++_ids, _random.NextInt64(-45_000, 45_000));
            _leases.Add(lease);
            Send(lease, closing: false, _random.Next(4) == 0 ? _wallet.Read(HostNow).PeriodNumber + _random.Next(-1, 2) : 0);
        }
    }

    private void Holder()
    {
        if (_leases.Count == 0)
        {
            return;
        }

        var lease = _leases[_random.Next(_leases.Count)];
        for (var i = _random.Next(3); i > 0; i--)
        {
            lease.Admit(_random, _now);
        }

        for (var i = _random.Next(3); i > 0; i--)
        {
            lease.Settle(_random, aboveHold: _random.Next(20) == 0);
        }

        Send(lease, closing: !lease.IsClosed && lease.Holds.Count == 0 && _random.Next(8) == 0);
    }

    private void Send(SimLease lease, bool closing, int period = 0)
    {
        var report = lease.Report(_random, _now, closing, period);
        if (_random.Next(6) == 0)
        {
            _late.Add((report, _now));
        }
        else if (_random.Next(12) > 0)
        {
            Deliver(report, _now, answered: _random.Next(8) > 0);
        }
    }

    private void Deliver(in LeaseReport report, long sentAt, bool answered)
    {
        BeginDue(report.PeriodNumber);
        var reply = Exchange(report);
        _delivered.Add(report);
        var id = report.LeaseId;
        if (answered)
        {
            _leases.Single(l => l.Id == id).Learn(reply, report.Seq, sentAt);
        }
    }

    private LeaseReply Exchange(in LeaseReport report)
    {
        var reply = _wallet.Exchange(report, HostNow);
        Assert.True(_twin is null || _twin.Exchange(report, HostNow) == reply, $"seed {_seed}: the twin answers as the wallet does");
        if (reply.Outcome == LeaseOutcome.LeaseUnknown)
        {
            _ = _forgotten.Add(report.LeaseId);
        }

        return reply;
    }

    private void BeginDue(int asked = 0)
    {
        while (_wallet.PeriodToBegin(asked, HostNow, Zones) is { } begin)
        {
            Assert.True(Apply(begin) == WalletCommandOutcome.Applied, $"seed {_seed}: a period that is due begins");
        }
    }

    private WalletCommandOutcome Apply(WalletCommand command)
    {
        var period = _wallet.Read(HostNow).Period.Id;
        var outcome = _wallet.Apply(command, HostNow);
        Assert.True(_twin is null || _twin.Apply(command, HostNow) == outcome, $"seed {_seed}: the twin does as the wallet does");
        if (outcome == WalletCommandOutcome.Applied)
        {
            _auditor.Applied(command, period);
        }

        return outcome;
    }

    private void Command()
    {
        BeginDue();
        _ = Apply(_random.Next(18) switch
        {
            0 => new WalletCommand.ChangeLimit(_random.Next(8) == 0 ? null : _random.Next(0, 20_000)),
            1 => new WalletCommand.RaiseLimit(Id("r"), _random.Next(-5, 2_000)),
            2 => new WalletCommand.ChangeOverdraft(_random.Next(-5, 3_000)),
            3 => new WalletCommand.ChangeThresholds([_random.Next(1, 60), _random.Next(50, 99)]),
            4 => _wallet.PeriodChange(Rules[_random.Next(Rules.Length)], HostNow, Zones),
            5 => new WalletCommand.ChangeShadow(_random.Next(3) == 0),
            6 => new WalletCommand.TopUp(Id("t"), _random.Next(-5, 2_000)),
            7 => new WalletCommand.Adjust(Id("a"), _random.Next(-500, 500)),
            8 or 9 => new WalletCommand.PrepareTransfer(Id("x"), _random.Next(-3_000, 2_000)),
            10 or 11 => new WalletCommand.CommitTransfer(Pending()),
            12 => new WalletCommand.CancelTransfer(Pending()),
            13 => new WalletCommand.Freeze(),
            14 when _seed % 11 == 0 => new WalletCommand.Close(),
            16 => new WalletCommand.Rerate(Id("rr"), _wallet.Read(HostNow).PeriodNumber - _random.Next(0, 6), _random.Next(-900, 500)),
            _ => new WalletCommand.Unfreeze(),
        });
    }

    /// <summary>Some are repeated, all of them while the wallet still remembers them.</summary>
    private string Id(string kind) => $"{kind}{_random.Next(20)}-{_now / (12 * Hour)}";

    private string Pending() =>
        _auditor.PendingTransfers.ToArray() is { Length: > 0 } pending && _random.Next(2) == 0 ? pending[_random.Next(pending.Length)] : Id("x");

    /// <summary>A call without an end, known to the host; or what became of one.</summary>
    private void Suspend()
    {
        BeginDue();
        if (_unfinished.Count > 0 && _random.Next(2) == 0)
        {
            Resolve();
            return;
        }

        var (period, hold) = (_wallet.Read(HostNow).PeriodNumber, _random.Next(1, 400));
        Both(w => w.BookUnfinished(period, hold));
        _auditor.Unfinished(period, hold);
        _unfinished.Add((period, hold));
    }

    private void Resolve()
    {
        var (period, hold) = _unfinished[^1];
        _unfinished.RemoveAt(_unfinished.Count - 1);
        var charge = _random.Next(0, (int)hold + 50);
        Assert.Equal(WalletCommandOutcome.Applied, Apply(new WalletCommand.ResolveSuspense(period, hold, charge)));
        _auditor.Resolved(period, hold, charge);
    }

    /// <summary>More is claimed for a call than it was charged, or that is decided; some of both are repeated.</summary>
    private void Dispute()
    {
        BeginDue();
        var number = _wallet.Read(HostNow).PeriodNumber;
        if (_auditor.Disputes is [var open, ..] && _random.Next(2) == 0)
        {
            // One that is not open, or not any more, changes nothing.
            var other = Id("d");
            var id = _auditor.Disputes.Exists(d => d.Id == other) ? open.Id : other;
            _ = Apply(new WalletCommand.SettleDispute(_random.Next(4) == 0 ? id : open.Id, open.Period, open.AmountNanoUsd, _random.NextInt64(open.AmountNanoUsd + 1)));
            return;
        }

        _ = Apply(new WalletCommand.Suspend(Id("d"), number, _random.Next(-5, 400)));
    }

    /// <summary>From here on the wallet and what was read from its image live side by side; or the latter alone.</summary>
    private void Reload()
    {
        var loaded = _wallet.Reload(_terms);
        if (_random.Next(2) == 0)
        {
            _twin = loaded;
        }
        else
        {
            (_wallet, _twin) = (loaded, null);
        }
    }

    private void Both(Action<Wallet> action)
    {
        action(_wallet);
        if (_twin is not null)
        {
            action(_twin);
        }
    }

    private void Audit()
    {
        BeginDue();
        Both(w => w.Tick(HostNow));
        var lines = _wallet.TakeEntries();
        _auditor.Check(_wallet, lines, HostNow);
        if (_twin is not null)
        {
            Assert.True(lines.SequenceEqual(_twin.TakeEntries()), $"seed {_seed}: the twin writes the same lines");
            Assert.True(_wallet.Read(HostNow) == _twin.Read(HostNow), $"seed {_seed}: the twin has the same figures");
            Assert.True(_wallet.ReadLeases().SequenceEqual(_twin.ReadLeases()), $"seed {_seed}: the twin has the same leases");
        }

        Cover();
    }

    /// <summary>Whatever the holders may spend, the wallet answers for. What was released is the one exception, and terms say so.</summary>
    private void Cover()
    {
        if (_terms.ReleaseUnattributed)
        {
            return;
        }

        foreach (var (period, book) in _auditor.Books)
        {
            if (_wallet.ReadPeriod(book.Number) is { } state)
            {
                var may = _leases.Where(l => l.Period == period).Sum(static l => l.Cap);
                var answers = state.SpentNanoUsd - book.Adjusted - book.Charged - book.Disputed + state.LeasedNanoUsd + state.SuspenseNanoUsd;
                Assert.True(may <= answers, $"seed {_seed}: holders may spend {may} of {period}, the wallet answers for {answers}");
            }
        }
    }

    /// <summary>Every call ends, every holder reports and closes, a week passes: then all is told, and nothing is anybody's any more.</summary>
    private void Quiesce()
    {
        foreach (var lease in _leases)
        {
            while (lease.Holds.Count > 0)
            {
                lease.Settle(_random, aboveHold: false);
            }

            var report = lease.Report(_random, _now, closing: true);
            _ = Exchange(report);
            Audit();
            Conserve(lease, _forgotten.Contains(lease.Id));
        }

        while (_unfinished.Count > 0)
        {
            Resolve();
        }

        foreach (var dispute in _auditor.Disputes.ToArray())
        {
            Assert.Equal(
                WalletCommandOutcome.Applied,
                Apply(new WalletCommand.SettleDispute(dispute.Id, dispute.Period, dispute.AmountNanoUsd, _random.NextInt64(dispute.AmountNanoUsd + 1))));
        }

        foreach (var transfer in _auditor.PendingTransfers.ToArray())
        {
            Assert.Equal(WalletCommandOutcome.Applied, Apply(_random.Next(2) == 0 ? new WalletCommand.CommitTransfer(transfer) : new WalletCommand.CancelTransfer(transfer)));
        }

        for (var day = 0; day < 9; day++)
        {
            _now += Day;
            Audit();
        }

        Assert.Empty(_wallet.ReadLeases());
        foreach (var book in _auditor.Books.Values)
        {
            var leases = _leases.Where(l => _auditor.PeriodOfLease.TryGetValue(l.Id, out var period) && _auditor.Books[period] == book);
            var spent = leases.Sum(l => _auditor.OfLease.GetValueOrDefault(Name(l)) is var (reported, unattributed) ? reported + unattributed : 0);
            Assert.True(spent + book.Adjusted + book.Charged == book.Of(Account.Spent), $"seed {_seed}: every nano-dollar has its reason");
            Assert.True(book.Of(Account.Suspense) == -book.Resolved && book.Resolved == book.Unfinished, $"seed {_seed}: nothing stays in suspense");
        }

        // What is over is forgotten: the state of a wallet does not grow with its age.
        Assert.True(_wallet.Image().Length < 1_500, $"seed {_seed}: {_wallet.Image().Length} bytes are left of it");
    }

    /// <summary>What a lease is charged is what its holder spent; more only where nobody had explained it for two days.</summary>
    private void Conserve(SimLease lease, bool isTooLate)
    {
        var (reported, unattributed) = _auditor.OfLease.GetValueOrDefault(Name(lease));
        if (unattributed == 0)
        {
            Assert.True(
                reported == lease.Spent || (isTooLate && reported <= lease.Spent), $"seed {_seed}: lease {lease.Id} spent {lease.Spent}, was charged {reported}");
        }
        else
        {
            // A report that comes while the lease is remembered explains first what was charged without explanation.
            var charged = Math.Max(_auditor.ChargedAtDecision[Name(lease)], isTooLate ? reported + unattributed : lease.Spent);
            Assert.True(reported + unattributed == charged, $"seed {_seed}: lease {lease.Id} spent {lease.Spent}, was charged {reported + unattributed}");
        }
    }

    private static string Name(SimLease lease) => lease.Id.ToString("x", null);
}

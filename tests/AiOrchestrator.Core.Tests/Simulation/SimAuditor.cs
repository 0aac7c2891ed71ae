using System.Globalization;
using AiOrchestrator.Ledger.Wallets;

namespace AiOrchestrator.Core.Tests.Simulation;

/// <summary>What the simulator saw of one period of one wallet, in sums.</summary>
internal sealed class SimBook
{
    public long? LimitNanoUsd;
    public int OverdraftBasisPoints;
    public long ToppedUp;
    public long TransferredIn;
    public long TransferredOut;

    /// <summary>Costs of calls that were settled, and corrections.</summary>
    public long Settled;

    /// <summary>Holds of calls under way.</summary>
    public long Open;

    /// <summary>Holds of calls that were with a provider when their instance died.</summary>
    public long Lost;

    /// <summary>What calls cost above their holds: the only money nobody was asked for.</summary>
    public long Excess;

    /// <summary>Corrections upwards: they are not refused for want of money.</summary>
    public long Charged;

    /// <summary>In suspense because it is disputed: it covers no call.</summary>
    public long Disputed;

    /// <summary>What instances that died left unexplained and the rule released.</summary>
    public long Released;

    /// <summary>What the wallet answers for: spent, leased and suspense, when it was last seen.</summary>
    public long Committed;

    /// <summary>The ceiling, or what was committed when it was lowered, as far as it has not come back since.</summary>
    public long Cap;

    /// <summary>The balances of two accounts on the statement.</summary>
    public long SpentLines;
    public long SuspenseLines;

    public long Overdraft => LimitNanoUsd is { } limit ? (long)((Int128)limit * OverdraftBasisPoints / 10_000) : 0;

    public long? Allowance => LimitNanoUsd + ToppedUp + TransferredIn - TransferredOut;
}

/// <summary>An independent auditor: own sums from what the simulator saw, compared with the wallets after every event.</summary>
internal sealed class SimAuditor(SimWorld world, SimPlan plan)
{
    private readonly List<SimBook>[] _books = [.. plan.Wallets.Select(static _ => new List<SimBook>())];
    private readonly Dictionary<string, int>[] _numbers = [.. plan.Wallets.Select(static _ => new Dictionary<string, int>(StringComparer.Ordinal))];
    private readonly WalletSettings[] _settings = [.. plan.Wallets.Select(static w => w.Settings)];
    private readonly Dictionary<UInt128, int> _lives = [];
    private readonly Dictionary<(int Life, int Wallet, int Period), long> _settledBy = [];
    private readonly Dictionary<(int Life, int Wallet, int Period), long> _excessOf = [];
    private readonly Dictionary<(int Life, int Wallet, int Period), long> _reportedBy = [];
    private readonly Dictionary<(int Life, int Wallet, int Period), long> _decidedFor = [];
    private readonly Dictionary<(int Wallet, string Id), (long Amount, int Period)> _transfers = [];
    private readonly HashSet<int> _crashed = [];
    private readonly Dictionary<UInt128, long> _admitsUntil = [];
    private (int Wallet, WalletCommand Command, int Period)? _staged;

    public int PeriodsOf(int wallet) => _books[wallet].Count;

    public void Opened(int wallet, WalletSettings settings, WalletState state)
    {
        _settings[wallet] = settings;
        Require(_books[wallet].Count == 1 && state.PeriodNumber == 1, "a wallet opens with one period", wallet, 1);
    }

    public void Sent(SimInstance instance, in LeaseReport report)
    {
        _lives.TryAdd(report.LeaseId, instance.Life);
        Require(_lives[report.LeaseId] == instance.Life, "a lease has one holder", 0, 0);
    }

    /// <summary>The wallet has taken in a message: its holder may admit calls for so long after it sent it.</summary>
    public void Applied(UInt128 leaseId, long sentMs, long validForMs) =>
        _admitsUntil[leaseId] = Math.Max(_admitsUntil.GetValueOrDefault(leaseId), sentMs + validForMs);

    /// <summary>A call is about to be sent upstream: its leases must be alive and of a period that is not over.</summary>
    public void Admitted(SimCall call)
    {
        for (var level = 0; level < call.Levels.Length; level++)
        {
            var lease = call.Hold.At(level);
            var wallet = plan.IndexOf(call.Levels[level].WalletId);
            Require(world.NowMs < _admitsUntil.GetValueOrDefault(lease.Id), "no call begins on a lease that has run out", wallet, call.Levels[level].Period);
            Require(call.Instance.Clock.NowUnixMs < lease.Period.EndUnixMs, "no call begins in a period that is over", wallet, call.Levels[level].Period);
        }
    }

    public void Held(SimCall call) => Each(call, static (book, c) => book.Open += c.AmountNanoUsd);

    public void Settled(SimCall call, long costNanoUsd)
    {
        foreach (var (id, period) in call.Levels)
        {
            var key = (call.Instance.Life, plan.IndexOf(id), period);
            _settledBy[key] = _settledBy.GetValueOrDefault(key) + costNanoUsd;
            _excessOf[key] = _excessOf.GetValueOrDefault(key) + Math.Max(0, costNanoUsd - call.AmountNanoUsd);
        }

        Each(call, (book, c) =>
        {
            book.Open -= c.AmountNanoUsd;
            book.Settled += costNanoUsd;
            book.Excess += Math.Max(0, costNanoUsd - c.AmountNanoUsd);
        });
    }

    /// <summary>The instance died with it: up to its hold, nobody will ever know what it cost.</summary>
    public void Lost(SimCall call)
    {
        _crashed.Add(call.Instance.Life);
        Each(call, static (book, c) =>
        {
            book.Open -= c.AmountNanoUsd;
            book.Lost += c.IsSent ? c.AmountNanoUsd : 0;
        });
    }

    public void Died(SimInstance instance) => _crashed.Add(instance.Life);

    /// <summary>A command was applied, and counts as soon as it is durable.</summary>
    public void Commanded(int wallet, WalletCommand command, int period) => _staged = (wallet, command, period);

    /// <summary>The authority died before it was.</summary>
    public void Forgotten() => _staged = null;

    /// <summary>A wallet's image was written, with these new lines on its statement.</summary>
    public void Durable(int wallet, Wallet real, IReadOnlyList<WalletEntry> lines, long nowMs)
    {
        foreach (var line in lines.Where(static l => l.Reason == EntryReason.PeriodOpened))
        {
            _books[wallet].Add(new SimBook
            {
                LimitNanoUsd = _settings[wallet].LimitNanoUsd,
                OverdraftBasisPoints = _settings[wallet].OverdraftBasisPoints,
            });
            _numbers[wallet][line.Period] = _books[wallet].Count;
        }

        if (_staged is { } staged)
        {
            _staged = null;
            Take(staged.Wallet, staged.Command, staged.Period);
        }

        foreach (var line in lines)
        {
            Take(wallet, line);
        }

        for (var period = 1; period <= _books[wallet].Count; period++)
        {
            if (real.ReadPeriod(period) is { } state)
            {
                Compare(wallet, period, state);
            }
        }
    }

    /// <summary>After everything has come to rest: whoever lives has booked every call once, whoever died is accounted for.</summary>
    public void CheckAtRest(ISimAuthority authority)
    {
        for (var wallet = 0; wallet < _books.Length; wallet++)
        {
            for (var period = 1; period <= _books[wallet].Count; period++)
            {
                var state = authority.Read(wallet, period);
                Require(state is not null, "the period is still known", wallet, period);
                Require(
                    (state!.LeasedNanoUsd, state.SuspenseNanoUsd, state.HeldNanoUsd) == (0, 0, 0),
                    $"nothing is leased ({state.LeasedNanoUsd}), in suspense ({state.SuspenseNanoUsd}) or held ({state.HeldNanoUsd}) at rest",
                    wallet,
                    period);
                Require(_books[wallet][period - 1].Open == 0, "no call is open at rest", wallet, period);
                Require(state.PendingTransfers.Count == 0, "no transfer pends at rest", wallet, period);
            }
        }

        foreach (var key in _settledBy.Keys.Concat(_reportedBy.Keys).Concat(_decidedFor.Keys).Distinct())
        {
            var (settled, reported, decided) = (_settledBy.GetValueOrDefault(key), _reportedBy.GetValueOrDefault(key), _decidedFor.GetValueOrDefault(key));
            if (!_crashed.Contains(key.Life))
            {
                Require(settled == reported && decided == 0, $"every call is booked once: {settled} settled by {key.Life}, {reported} booked, {decided} charged by rule", key.Wallet, key.Period);
            }
            else
            {
                Require(reported <= settled, $"no call of one that died is booked twice: {settled} settled, {reported} booked", key.Wallet, key.Period);
                Require(plan.Terms.ReleaseUnattributed || settled <= reported + decided + _excessOf.GetValueOrDefault(key), $"what one that died had spent is charged: {settled} settled, {reported} booked, {decided} charged by rule", key.Wallet, key.Period);
            }
        }

        var books = _books.SelectMany(static b => b).ToArray();
        Require(books.Sum(static b => b.TransferredIn) == books.Sum(static b => b.TransferredOut), "transfers make no money", 0, 0);
    }

    private void Each(SimCall call, Action<SimBook, SimCall> change)
    {
        foreach (var (id, period) in call.Levels)
        {
            var wallet = plan.IndexOf(id);
            var book = _books[wallet][period - 1];
            change(book, call);
            RequireCover(wallet, period, book);
        }
    }

    private void Take(int wallet, WalletCommand command, int period)
    {
        var book = _books[wallet][period - 1];
        world.Trace.Add(world.NowMs, $"applies {command}", wallet, period);
        switch (command)
        {
            case WalletCommand.ChangeLimit c:
                _settings[wallet] = _settings[wallet] with { LimitNanoUsd = c.LimitNanoUsd };
                foreach (var open in _books[wallet].Skip(period - 1))
                {
                    open.LimitNanoUsd = c.LimitNanoUsd;
                }

                break;
            case WalletCommand.ChangeOverdraft c:
                _settings[wallet] = _settings[wallet] with { OverdraftBasisPoints = c.BasisPoints };
                foreach (var open in _books[wallet].Skip(period - 1))
                {
                    open.OverdraftBasisPoints = c.BasisPoints;
                }

                break;
            case WalletCommand.ChangeShadow c:
                _settings[wallet] = _settings[wallet] with { IsShadow = c.IsShadow };
                break;
            case WalletCommand.Adjust c:
                book.Settled += c.AmountNanoUsd;
                book.Charged += Math.Max(0, c.AmountNanoUsd);
                break;
            case WalletCommand.Suspend c:
                _books[wallet][c.Period - 1].Disputed += c.AmountNanoUsd;
                _books[wallet][c.Period - 1].Charged += c.AmountNanoUsd;
                break;
            case WalletCommand.SettleDispute c:
                _books[wallet][c.Period - 1].Disputed -= c.SuspendedNanoUsd;
                _books[wallet][c.Period - 1].Charged -= c.SuspendedNanoUsd - c.ChargeNanoUsd;
                _books[wallet][c.Period - 1].Settled += c.ChargeNanoUsd;
                break;
            case WalletCommand.TopUp c:
                book.ToppedUp += c.AmountNanoUsd;
                break;
            case WalletCommand.PrepareTransfer c:
                _transfers[(wallet, c.TransferId)] = (c.AmountNanoUsd, period);
                book.TransferredOut += Math.Max(0, -c.AmountNanoUsd);
                Require(
                    c.AmountNanoUsd > 0 || book.Allowance is not { } left || IsFree(wallet) || book.Committed <= left,
                    "a transfer takes what is not committed only", wallet, period);
                break;
            case WalletCommand.CommitTransfer c when _transfers.Remove((wallet, c.TransferId), out var transfer):
                _books[wallet][transfer.Period - 1].TransferredIn += Math.Max(0, transfer.Amount);
                break;
            case WalletCommand.CancelTransfer c when _transfers.Remove((wallet, c.TransferId), out var transfer):
                _books[wallet][transfer.Period - 1].TransferredOut -= Math.Max(0, -transfer.Amount);
                break;
        }
    }

    private void Take(int wallet, in WalletEntry line)
    {
        var period = _numbers[wallet][line.Period];
        var book = _books[wallet][period - 1];
        book.SpentLines += Side(line, Account.Spent);
        book.SuspenseLines += Side(line, Account.Suspense);
        if (line.Reason == EntryReason.Rerated)
        {
            // A refund of more than was spent is new allowance.
            var spent = Side(line, Account.Spent);
            book.Settled += spent;
            book.Charged += Math.Max(0, spent);
            book.ToppedUp += line.Debit == Account.Funding ? line.AmountNanoUsd : 0;
        }

        if (line.Reason is not (EntryReason.SpendReported or EntryReason.Unattributed or EntryReason.SuspenseReleased)
            || line.Reference!.StartsWith("ex", StringComparison.Ordinal))
        {
            return;
        }

        var life = _lives[UInt128.Parse(line.Reference!, NumberStyles.HexNumber, CultureInfo.InvariantCulture)];
        if (line.Reason == EntryReason.SuspenseReleased)
        {
            // Of one that lives, it was explained: what its calls cost is still covered.
            book.Released += _crashed.Contains(life) ? line.AmountNanoUsd : 0;
        }
        else
        {
            var sums = line.Reason == EntryReason.SpendReported ? _reportedBy : _decidedFor;
            sums[(life, wallet, period)] = sums.GetValueOrDefault((life, wallet, period)) + Side(line, Account.Spent);
        }
    }

    private static long Side(in WalletEntry line, Account account) =>
        line.Credit == account ? line.AmountNanoUsd : line.Debit == account ? -line.AmountNanoUsd : 0;

    private void Compare(int wallet, int period, WalletState state)
    {
        var book = _books[wallet][period - 1];
        book.Committed = state.SpentNanoUsd + state.LeasedNanoUsd + state.SuspenseNanoUsd;
        RequireCover(wallet, period, book);
        Require((book.SpentLines, book.SuspenseLines) == (state.SpentNanoUsd, state.SuspenseNanoUsd), "the statement adds up", wallet, period);
        Require(state.AllowanceNanoUsd == book.Allowance, "the allowance is what was given", wallet, period);
        Require(state.HeldNanoUsd <= state.LeasedNanoUsd, "what is held is part of what is leased", wallet, period);
        if (book.Allowance + book.Overdraft is { } ceiling && !IsFree(wallet))
        {
            book.Cap = Math.Max(book.Cap, ceiling);
            if (book.Committed > book.Cap + book.Excess + book.Charged)
            {
                Require(false, $"never above the limit: {book.Committed} committed, {ceiling} may be, {book.Cap} were, {book.Excess} cost more", wallet, period);
            }

            Require(state.OverrunNanoUsd == Math.Max(0, book.Committed - ceiling), "an overrun is recorded", wallet, period);
            book.Cap = Math.Max(ceiling, Math.Min(book.Cap, book.Committed));
        }
        else
        {
            // A limit that comes later finds what was committed without one.
            book.Cap = long.MaxValue / 2;
        }
    }

    private bool IsFree(int wallet) => _settings[wallet].IsShadow || _settings[wallet].LimitNanoUsd is null;

    private void RequireCover(int wallet, int period, SimBook book)
    {
        if (book.Settled + book.Open + book.Lost > book.Committed - book.Disputed + book.Excess + book.Released)
        {
            Require(false, $"every call is covered: {book.Settled} settled, {book.Open} open, {book.Lost} lost, {book.Committed} covered", wallet, period);
        }
    }

    private void Require(bool holds, string what, int wallet, int period)
    {
        if (!holds)
        {
            world.Trace.Fail($"Broken in period {period} of w{wallet}: {what}.");
        }
    }
}

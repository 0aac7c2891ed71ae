using AiOrchestrator.Core.Metering;
using AiOrchestrator.Core.Platform;
using AiOrchestrator.Core.Wallets;
using AiOrchestrator.Core.Wallets.Entities;
using AiOrchestrator.Ledger.Wallets;

namespace AiOrchestrator.Core.Tests.Simulation;

/// <summary>
/// Wallets as entities behind a lossy bus, and what must hold for them beside the auditor's sums: a statement's lines arrive once by number,
/// whatever happened to them on the way, and with the calls' own lines they come to the wallet's figures.
/// </summary>
internal sealed class SimEntityAuthority : ISimAuthority
{
    private static readonly TzdbTimeZones Zones = new();
    private readonly SimRun _run;
    private readonly SimClock _clock;
    private readonly SimEntityBus _bus;
    private readonly EntityWalletAuthority _operator;
    private readonly Dictionary<(UInt128 LeaseId, long Seq), long> _sentMs = [];
    private readonly SortedDictionary<long, WalletLine>[] _written;
    private readonly SortedDictionary<long, WalletLine>[] _received;
    private readonly Dictionary<(int Wallet, string Period), long> _reported = [];

    public SimEntityAuthority(SimRun run)
    {
        var plan = run.Plan;
        _run = run;
        _clock = new SimClock(run.World);
        _written = [.. plan.Wallets.Select(static _ => new SortedDictionary<long, WalletLine>())];
        _received = [.. plan.Wallets.Select(static _ => new SortedDictionary<long, WalletLine>())];
        var faults = new SimFaults
        {
            DropPermille = plan.DropPermille,
            DuplicatePermille = plan.DuplicatePermille,
            SlowPermille = plan.SlowPermille,
            CrashPermille = plan.AuthorityCrashPermille,
            LatencyMs = plan.LatencyMs,
            StaleMs = run.Random.Chance(500) ? run.Random.Between(0, 600) : 0,
        };
        _bus = new SimEntityBus(run.World, run.Random, new WalletEntityHost(plan.Terms, Zones, _clock), faults)
        {
            IsQuiet = true,
            Committed = Take,
            Received = Receive,
        };
        for (var wallet = 0; wallet < plan.Wallets.Count; wallet++)
        {
            var (id, settings) = plan.Wallets[wallet];
            _bus.Deliver(id, new WalletMessage { Id = (UInt128)(wallet + 1), SentAtUnixMs = run.World.NowMs, Kind = WalletMessageKind.Open, Settings = settings });
            run.Auditor.Opened(wallet, settings, WalletOf(wallet).Read(run.World.NowMs));
        }

        _bus.IsQuiet = false;
        _operator = AuthorityOf(null, new SimClock(run.World));
    }

    /// <inheritdoc/>
    public bool IsQuiet
    {
        get => _bus.IsQuiet;
        set => _bus.IsQuiet = value;
    }

    /// <inheritdoc/>
    public IWalletAuthority WayOf(SimInstance instance) => new Way(this, instance, AuthorityOf(instance, instance.Clock));

    /// <inheritdoc/>
    public async void Apply(int wallet, WalletCommand command, Action<WalletCommandOutcome?> done)
    {
        WalletCommandOutcome? outcome = null;
        try
        {
            outcome = await _operator.ApplyAsync(_run.Plan.Wallets[wallet].Id, command, CommandNote.None, CancellationToken.None);
        }
        catch (TimeoutException)
        {
            // Nobody answered; that it may still be applied is the point.
            _run.World.Trace.Add(_run.World.NowMs, "gives up on a command", 0, wallet);
        }
        catch (Exception failure)
        {
            // Whatever it is, it is a finding.
            _run.World.Trace.Fail(failure.ToString());
        }

        done(outcome);
    }

    /// <inheritdoc/>
    public void Tick()
    {
        foreach (var (id, _) in _run.Plan.Wallets)
        {
            _bus.Tick(id);
        }

        if (IsQuiet)
        {
            // For what a tick found: the lines are handed on before anybody looks.
            _run.World.RunUntil(_run.World.NowMs + 1_000);
        }
    }

    /// <inheritdoc/>
    public void Crash()
    {
        _clock.OffsetMs = _run.Random.Between(-2_000, 2_000);
        _bus.DownUntilMs = _run.World.NowMs + _run.Random.Between(0, 8_000);
        _run.World.Trace.Add(_run.World.NowMs, "entities are away for ms", 0, _bus.DownUntilMs - _run.World.NowMs);
    }

    /// <inheritdoc/>
    public WalletState? Read(int wallet, int period) => WalletOf(wallet).ReadPeriod(period);

    /// <inheritdoc/>
    public void CheckAtRest()
    {
        // What nobody touched since it was written asks to be handed on once more when its time has come.
        Tick();
        _run.World.RunUntil(_run.World.NowMs + WalletEntityHost.PublishAgainMs);
        Tick();
        _run.Auditor.CheckAtRest(this);
        for (var wallet = 0; wallet < _written.Length; wallet++)
        {
            Require(_received[wallet].SequenceEqual(_written[wallet]), $"every line of w{wallet} arrives: {_received[wallet].Count} of {_written[wallet].Count}");
            for (var period = 1; Read(wallet, period) is { } state; period++)
            {
                var lines = _received[wallet].Values.Where(l => l.Period == state.Period.Id).ToArray();
                var calls = _reported.GetValueOrDefault((wallet, state.Period.Id));
                var (spent, suspense) = (Balance(lines, "spent") + calls, Balance(lines, "suspense"));
                Require(
                    (spent, suspense) == (state.SpentNanoUsd, state.SuspenseNanoUsd),
                    $"lines and calls come to what w{wallet} says of period {period}: {spent} spent of {state.SpentNanoUsd}, {suspense} in suspense of {state.SuspenseNanoUsd}");
            }
        }
    }

    private static long Balance(WalletLine[] lines, string account) =>
        lines.Sum(l => l.Credit == account ? l.AmountNanoUsd : l.Debit == account ? -l.AmountNanoUsd : 0);

    private EntityWalletAuthority AuthorityOf(SimInstance? instance, SimClock clock) =>
        new(_bus.WayOf(instance), clock, new IdSource(clock, _run.Random.Fill), Zones, _run.Plan.Terms, static () => []);

    private Wallet WalletOf(int wallet) => WalletEntityBody.Load(_bus.StateOf(_run.Plan.Wallets[wallet].Id), _run.Plan.Terms).Wallet!;

    private void Take(SimCommit commit)
    {
        var wallet = _run.Plan.IndexOf(commit.WalletId);
        var (before, after) = (WalletEntityBody.Load(commit.Before, null), WalletEntityBody.Load(commit.After, _run.Plan.Terms));
        Require(commit.After!.Version > (commit.Before?.Version ?? 0), "the version grows with every commit");
        foreach (var (number, line) in after.Outbox.Where(l => l.Number > before.LastNumber))
        {
            Require(_written[wallet].Count == 0 || number > _written[wallet].Last().Key, "the numbers of lines grow");
            _written[wallet].Add(number, line);
        }

        foreach (var entry in commit.Ledger.Where(static e => e.Reason == EntryReason.SpendReported))
        {
            var key = (wallet, entry.Period);
            _reported[key] = _reported.GetValueOrDefault(key) + entry.AmountNanoUsd;
        }

        if (commit.Message is { Command: { } command } m && before.AnswerTo(m.Id) is null && after.AnswerTo(m.Id)?.Outcome == (int)WalletCommandOutcome.Applied)
        {
            _run.Auditor.Commanded(wallet, command, after.Wallet!.Read(after.NowUnixMs).PeriodNumber);
        }

        _run.Auditor.Durable(wallet, after.Wallet!, commit.Ledger, after.NowUnixMs);
        if (commit.Message?.Report is { } report
            && before.AnswerTo(report.LeaseId, report.Seq) is null
            && after.AnswerTo(report.LeaseId, report.Seq)?.Reply is { } reply
            && reply.AppliedSeq == report.Seq)
        {
            _run.World.Trace.Add(_run.World.NowMs, $"answers {reply.Outcome}", wallet, report.Seq, reply.GrantedNanoUsd, reply.PeriodNumber);
            _run.Auditor.Applied(report.LeaseId, _sentMs[(report.LeaseId, report.Seq)], reply.ValidForMs);
        }
    }

    private void Receive(string walletId, IReadOnlyList<NumberedLine> lines)
    {
        var received = _received[_run.Plan.IndexOf(walletId)];
        foreach (var (number, line) in lines)
        {
            Require(received.TryAdd(number, line) || received[number] == line, "a line that comes again is the same line");
        }
    }

    private void Require(bool holds, string what)
    {
        if (!holds)
        {
            _run.World.Trace.Fail($"Broken: {what}.");
            throw new SimFailure($"Broken: {what}.");
        }
    }

    /// <summary>An instance's way, watched.</summary>
    private sealed class Way(SimEntityAuthority authority, SimInstance instance, EntityWalletAuthority real) : IWalletAuthority
    {
        public async ValueTask<LeaseReply?> ExchangeAsync(string walletId, LeaseReport report, CancellationToken cancellation)
        {
            var run = authority._run;
            run.Auditor.Sent(instance, report);
            run.World.Trace.Add(run.World.NowMs, "sends seq/spent/need", instance.Number, (run.Plan.IndexOf(walletId) * 1000) + report.Seq, report.SpentCumulativeNanoUsd, report.NeedNanoUsd);
            authority._sentMs[(report.LeaseId, report.Seq)] = run.World.NowMs;
            var reply = await real.ExchangeAsync(walletId, report, cancellation);
            run.World.Trace.Add(run.World.NowMs, $"is answered {reply?.Outcome}", instance.Number, (run.Plan.IndexOf(walletId) * 1000) + report.Seq, reply?.GrantedNanoUsd ?? -1);
            return reply;
        }

        public ValueTask<bool> OpenAsync(string walletId, WalletSettings settings, CommandNote note, CancellationToken cancellation) =>
            real.OpenAsync(walletId, settings, note, cancellation);

        public ValueTask<WalletCommandOutcome> ApplyAsync(string walletId, WalletCommand command, CommandNote note, CancellationToken cancellation) =>
            real.ApplyAsync(walletId, command, note, cancellation);

        public ValueTask<WalletState?> ReadAsync(string walletId, CancellationToken cancellation) => real.ReadAsync(walletId, cancellation);

        public ValueTask<WalletOutstanding?> ReadOutstandingAsync(string walletId, CancellationToken cancellation) =>
            real.ReadOutstandingAsync(walletId, cancellation);

        public ValueTask TickAsync(CancellationToken cancellation) => real.TickAsync(cancellation);
    }
}

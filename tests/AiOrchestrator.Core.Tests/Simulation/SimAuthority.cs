using AiOrchestrator.Core.Platform;
using AiOrchestrator.Core.Wallets;
using AiOrchestrator.Ledger.Periods;
using AiOrchestrator.Ledger.Wallets;

namespace AiOrchestrator.Core.Tests.Simulation;

/// <summary>
/// The real wallets, each with its last durable image: an answer leaves only after the image was written, a crash falls back to it, before or
/// after the writing.
/// </summary>
internal sealed class SimAuthority : ISimAuthority
{
    private static readonly TzdbTimeZones Zones = new();
    private readonly SimRun _run;
    private readonly SimWorld _world;
    private readonly SimRandom _random;
    private readonly SimAuditor _auditor;
    private readonly LeaseTerms _terms;
    private readonly Wallet[] _wallets;
    private readonly byte[][] _images;
    private readonly ImageWriter _writer = new();
    private readonly int _crashPermille;
    private long _downUntilMs;
    private long _offsetMs;

    public SimAuthority(SimRun run)
    {
        var (plan, auditor) = (run.Plan, run.Auditor);
        (_run, _world, _random, _auditor, _terms, _crashPermille) = (run, run.World, run.Random, auditor, plan.Terms, plan.AuthorityCrashPermille);
        _wallets = [.. plan.Wallets.Select(w => new Wallet(w.Id, w.Settings, PeriodCalendar.At(w.Settings.Rule, NowMs, Zones), _terms))];
        _images = new byte[_wallets.Length][];
        for (var wallet = 0; wallet < _wallets.Length; wallet++)
        {
            Save(wallet);
            auditor.Opened(wallet, plan.Wallets[wallet].Settings, _wallets[wallet].Read(NowMs));
        }
    }

    /// <inheritdoc/>
    public bool IsQuiet { get; set; }

    private long NowMs => _world.NowMs + _offsetMs;

    /// <summary>A report arrives. Null when nobody answers.</summary>
    public LeaseReply? Exchange(int wallet, in LeaseReport report)
    {
        if (_world.NowMs < _downUntilMs)
        {
            return null;
        }

        Begin(wallet, report.PeriodNumber);
        var reply = _wallets[wallet].Exchange(report, NowMs);
        return Commit(wallet) ? reply : null;
    }

    /// <inheritdoc/>
    public IWalletAuthority WayOf(SimInstance instance) => new SimNetwork(_run, this, instance);

    /// <inheritdoc/>
    public void Apply(int wallet, WalletCommand command, Action<WalletCommandOutcome?> done) => done(Apply(wallet, command));

    private WalletCommandOutcome? Apply(int wallet, WalletCommand command)
    {
        if (_world.NowMs < _downUntilMs)
        {
            return null;
        }

        Begin(wallet, 0);
        command = command is WalletCommand.ChangePeriod change ? _wallets[wallet].PeriodChange(change.Rule, NowMs, Zones) : command;
        var outcome = _wallets[wallet].Apply(command, NowMs);
        if (outcome == WalletCommandOutcome.Applied)
        {
            _auditor.Commanded(wallet, command, _wallets[wallet].Read(NowMs).PeriodNumber);
        }

        return Commit(wallet) ? outcome : null;
    }

    /// <inheritdoc/>
    public void Tick()
    {
        for (var wallet = 0; wallet < _wallets.Length && _world.NowMs >= _downUntilMs; wallet++)
        {
            Begin(wallet, 0);
            _wallets[wallet].Tick(NowMs);
            Commit(wallet);
        }
    }

    /// <inheritdoc/>
    public void Crash()
    {
        for (var wallet = 0; wallet < _wallets.Length; wallet++)
        {
            Load(wallet);
        }

        // Its clock may be set meanwhile: the wallets' own time never goes back.
        _offsetMs = _random.Between(-2_000, 2_000);
        _downUntilMs = _world.NowMs + _random.Between(0, 8_000);
        _world.Trace.Add(_world.NowMs, "authority crashed, back in ms", 0, _downUntilMs - _world.NowMs);
    }

    /// <inheritdoc/>
    public WalletState? Read(int wallet, int period) => _wallets[wallet].ReadPeriod(period);

    /// <inheritdoc/>
    public void CheckAtRest() => _auditor.CheckAtRest(this);

    private void Begin(int wallet, int askedPeriod)
    {
        if (_wallets[wallet].PeriodToBegin(askedPeriod, NowMs, Zones) is { } begin)
        {
            _wallets[wallet].Apply(begin, NowMs);
        }
    }

    /// <summary>What was decided becomes durable, or the process dies before or after. False: no answer.</summary>
    private bool Commit(int wallet)
    {
        var crash = !IsQuiet && _random.Chance(_crashPermille);
        if (crash && _random.Chance(500))
        {
            _auditor.Forgotten();
            Crash();
            return false;
        }

        Save(wallet);
        if (crash)
        {
            Crash();
        }
        else if (_random.Chance(250))
        {
            Load(wallet);
        }

        return !crash;
    }

    private void Save(int wallet)
    {
        var entries = _wallets[wallet].TakeEntries();
        _writer.Clear();
        _wallets[wallet].Save(_writer);
        _images[wallet] = _writer.Written.ToArray();
        _auditor.Durable(wallet, _wallets[wallet], entries, NowMs);
    }

    private void Load(int wallet)
    {
        var image = new ImageReader(_images[wallet]);
        _wallets[wallet] = Wallet.Load(ref image, _terms);
    }
}

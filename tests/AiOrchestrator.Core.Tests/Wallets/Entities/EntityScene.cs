using AiOrchestrator.Core.Metering;
using AiOrchestrator.Core.Platform;
using AiOrchestrator.Core.Tests.Fakes;
using AiOrchestrator.Core.Wallets;
using AiOrchestrator.Core.Wallets.Entities;
using AiOrchestrator.Ledger.Periods;
using AiOrchestrator.Ledger.Wallets;

namespace AiOrchestrator.Core.Tests.Wallets.Entities;

/// <summary>One entity, its clock, and messages to it.</summary>
internal sealed class EntityScene
{
    public const string Id = "wal_1";
    private UInt128 _lastId;

    public EntityScene() => Host = new WalletEntityHost(Terms, new TzdbTimeZones(), Time);

    public static LeaseTerms Terms { get; } = new(CallMaxMs: 900_000);

    public ManualTime Time { get; } = new();

    public WalletEntityHost Host { get; }

    public WalletEntityState? State { get; set; }

    public WalletEntityBody Body => WalletEntityBody.Load(State, Terms);

    public WalletState Figures => Body.Wallet!.Read(Time.UnixMs);

    public IReadOnlyList<NumberedLine> Outbox => WalletEntityHost.Outbox(State);

    /// <summary>A scene with a wallet.</summary>
    public static EntityScene WithWallet(long? limit = 1_000, PeriodRule? rule = null)
    {
        var scene = new EntityScene();
        scene.Deliver(scene.Open(limit, rule));
        scene.State = scene.Host.Published(scene.State!, scene.Outbox[^1].Number);
        return scene;
    }

    public WalletEntityStep Deliver(WalletMessage message)
    {
        var step = Host.Handle(Id, State, message);
        State = step.State;
        return step;
    }

    public void After(long ms) => Time.Advance(TimeSpan.FromMilliseconds(ms));

    public WalletMessage Open(long? limit = 1_000, PeriodRule? rule = null) => Message(WalletMessageKind.Open) with
    {
        Settings = new WalletSettings { LimitNanoUsd = limit, Rule = rule ?? PeriodRule.Lifetime },
        Note = new CommandNote("org", "key_1"),
    };

    public WalletMessage Command(WalletCommand command) => Message(WalletMessageKind.Command) with { Command = command, Note = new CommandNote("org", "key_2", "why") };

    public WalletMessage Report(
        int lease = 1, long seq = 1, long spent = 0, long held = 0, long target = 0, long need = 0, bool closing = false, int period = 0) =>
        Message(WalletMessageKind.Report) with
        {
            Report = new LeaseReport((UInt128)lease, seq, Time.UnixMs, spent, held, Math.Max(held, target), target, need, closing) { PeriodNumber = period },
        };

    public WalletMessage Tick() => Message(WalletMessageKind.Tick);

    public WalletCommandOutcome? OutcomeOf(WalletMessage message) => (WalletCommandOutcome?)Body.AnswerTo(message.Id)?.Outcome;

    public LeaseAnswer? AnswerTo(WalletMessage message) => Body.AnswerTo(message.Report!.Value.LeaseId, message.Report!.Value.Seq);

    private WalletMessage Message(WalletMessageKind kind) => new() { Id = ++_lastId, SentAtUnixMs = Time.UnixMs, Kind = kind };
}

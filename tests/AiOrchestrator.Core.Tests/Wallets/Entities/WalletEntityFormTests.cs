using System.Text;
using System.Text.Json;
using AiOrchestrator.Core.Platform;
using AiOrchestrator.Core.Wallets;
using AiOrchestrator.Core.Wallets.Entities;
using AiOrchestrator.Ledger.Periods;
using AiOrchestrator.Ledger.Wallets;

namespace AiOrchestrator.Core.Tests.Wallets.Entities;

/// <summary>The written form of messages and states, and how long it may get.</summary>
public sealed class WalletEntityFormTests
{
    /// <summary>What one backend keeps in one piece.</summary>
    private const int MostBytes = 45 * 1024;

    private const long Day = 24 * 3_600_000;
    private const long Money = 9_000_000_000_000;

    private static readonly WalletSettings Settings = new()
    {
        LimitNanoUsd = 5,
        OverdraftBasisPoints = 3,
        ThresholdPercents = [50, 60],
        Rule = new PeriodRule(PeriodKind.Weekly, 2, "Asia/Tokyo"),
        IsShadow = true,
    };

    public static TheoryData<string> Messages => [.. All().Select(static m => $"{m.Kind} {m.Command}")];

    [Theory]
    [MemberData(nameof(Messages))]
    public void A_message_is_read_as_it_was_written(string name)
    {
        var message = All().Single(m => $"{m.Kind} {m.Command}" == name);
        var json = WalletEntityJson.Write(message);
        Assert.Equal(message, WalletEntityJson.ReadMessage(json));

        // A head whose framework writes by reflection reads and writes the same.
        Assert.Equal(message, JsonSerializer.Deserialize<WalletMessage>(json));
        Assert.Equal(message, WalletEntityJson.ReadMessage(JsonSerializer.Serialize(message)));
    }

    [Theory]
    [InlineData("\"Command\":\"AQ==\"")]
    [InlineData("\"Command\":\"?\"")]
    [InlineData("\"Command\":\"YwAAAA==\"")]
    [InlineData("\"Report\":\"AQ==\"")]
    public void What_cannot_be_read_is_not_guessed(string member) => Assert.Throws<JsonException>(
        () => WalletEntityJson.ReadMessage($$"""{"Id":"1","SentAtUnixMs":1,"Kind":2,{{member}}}"""));

    [Fact]
    public void A_state_is_read_as_it_was_written()
    {
        var scene = EntityScene.WithWallet();
        scene.Deliver(scene.Report(target: 300));
        scene.Deliver(scene.Command(new WalletCommand.Freeze()));
        var state = scene.State!;
        var read = WalletEntityJson.ReadState(WalletEntityJson.Write(state));
        Assert.Equal((state.Version, state.HasWallet, state.DueUnixMs), (read.Version, read.HasWallet, read.DueUnixMs));
        Assert.Equal(state.Body, read.Body);
        Assert.Equal(state.Body, JsonSerializer.Deserialize<WalletEntityState>(JsonSerializer.Serialize(state))!.Body);
    }

    [Fact]
    public void A_state_that_was_broken_is_not_used()
    {
        var state = EntityScene.WithWallet().State!;
        Assert.Throws<InvalidDataException>(() => WalletEntityBody.Load(state with { Body = [.. state.Body[..^4]] }, EntityScene.Terms));
        Assert.Throws<InvalidDataException>(() => WalletEntityBody.Load(state with { Body = [255, 255, 255, 255, 0] }, EntityScene.Terms));
    }

    [Fact]
    public void A_state_with_all_it_may_carry_stays_within_bounds()
    {
        var scene = Crowded(closedLeases: 100);
        TestContext.Current.SendDiagnosticMessage($"A crowded state: {Size(scene)} bytes");
        Assert.InRange(Size(scene), 20_000, MostBytes);
    }

    [Fact]
    public void A_thousand_leases_closed_within_two_minutes_do_not_break_the_bounds()
    {
        var scene = Crowded(closedLeases: 1_000);
        Assert.Equal(EntityScene.Terms.MaxEndedLeases, Ended(scene));
        TestContext.Current.SendDiagnosticMessage($"After a thousand closings: {Size(scene)} bytes");
        Assert.InRange(Size(scene), 20_000, MostBytes);
    }

    private static int Size(EntityScene scene) => Encoding.UTF8.GetByteCount(WalletEntityJson.Write(scene.State!));

    /// <summary>How many leases that ended the wallet remembers: those it would say so of.</summary>
    private static int Ended(EntityScene scene)
    {
        var wallet = scene.Body.Wallet!;
        return Ids(1_200).Count(id => wallet.Exchange(new LeaseReport(id, 2, scene.Time.UnixMs, 0, 0, 0, 0, 0, false), scene.Time.UnixMs).Outcome == LeaseOutcome.LeaseEnded);
    }

    /// <summary>Three periods, transfers that are remembered, many leases that ended, then as many as there may be, of which some wait, then commands.</summary>
    private static EntityScene Crowded(int closedLeases)
    {
        var scene = EntityScene.WithWallet(limit: 1_000 * Money, rule: new PeriodRule(PeriodKind.Daily, 1, "Europe/Berlin"));
        var ids = Ids(1_200);
        Report(scene, ids[1_199], 1, 7 * Money, 0);
        scene.After(Day);
        for (var transfer = 0; transfer < 50; transfer++)
        {
            scene.Deliver(scene.Command(new WalletCommand.TopUp($"tr_{ids[transfer]:x16}", 1)));
            scene.After(10_000);
        }

        scene.After(Day);
        for (var lease = 0; lease < closedLeases; lease++)
        {
            Report(scene, ids[lease], 1, (Money / 7) + lease, 0);
            Report(scene, ids[lease], 2, 0, (Money / 13) + (lease * 7_919L), closing: true);
            scene.After(120);
        }

        for (var lease = 1_000; lease < 1_000 + EntityScene.Terms.MaxLeases; lease++)
        {
            for (var seq = 1; seq < 4; seq++)
            {
                Report(scene, ids[lease], seq, (Money / 3) + (lease * 104_729L), seq * ((Money / 1_000) + (lease * 7_919L)), need: seq == 3 && lease > 1_150 ? 900 * Money : 0);
            }

            scene.After(30);
        }

        scene.State = scene.Host.Published(scene.State!, long.MaxValue);
        for (var command = 0; command < 50; command++)
        {
            scene.Deliver(scene.Command(command < 20 ? new WalletCommand.Adjust($"adj_{ids[command]:x16}", Money / 17) : new WalletCommand.Unfreeze()) with { Id = ids[command + 500] });
            scene.After(20);
        }

        Assert.Equal((50, 20), (scene.Body.Commands.Count, scene.Outbox.Count(static l => l.Line.Kind == "adjusted")));
        return scene;
    }

    private static void Report(EntityScene scene, UInt128 leaseId, long seq, long target, long spent, long need = 0, bool closing = false)
    {
        var report = new LeaseReport(leaseId, seq, scene.Time.UnixMs, spent, target / 3, target, target, need, closing) { ShadowRefusedCalls = 0 };
        scene.Deliver(scene.Report() with { Report = report });
    }

    private static UInt128[] Ids(int count)
    {
        var random = new Simulation.SimRandom(7);
        var ids = new IdSource(TimeProvider.System, random.Fill);
        return [.. Enumerable.Range(0, count).Select(_ => ids.NewLeaseId())];
    }

    private static IEnumerable<WalletMessage> All()
    {
        var message = new WalletMessage { Id = UInt128.MaxValue >> 32, SentAtUnixMs = 1_800_000_000_000, Kind = WalletMessageKind.Tick };
        yield return message;
        yield return message with { Kind = WalletMessageKind.Open, Settings = Settings, Note = new CommandNote("org", "key", "because \"ü\"") };
        yield return message with { Kind = WalletMessageKind.Report, Report = new LeaseReport(UInt128.MaxValue >> 32, 2, 3, 4, 5, 6, 7, 8, true) { PeriodNumber = 9, ShadowRefusedCalls = 10 } };
        WalletCommand[] commands =
        [
            new WalletCommand.BeginPeriod(new Period("day-2026-11-21", 1, 2)), new WalletCommand.ChangeLimit(null), new WalletCommand.RaiseLimit("r", 1),
            new WalletCommand.ChangeOverdraft(7), new WalletCommand.ChangeThresholds([1, 2]), new WalletCommand.ChangePeriod(PeriodRule.Lifetime),
            new WalletCommand.ChangeShadow(true), new WalletCommand.TopUp("t", 1), new WalletCommand.Adjust("a", -1), new WalletCommand.PrepareTransfer("x", -5),
            new WalletCommand.CommitTransfer("x"), new WalletCommand.CancelTransfer("x"), new WalletCommand.Freeze(), new WalletCommand.Unfreeze(),
            new WalletCommand.Close(), new WalletCommand.ResolveSuspense(1, 2, 3),
        ];
        foreach (var command in commands)
        {
            yield return message with { Kind = WalletMessageKind.Command, Command = command, Note = CommandNote.None };
        }
    }
}

using System.Buffers.Binary;
using System.IO.Compression;
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
    private const long Money = 900_000_000_000_000;

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

    [Theory]
    [InlineData(0)]
    [InlineData(sizeof(int))]
    public void A_state_of_another_form_is_not_used(int place)
    {
        var state = EntityScene.WithWallet().State!;
        var image = new byte[BinaryPrimitives.ReadInt32LittleEndian(state.Body)];
        Assert.True(BrotliDecoder.TryDecompress(state.Body.AsSpan(sizeof(int)), image, out _));
        image[place]++;
        var packed = new byte[BrotliEncoder.GetMaxCompressedLength(image.Length)];
        Assert.True(BrotliEncoder.TryCompress(image, packed, out var written));
        Assert.Throws<InvalidDataException>(
            () => WalletEntityBody.Load(state with { Body = [.. state.Body[..sizeof(int)], .. packed[..written]] }, EntityScene.Terms));
    }

    [Fact]
    public void A_state_with_all_it_may_carry_stays_within_bounds()
    {
        var crowd = new Crowd();
        crowd.CloseLeases(100);
        crowd.Fill();
        Assert.Equal((200, 100), (crowd.Leases, crowd.Ended));
        InBounds(crowd.Scene);
    }

    [Fact]
    public void A_thousand_leases_closed_within_two_minutes_do_not_break_the_bounds()
    {
        // All but one are kept; the one is opened and closed again and again, as long as there is room to remember it.
        var crowd = new Crowd();
        crowd.OpenLeases(EntityScene.Terms.MaxLeases - 1);
        crowd.CloseLeases(1_000);
        crowd.Fill();
        Assert.Equal(EntityScene.Terms.MaxLeases + EntityScene.Terms.MaxEndedLeases, crowd.Leases + crowd.Ended);
        InBounds(crowd.Scene);
    }

    private static void InBounds(EntityScene scene)
    {
        var bytes = Encoding.UTF8.GetByteCount(WalletEntityJson.Write(scene.State!));
        TestContext.Current.SendDiagnosticMessage($"{bytes} bytes");
        Assert.InRange(bytes, 15_000, MostBytes);
    }

    /// <summary>A wallet with three periods and fifty top-ups to remember, and all that may come on top; no two figures are alike.</summary>
    private sealed class Crowd
    {
        private readonly Simulation.SimRandom _random = new(7);
        private readonly List<UInt128> _open = [];
        private readonly List<UInt128> _closed = [];
        private readonly IdSource _ids;

        public Crowd()
        {
            _ids = new IdSource(TimeProvider.System, _random.Fill);
            Report(_ids.NewLeaseId(), 1);
            Scene.After(Day);
            for (var topUp = 0; topUp < 50; topUp++)
            {
                Scene.Deliver(Scene.Command(new WalletCommand.TopUp(_ids.NewId("tr"), _random.Between(1, Money))));
                Scene.After(10_000);
            }

            Scene.After(Day);
            Scene.Deliver(Scene.Tick());
        }

        public EntityScene Scene { get; } = EntityScene.WithWallet(limit: 900_000_000_000_000_000, rule: new PeriodRule(PeriodKind.Daily, 1, "Europe/Berlin"));

        public int Leases => Scene.Body.Wallet!.ReadLeases().Count;

        /// <summary>How many leases that ended the wallet remembers: those it says so of.</summary>
        public int Ended
        {
            get
            {
                var (wallet, now) = (Scene.Body.Wallet!, Scene.Time.UnixMs);
                return _closed.Count(id => wallet.Exchange(new LeaseReport(id, 2, now, 0, 0, 0, 0, 0, false), now).Outcome == LeaseOutcome.LeaseEnded);
            }
        }

        public void OpenLeases(int count)
        {
            for (; count > 0; count--)
            {
                _open.Add(_ids.NewLeaseId());
                Report(_open[^1], 1);
            }
        }

        public void CloseLeases(int count)
        {
            for (; count > 0; count--)
            {
                _closed.Add(_ids.NewLeaseId());
                Report(_closed[^1], 1);
                Report(_closed[^1], 2, closing: true);
                Scene.After(100);
            }
        }

        /// <summary>As many leases as there may be, each with an answer, some that wait; commands that are remembered, and lines that are not handed on.</summary>
        public void Fill()
        {
            OpenLeases(EntityScene.Terms.MaxLeases - _open.Count);
            for (var seq = 2; seq < 5; seq++)
            {
                foreach (var id in _open)
                {
                    Report(id, seq * 1_000, need: _random.Chance(250) ? 800_000_000_000_000_000 : 0);
                    Scene.After(_random.Between(1, 30));
                }
            }

            Scene.State = Scene.Host.Published(Scene.State!, long.MaxValue);
            for (var command = 0; command < WalletEntityHost.MostCommands; command++)
            {
                WalletCommand what = command < 20 ? new WalletCommand.Adjust(_ids.NewId("adj"), _random.Between(1, Money)) : new WalletCommand.Unfreeze();
                Scene.Deliver(Scene.Command(what) with { Id = _ids.NewLeaseId(), Note = new CommandNote("org_1", _ids.NewId("key"), "A note of some length: " + _ids.NewId("x")) });
                Scene.After(20);
            }

            Assert.Equal((WalletEntityHost.MostCommands, 20), (Scene.Body.Commands.Count, Scene.Outbox.Count(static l => l.Line.Kind == "adjusted")));
        }

        private void Report(UInt128 leaseId, long seq, long need = 0, bool closing = false)
        {
            var target = _random.Between(1, Money);
            var spent = seq * _random.Between(1, Money / 1_000_000);
            Scene.Deliver(Scene.Report() with
            {
                Report = new LeaseReport(leaseId, seq, Scene.Time.UnixMs, spent, closing ? 0 : target / 3, closing ? 0 : target, target, need, closing) { ShadowRefusedCalls = seq },
            });
        }
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
            new WalletCommand.Close(), new WalletCommand.ResolveSuspense(1, 2, 3), new WalletCommand.Rerate("rr", 1, -5) { PeriodId = "day-2026-11-21" },
            new WalletCommand.Rerate("rr", 1, -5) { Split = new RerateSplit(-1, 2, -3, 1) },
            new WalletCommand.Suspend("c", 1, 2),
            new WalletCommand.SettleDispute("c", 1, 2, 1),
        ];
        foreach (var command in commands)
        {
            yield return message with { Kind = WalletMessageKind.Command, Command = command, Note = CommandNote.None };
        }
    }
}

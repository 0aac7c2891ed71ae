using AiOrchestrator.Core.Metering;
using AiOrchestrator.Ledger.Wallets;

namespace AiOrchestrator.Core.Tests.Wallets.Entities;

/// <summary>A statement's lines leave the entity after they are committed, every one of them, and as often as it takes.</summary>
public sealed class WalletEntityOutboxTests
{
    [Fact]
    public void Lines_stay_until_they_are_handed_on_and_later_ones_stay_longer()
    {
        var scene = EntityScene.WithWallet();
        scene.Deliver(scene.Command(new WalletCommand.Freeze()));
        var (committed, through) = (scene.State, scene.Outbox[^1].Number);
        scene.Deliver(scene.Command(new WalletCommand.Unfreeze()));

        scene.State = scene.Host.Published(scene.State!, through);
        Assert.Equal("unfrozen", Assert.Single(scene.Outbox).Line.Kind);
        Assert.True(scene.State.Version > committed!.Version);

        // Once more, by a copy of the signal: nothing happens.
        Assert.Same(scene.State, scene.Host.Published(scene.State, through));

        // An operation that died before it was committed: the line is there again, under its number.
        Assert.Equal(through, AiOrchestrator.Core.Wallets.Entities.WalletEntityHost.Outbox(committed)[^1].Number);
    }

    [Fact]
    public void Numbers_grow_and_say_when()
    {
        var scene = EntityScene.WithWallet();
        var numbers = new List<long>();
        for (var command = 0; command < 40; command++)
        {
            scene.Deliver(scene.Command(command % 2 == 0 ? new WalletCommand.Freeze() : new WalletCommand.Unfreeze()));
            numbers.Add(scene.Outbox[^1].Number);
            scene.After(command == 20 ? 5 : command == 30 ? -5_000 : 0);
            scene.State = scene.Host.Published(scene.State!, scene.Outbox[^1].Number);
        }

        Assert.Equal(numbers.Distinct().Order(), numbers);
        Assert.Equal((scene.Time.UnixMs + 5_000 - StatementNumbers.EpochUnixMs) << 13, numbers[21]);
    }

    [Fact]
    public void Lines_that_were_not_handed_on_are_asked_for_again()
    {
        var scene = EntityScene.WithWallet();
        Assert.True(scene.Deliver(scene.Command(new WalletCommand.Freeze())).HasOutbox);
        Assert.False(scene.Deliver(scene.Command(new WalletCommand.Freeze())).HasOutbox);
        scene.After(30_000);
        var step = scene.Deliver(scene.Tick());
        Assert.True(step.HasOutbox);
        Assert.Equal(scene.Time.UnixMs + 30_000, step.WakeAtUnixMs);
        scene.After(29_999);
        Assert.False(scene.Deliver(scene.Tick()).HasOutbox);
    }

    [Fact]
    public void Lines_and_calls_come_to_the_wallets_figures()
    {
        const long day = 24 * 3_600_000;
        var scene = EntityScene.WithWallet();
        scene.Deliver(scene.Report(target: 600));
        scene.Deliver(scene.Report(seq: 2, spent: 100, held: 300));
        scene.After(day / 2);
        scene.Deliver(scene.Tick());
        scene.Deliver(scene.Report(seq: 3, spent: 150));
        scene.After(day);
        scene.Deliver(scene.Tick());
        Assert.Equal((400, 0), (scene.Figures.SpentNanoUsd, scene.Figures.SuspenseNanoUsd));
        Assert.Equal((400, 0), Fold(scene, calls: 150));

        // Its holder slept: what was charged without explanation is explained, and what was more comes on top.
        scene.Deliver(scene.Report(seq: 4, spent: 360));
        Assert.Equal((400, 0), Fold(scene, calls: 360));
        scene.Deliver(scene.Report(seq: 5, spent: 450));
        Assert.Equal((450, 0), (scene.Figures.SpentNanoUsd, scene.Figures.SuspenseNanoUsd));
        Assert.Equal((450, 0), Fold(scene, calls: 450));
        Assert.Equal(
        [
            ("lease_reclaimed", "allowance", "suspense", 300),
            ("suspense_released", "suspense", "allowance", 50),
            ("unattributed", "suspense", "spent", 250),
            ("unattributed", "spent", "allowance", 210),
            ("unattributed", "spent", "allowance", 40),
        ],
            scene.Outbox.Select(static l => (l.Line.Kind, l.Line.Debit, l.Line.Credit, l.Line.AmountNanoUsd)).Where(static l => l.Kind != "threshold_crossed"));
    }

    private static (long Spent, long Suspense) Fold(EntityScene scene, long calls) => (Balance(scene, "spent") + calls, Balance(scene, "suspense"));

    private static long Balance(EntityScene scene, string account) =>
        scene.Outbox.Sum(l => l.Line.Credit == account ? l.Line.AmountNanoUsd : l.Line.Debit == account ? -l.Line.AmountNanoUsd : 0);

    [Fact]
    public void While_lines_are_on_their_way_no_more_are_asked_for_until_that_takes_too_long()
    {
        var scene = EntityScene.WithWallet();
        Assert.True(scene.Deliver(scene.Command(new WalletCommand.Freeze())).HasOutbox);
        Assert.False(scene.Deliver(scene.Command(new WalletCommand.Unfreeze())).HasOutbox);
        Assert.Equal(2, scene.Outbox.Count);
        scene.After(29_999);
        Assert.False(scene.Deliver(scene.Command(new WalletCommand.Freeze())).HasOutbox);
        scene.After(1);
        Assert.True(scene.Deliver(scene.Command(new WalletCommand.Unfreeze())).HasOutbox);
        Assert.Equal(4, scene.Outbox.Count);
    }
}

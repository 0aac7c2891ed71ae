using AiOrchestrator.Core.Wallets.Entities;
using AiOrchestrator.Ledger.Periods;
using AiOrchestrator.Ledger.Wallets;

namespace AiOrchestrator.Core.Tests.Wallets.Entities;

/// <summary>What an entity does with each kind of message, and with copies and latecomers.</summary>
public sealed class WalletEntityHostTests
{
    private const long Minute = 60_000;
    private const long Day = 24 * 60 * Minute;

    [Fact]
    public void A_tick_to_nobody_leaves_nothing()
    {
        var scene = new EntityScene();
        Assert.Equal(new WalletEntityStep(null, false, null), scene.Deliver(scene.Tick()));
    }

    [Fact]
    public void A_tick_before_its_time_changes_nothing()
    {
        var scene = EntityScene.WithWallet();
        var before = scene.State;
        Assert.Null(scene.Deliver(scene.Tick()).WakeAtUnixMs);
        Assert.Same(before, scene.State);

        var wake = scene.Deliver(scene.Report(target: 300)).WakeAtUnixMs;
        Assert.Equal(scene.Time.UnixMs + 30_000 + 900_000 + 10_000, wake);
        before = scene.State;
        scene.After(wake!.Value - scene.Time.UnixMs - 1);
        Assert.Equal(scene.Time.UnixMs + 1_000, scene.Deliver(scene.Tick()).WakeAtUnixMs);
        Assert.Same(before, scene.State);
    }

    [Fact]
    public void A_tick_in_time_reclaims_what_is_overdue_and_writes_it_down()
    {
        var scene = EntityScene.WithWallet();
        scene.After(scene.Deliver(scene.Report(target: 300)).WakeAtUnixMs!.Value - scene.Time.UnixMs);
        var step = scene.Deliver(scene.Tick());
        Assert.True(step.HasOutbox);
        Assert.Equal((0, 300), (scene.Figures.LeasedNanoUsd, scene.Figures.SuspenseNanoUsd));
        var line = Assert.Single(scene.Outbox).Line;
        Assert.Equal(("lease_reclaimed", "allowance", "suspense", 300, "org"), (line.Kind, line.Debit, line.Credit, line.AmountNanoUsd, line.OrganisationId));

        // The next thing that matters is the decision about them; before it, that the line is handed on.
        Assert.Equal(scene.Time.UnixMs + 30_000, step.WakeAtUnixMs);
        scene.State = scene.Host.Published(scene.State!, scene.Outbox[^1].Number);
        Assert.Equal(scene.Time.UnixMs + Day, scene.State.DueUnixMs);
    }

    [Fact]
    public void A_wallet_is_opened_once()
    {
        var scene = new EntityScene();
        var (first, second) = (scene.Open(1_000), scene.Open(5));
        Assert.True(scene.Deliver(first).HasOutbox);
        scene.Deliver(second);
        Assert.Equal((1, 0), (scene.Body.AnswerTo(first.Id)!.Value.Outcome, scene.Body.AnswerTo(second.Id)!.Value.Outcome));
        Assert.Equal(1_000, scene.Figures.LimitNanoUsd);
        var line = Assert.Single(scene.Outbox).Line;
        Assert.Equal(("period_opened", "org", "key_1"), (line.Kind, line.OrganisationId, line.Actor));
    }

    [Fact]
    public void Nobody_is_remembered_as_unknown_and_forgotten_when_the_answers_are_old()
    {
        var scene = new EntityScene();
        var (command, report) = (scene.Command(new WalletCommand.Freeze()), scene.Report(target: 10));
        scene.Deliver(report);
        var step = scene.Deliver(command);
        Assert.Equal(WalletCommandOutcome.WalletUnknown, scene.OutcomeOf(command));
        Assert.Null(scene.AnswerTo(report)!.Value.Reply);
        Assert.False(scene.State!.HasWallet);
        Assert.False(step.HasOutbox);

        scene.After(step.WakeAtUnixMs!.Value - scene.Time.UnixMs - 1);
        scene.Deliver(scene.Tick());
        Assert.NotNull(scene.State);
        scene.After(1);
        Assert.Null(scene.Deliver(scene.Tick()).State);
    }

    [Fact]
    public void A_wallet_may_be_opened_after_it_was_asked_for()
    {
        var scene = new EntityScene();
        scene.Deliver(scene.Report(target: 10));
        var before = scene.State!.Version;
        scene.Deliver(scene.Open());
        Assert.True(scene.State!.HasWallet);
        Assert.True(scene.State.Version > before);
        var report = scene.Report(seq: 2, target: 10);
        scene.Deliver(report);
        Assert.Equal(LeaseOutcome.LeaseUnknown, scene.AnswerTo(report)!.Value.Reply!.Value.Outcome);
    }

    [Fact]
    public void A_command_is_applied_and_its_line_says_who_and_why()
    {
        var scene = EntityScene.WithWallet();
        var (applied, refused) = (scene.Command(new WalletCommand.TopUp("top", 200)), scene.Command(new WalletCommand.ChangeLimit(-1)));
        Assert.True(scene.Deliver(applied).HasOutbox);
        Assert.False(scene.Deliver(refused).HasOutbox);
        Assert.Equal((WalletCommandOutcome.Applied, WalletCommandOutcome.AmountOutOfRange), (scene.OutcomeOf(applied), scene.OutcomeOf(refused)));
        var line = Assert.Single(scene.Outbox).Line;
        Assert.Equal(("topped_up", 200, "top", "org", "key_2", "why"), (line.Kind, line.AmountNanoUsd, line.Reference, line.OrganisationId, line.Actor, line.Note));
    }

    [Fact]
    public void Periods_that_are_due_begin_before_anything_is_asked()
    {
        var scene = EntityScene.WithWallet(rule: new PeriodRule(PeriodKind.Daily, 1, "UTC"));
        scene.Deliver(scene.Report(target: 300));
        scene.After(Day);
        var report = scene.Report(lease: 2, target: 300);
        scene.Deliver(report);
        Assert.Equal(2, scene.AnswerTo(report)!.Value.Reply!.Value.PeriodNumber);
        Assert.Equal([("lease_reclaimed", "clock"), ("period_opened", "clock")], scene.Outbox.Select(static l => (l.Line.Kind, l.Line.Actor)));

        var change = scene.Command(new WalletCommand.ChangePeriod(PeriodRule.Lifetime));
        scene.Deliver(change);
        Assert.Equal(WalletCommandOutcome.Applied, scene.OutcomeOf(change));
        Assert.Null(scene.Figures.ResetsUnixMs);
    }

    [Fact]
    public void A_copy_of_a_command_is_never_applied_however_late_it_comes()
    {
        var scene = EntityScene.WithWallet();
        var freeze = scene.Command(new WalletCommand.Freeze());
        scene.Deliver(freeze);
        scene.Deliver(scene.Command(new WalletCommand.Unfreeze()));

        for (var minutes = 0; minutes < 15; minutes++)
        {
            scene.Deliver(freeze);
            Assert.False(scene.Figures.Frozen, $"after {minutes} minutes");
            scene.After(Minute);

            // Something else comes by, and what is old is forgotten.
            scene.Deliver(scene.Command(new WalletCommand.Unfreeze()));
        }
    }

    [Fact]
    public void A_copy_of_a_command_from_ahead_is_never_applied_either()
    {
        var scene = EntityScene.WithWallet();
        var freeze = scene.Command(new WalletCommand.Freeze());
        freeze = freeze with { SentAtUnixMs = scene.Time.UnixMs + (5 * Minute) };
        scene.Deliver(freeze);
        Assert.True(scene.Figures.Frozen);
        for (var minutes = 0; minutes < 15; minutes++)
        {
            scene.Deliver(scene.Command(new WalletCommand.Unfreeze()));
            scene.Deliver(freeze);
            Assert.False(scene.Figures.Frozen, $"after {minutes} minutes");
            scene.After(Minute);
        }
    }

    [Theory]
    [InlineData(-5 * Minute, true)]
    [InlineData(5 * Minute, true)]
    [InlineData((-5 * Minute) - 1, false)]
    [InlineData((5 * Minute) + 1, false)]
    public void A_command_that_is_too_old_or_too_far_ahead_is_not_applied(long sentAfterMs, bool applied)
    {
        var scene = EntityScene.WithWallet();
        var before = scene.State;
        var freeze = scene.Command(new WalletCommand.Freeze());
        scene.Deliver(freeze with { SentAtUnixMs = scene.Time.UnixMs + sentAfterMs });
        Assert.Equal(applied, scene.Figures.Frozen);
        Assert.Equal(applied, !ReferenceEquals(before, scene.State));
    }

    [Fact]
    public void A_command_there_is_no_room_to_remember_is_not_applied()
    {
        var scene = EntityScene.WithWallet();
        for (var command = 1; command < WalletEntityHost.MostCommands; command++)
        {
            scene.Deliver(scene.Command(new WalletCommand.Unfreeze()));
        }

        var freeze = scene.Command(new WalletCommand.Freeze());
        scene.Deliver(freeze);
        Assert.False(scene.Figures.Frozen);
        Assert.Null(scene.OutcomeOf(freeze));

        scene.After(6 * Minute);
        freeze = scene.Command(new WalletCommand.Freeze());
        scene.Deliver(freeze);
        Assert.True(scene.Figures.Frozen);
    }

    [Fact]
    public void A_copy_of_a_report_does_not_take_the_place_of_its_answer()
    {
        var scene = EntityScene.WithWallet();
        var (first, second) = (scene.Report(target: 300), scene.Report(seq: 2, spent: 100, target: 500));
        scene.Deliver(first);
        Assert.Equal((LeaseOutcome.Granted, 1, 300), Told(scene, first));
        scene.Deliver(first);
        Assert.Equal((LeaseOutcome.Granted, 1, 300), Told(scene, first));

        // Nor the place of the answer to the one after it.
        scene.Deliver(second);
        scene.Deliver(first);
        Assert.Equal((LeaseOutcome.Granted, 2, 600), Told(scene, second));
        Assert.Null(scene.AnswerTo(first));

        // The answer goes when nobody can wait for it any more; a copy that comes then is not answered in its stead.
        scene.After(WalletEntityHost.RememberAnswerMs);
        scene.Deliver(second);
        Assert.Null(scene.AnswerTo(second));
        Assert.Equal((100, 500), (scene.Figures.SpentNanoUsd, scene.Figures.LeasedNanoUsd));
    }

    [Fact]
    public void A_closing_is_answered_though_its_lease_is_gone_and_copies_do_not_matter()
    {
        var scene = EntityScene.WithWallet();
        scene.Deliver(scene.Report(target: 300));
        var closing = scene.Report(seq: 2, spent: 120, closing: true);
        scene.Deliver(closing);
        scene.Deliver(closing);
        scene.Deliver(scene.Report(target: 300));
        Assert.Equal((LeaseOutcome.Granted, 2, 120), Told(scene, closing));
        Assert.Equal((120, 0), (scene.Figures.SpentNanoUsd, scene.Figures.LeasedNanoUsd));
    }

    [Fact]
    public void A_crowd_that_finds_no_room_leaves_the_answers_bounded()
    {
        var scene = EntityScene.WithWallet(limit: 1_000_000);
        for (var lease = 1; lease <= 600; lease++)
        {
            var report = scene.Report(lease, target: 10);
            scene.Deliver(report);
            Assert.Equal(lease <= EntityScene.Terms.MaxLeases ? LeaseOutcome.Granted : LeaseOutcome.TooManyLeases, Told(scene, report).Outcome);
        }

        Assert.Equal(WalletEntityHost.MostAnswers, scene.Body.Answers.Count);
    }

    [Fact]
    public void The_report_of_a_dead_holder_is_booked_whatever_its_number()
    {
        var scene = EntityScene.WithWallet();
        scene.Deliver(scene.Report(target: 300));
        scene.Deliver(scene.Report(seq: 17, spent: 50, held: 250));
        scene.After(Day / 2);
        scene.Deliver(scene.Tick());
        var reclaimed = Assert.Single(scene.Body.Wallet!.ReadReclaimed());
        Assert.Equal(((UInt128)1, 1, 50, 250), (reclaimed.LeaseId, reclaimed.PeriodNumber, reclaimed.ReportedNanoUsd, reclaimed.SuspenseNanoUsd));
        Assert.Equal(scene.Time.UnixMs, reclaimed.ReclaimedUnixMs);

        // What its calls' events say: it is no report the holder ever sent.
        var late = scene.Report(seq: 1, spent: 130);
        scene.Deliver(late);
        Assert.Equal(LeaseOutcome.LeaseEnded, Told(scene, late).Outcome);
        Assert.Equal((130, 170), (scene.Figures.SpentNanoUsd, scene.Figures.SuspenseNanoUsd));
        var last = scene.Report(seq: 2, spent: 130, closing: true);
        scene.Deliver(last);
        Assert.Equal(LeaseOutcome.LeaseEnded, Told(scene, last).Outcome);
        Assert.Equal((130, 0), (scene.Figures.SpentNanoUsd, scene.Figures.SuspenseNanoUsd));
        Assert.Empty(scene.Body.Wallet!.ReadReclaimed());
        Assert.Equal(
            [("lease_reclaimed", 250), ("suspense_released", 80), ("suspense_released", 170)], scene.Outbox.Select(static l => (l.Line.Kind, l.Line.AmountNanoUsd)));
    }

    [Fact]
    public void The_wallets_time_and_version_never_go_back()
    {
        var scene = EntityScene.WithWallet();
        scene.Deliver(scene.Command(new WalletCommand.Freeze()));
        var (before, number) = (scene.State!, scene.Outbox[^1].Number);
        scene.After(-2 * Minute);
        scene.Deliver(scene.Command(new WalletCommand.Unfreeze()));
        Assert.Equal(before.Version + 1, scene.State!.Version);
        Assert.Equal(number + 1, scene.Outbox[^1].Number);
    }

    [Fact]
    public void A_clock_that_goes_back_does_not_make_an_old_command_young_again()
    {
        var scene = EntityScene.WithWallet();
        var freeze = scene.Command(new WalletCommand.Freeze());
        scene.Deliver(freeze);
        scene.After(7 * Minute);
        scene.Deliver(scene.Command(new WalletCommand.Unfreeze()));
        Assert.Null(scene.OutcomeOf(freeze));
        scene.After(-7 * Minute);
        scene.Deliver(freeze);
        Assert.False(scene.Figures.Frozen);
    }

    [Fact]
    public void A_message_that_says_nothing_is_a_mistake()
    {
        var scene = EntityScene.WithWallet();
        var before = scene.State;
        Assert.Throws<ArgumentException>(() => scene.Deliver(scene.Tick() with { Kind = WalletMessageKind.Report }));
        Assert.Throws<ArgumentException>(() => scene.Deliver(scene.Tick() with { Kind = WalletMessageKind.Command }));
        Assert.Throws<ArgumentException>(() => scene.Deliver(scene.Tick() with { Kind = (WalletMessageKind)9 }));
        Assert.Same(before, scene.State);
        Assert.Throws<ArgumentException>(() => new EntityScene().Deliver(scene.Tick() with { Kind = WalletMessageKind.Open }));
    }

    private static (LeaseOutcome Outcome, long AppliedSeq, long GrantedNanoUsd) Told(EntityScene scene, WalletMessage report) =>
        scene.AnswerTo(report)!.Value.Reply is { } reply ? (reply.Outcome, reply.AppliedSeq, reply.GrantedNanoUsd) : default;
}

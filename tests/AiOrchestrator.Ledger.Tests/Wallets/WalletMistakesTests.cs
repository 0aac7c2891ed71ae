using AiOrchestrator.Ledger.Periods;
using AiOrchestrator.Ledger.Wallets;
using static AiOrchestrator.Ledger.Tests.Wallets.Scene;

namespace AiOrchestrator.Ledger.Tests.Wallets;

/// <summary>What networks, clocks and people do to a wallet, one by one.</summary>
public sealed class WalletMistakesTests
{
    private const long NextMidnight = Midnight + Day;

    [Fact]
    public void Every_message_arrives_twice()
    {
        var wallet = DailyWallet();
        LeaseReport[] messages = [Message(need: 400), Message(seq: 2, spent: 300, need: 100), Message(seq: 3, spent: 350, closing: true)];
        foreach (var message in messages)
        {
            wallet.Deliver(message, Now);
            wallet.Deliver(message, Now);
        }

        Assert.Equal((350, 0, 0), wallet.Figures());
    }

    [Fact]
    public void A_report_is_minutes_late_and_a_newer_one_was_faster()
    {
        var wallet = DailyWallet();
        wallet.Deliver(Message(need: 400), Now);
        wallet.Deliver(Message(seq: 3, spent: 300, keep: 50, at: Now + 20_000), Now + 20_000);
        var late = wallet.Deliver(Message(seq: 2, spent: 100, keep: 300, need: 500, at: Now + 10_000), Now + 80_000);
        Assert.Equal((LeaseOutcome.Duplicate, 3L, 350L), (late.Outcome, late.AppliedSeq, late.GrantedNanoUsd));
        Assert.Equal((300, 50, 0), wallet.Figures());
    }

    [Fact]
    public void A_report_is_minutes_late_and_nothing_newer_was_sent()
    {
        var wallet = DailyWallet();
        wallet.Deliver(Message(need: 400), Now);
        Assert.Equal(LeaseOutcome.Granted, wallet.Deliver(Message(seq: 2, spent: 100, keep: 300, at: Now + 10_000), Now + 90_000).Outcome);
        Assert.Equal((100, 300, 0), wallet.Figures());
    }

    [Fact]
    public void An_opening_is_minutes_late_and_its_holder_has_given_up()
    {
        var wallet = DailyWallet();
        Assert.Equal(LeaseOutcome.MessageTooOld, wallet.Deliver(Message(need: 400, at: Now), Now + (3 * Minute)).Outcome);
        Assert.Equal((0, 0, 0), wallet.Figures());
    }

    [Fact]
    public void Messages_arrive_in_the_opposite_order()
    {
        var wallet = DailyWallet();
        wallet.Deliver(Message(seq: 3, spent: 0, closing: true), Now);
        wallet.Deliver(Message(seq: 2, need: 10), Now);
        wallet.Deliver(Message(seq: 1, need: 400), Now);
        Assert.Equal((0, 0, 0), wallet.Figures());
    }

    [Fact]
    public void An_instance_sleeps_for_an_hour_and_nothing_is_rejected_or_counted_twice()
    {
        var wallet = DailyWallet();
        wallet.Deliver(Message(need: 600), Now);
        wallet.Deliver(Message(seq: 2, spent: 100, held: 500), Now);
        wallet.Tick(Now + Hour);
        Assert.Equal((100, 0, 500), wallet.Figures());

        // It wakes with a call that goes on, reports what ended, then the rest, each twice.
        foreach (var (spent, seq) in ((long, long)[])[(350, 3), (350, 3), (480, 4), (480, 4), (480, 5)])
        {
            Assert.Equal(LeaseOutcome.LeaseEnded, wallet.Deliver(Message(seq: seq, spent: spent, held: 0, at: Now + Hour), Now + Hour).Outcome);
        }

        Assert.Equal((480, 0, 120), wallet.Figures());
        Assert.Equal(LeaseOutcome.Granted, wallet.Deliver(Message(lease: 2, need: 400, at: Now + Hour), Now + Hour).Outcome);
        wallet.BeginDue(Now + (2 * Day));
        wallet.Tick(Now + (2 * Day));
        Assert.Equal((600, 0, 400), wallet.Figures(period: 1));
    }

    [Fact]
    public void An_instance_sleeps_for_three_days_and_what_it_held_was_charged_once()
    {
        var wallet = DailyWallet();
        wallet.Deliver(Message(need: 600), Now);
        (long, long, long) charged = default;
        for (var later = Now; later < Now + (3 * Day); later += Hour)
        {
            wallet.BeginDue(later);
            wallet.Tick(later);
            charged = later < Now + (2 * Day) ? wallet.Figures(period: 1) : charged;
        }

        Assert.Equal((600, 0, 0), charged);
        Assert.Equal(LeaseOutcome.LeaseUnknown, wallet.Deliver(Message(seq: 2, spent: 480, at: Now + (3 * Day)), Now + (3 * Day)).Outcome);
        Assert.Equal(LeaseOutcome.MessageTooOld, wallet.Deliver(Message(seq: 1, need: 600), Now + (3 * Day)).Outcome);
        Assert.Equal(LeaseOutcome.LeaseUnknown, wallet.Deliver(Message(seq: 3, spent: 480, closing: true, at: Now + (3 * Day)), Now + (3 * Day)).Outcome);
        Assert.Equal((0, 0, 0), wallet.Figures());
        Assert.Null(wallet.ReadPeriod(1));
    }

    [Fact]
    public void At_midnight_a_holder_whose_clock_is_45_s_ahead_is_in_the_next_day_already()
    {
        var wallet = DailyWallet();
        wallet.Deliver(Message(need: 400, at: NextMidnight - (50 * Second)), NextMidnight - (50 * Second));
        var ahead = NextMidnight - (40 * Second);
        var next = wallet.Deliver(Message(lease: 2, need: 700, at: ahead + (45 * Second), period: 2), ahead);
        Assert.Equal((LeaseOutcome.Granted, 2, "day-2026-11-22"), (next.Outcome, next.PeriodNumber, next.Period.Id));
        wallet.Deliver(Message(lease: 2, seq: 2, spent: 100, held: 600), ahead);
        Assert.Equal((0, 400, 0), wallet.Figures());
        Assert.Equal((100, 600, 0), wallet.Figures(period: 2));

        // Those whose clock is right still have all of today.
        Assert.Equal(LeaseOutcome.Granted, wallet.Deliver(Message(lease: 3, need: 600, at: ahead), ahead).Outcome);
    }

    [Fact]
    public void At_midnight_a_holder_whose_clock_is_45_s_behind_spends_what_it_has_of_the_old_day_and_gets_no_more_of_it()
    {
        var wallet = DailyWallet();
        wallet.Deliver(Message(need: 400, at: NextMidnight - (30 * Second)), NextMidnight - (30 * Second));
        var behind = NextMidnight + (40 * Second);
        var more = wallet.Deliver(Message(seq: 2, spent: 300, held: 100, need: 500, at: behind - (45 * Second)), behind);
        Assert.Equal((LeaseOutcome.PeriodEnded, 2L, 1, 400L), (more.Outcome, more.AppliedSeq, more.PeriodNumber, more.GrantedNanoUsd));
        Assert.Equal(LeaseOutcome.Granted, wallet.Deliver(Message(seq: 3, spent: 380, closing: true), behind).Outcome);
        Assert.Equal((380, 0, 0), wallet.Figures(period: 1));
        Assert.Equal((0, 0, 0), wallet.Figures(period: 2));

        // A new lease is one of the new day, though its holder does not believe it yet: none is opened on a day that is over.
        var opened = wallet.Deliver(Message(lease: 2, need: 10, at: behind - (45 * Second)), behind);
        Assert.Equal((LeaseOutcome.Granted, 2), (opened.Outcome, opened.PeriodNumber));
        Assert.Equal(LeaseOutcome.PeriodEnded, wallet.Deliver(Message(lease: 3, need: 10, at: behind - (45 * Second), period: 1), behind).Outcome);
    }

    [Fact]
    public void A_hundred_holders_renew_in_the_millisecond_in_which_the_day_ends()
    {
        var wallet = DailyWallet(limit: 100_000);
        for (var lease = 1; lease <= 100; lease++)
        {
            Assert.Equal(LeaseOutcome.Granted, wallet.Deliver(Message(lease, need: 1_000, at: NextMidnight - Second), NextMidnight - Second).Outcome);
        }

        _ = wallet.TakeEntries();
        for (var lease = 1; lease <= 100; lease++)
        {
            wallet.Deliver(Message(lease, seq: 2, spent: 600, held: 400, at: NextMidnight), NextMidnight);
            Assert.Equal(LeaseOutcome.Granted, wallet.Deliver(Message(100 + lease, need: 1_000, at: NextMidnight, period: 2), NextMidnight).Outcome);
        }

        Assert.Equal((60_000, 40_000, 0), wallet.Figures(period: 1));
        Assert.Equal((0, 100_000, 0), wallet.Figures(period: 2));
        Assert.Single(wallet.TakeEntries(), static e => e.Reason == EntryReason.PeriodOpened);
    }

    [Fact]
    public void Those_who_waited_for_yesterdays_money_do_not_stand_before_todays()
    {
        var wallet = DailyWallet();
        wallet.Deliver(Message(need: 1_000, at: NextMidnight - Second), NextMidnight - Second);
        wallet.Deliver(Message(lease: 2, need: 1_000, at: NextMidnight - 1), NextMidnight - 1);
        Assert.Equal(LeaseOutcome.Granted, wallet.Deliver(Message(lease: 3, need: 1_000, at: NextMidnight), NextMidnight).Outcome);
    }

    [Fact]
    public void Small_calls_do_not_starve_a_large_one_that_waits_and_are_served_after_it()
    {
        var wallet = DailyWallet();
        for (var lease = 1; lease <= 10; lease++)
        {
            wallet.Deliver(Message(lease, need: 100), Now);
        }

        // What comes back call by call is kept, though each small call would fit into it.
        var large = Message(lease: 50, need: 500);
        Assert.Equal(LeaseOutcome.Contended, wallet.Deliver(large, Now).Outcome);
        for (var lease = 1; lease <= 4; lease++)
        {
            var small = wallet.Deliver(Message(lease, seq: 2, spent: 10, need: 20, target: 100, keep: 0), Now + lease);
            Assert.Equal((LeaseOutcome.Contended, true), (small.Outcome, small.Pressure));
            Assert.Equal(LeaseOutcome.Contended, wallet.Deliver(large with { Seq = 1 + lease }, Now + lease).Outcome);
        }

        for (var lease = 5; lease <= 6; lease++)
        {
            wallet.Deliver(Message(lease, seq: 2, spent: 10), Now + 5);
        }

        Assert.Equal(LeaseOutcome.Granted, wallet.Deliver(large with { Seq = 9 }, Now + 6).Outcome);

        // 40 are left; the small ones wait in their order.
        Assert.Equal(LeaseOutcome.Contended, wallet.Deliver(Message(lease: 3, seq: 3, spent: 10, need: 20), Now + 7).Outcome);
        Assert.Equal(LeaseOutcome.Granted, wallet.Deliver(Message(lease: 1, seq: 3, spent: 10, need: 20), Now + 8).Outcome);
        Assert.Equal(LeaseOutcome.Granted, wallet.Deliver(Message(lease: 2, seq: 3, spent: 10, need: 20), Now + 8).Outcome);
        Assert.Equal(LeaseOutcome.Contended, wallet.Deliver(Message(lease: 3, seq: 4, spent: 10, need: 20), Now + 9).Outcome);
    }

    [Fact]
    public void A_large_call_that_nobody_waits_for_any_more_stands_in_the_way_for_two_seconds()
    {
        var wallet = DailyWallet();
        wallet.Deliver(Message(need: 900), Now);
        wallet.Deliver(Message(lease: 2, need: 500), Now);
        Assert.Equal(LeaseOutcome.Contended, wallet.Deliver(Message(lease: 3, need: 100), Now + 1_999).Outcome);
        Assert.Equal(LeaseOutcome.Granted, wallet.Deliver(Message(lease: 3, seq: 2, need: 100), Now + 2_000).Outcome);
    }

    [Fact]
    public void A_holder_that_sits_on_the_budget_gives_it_back_at_its_next_message()
    {
        var wallet = DailyWallet();
        wallet.Deliver(Message(need: 10, target: 1_000), Now);
        Assert.Equal(LeaseOutcome.Contended, wallet.Deliver(Message(lease: 2, need: 700), Now).Outcome);
        var pressed = wallet.Deliver(Message(seq: 2, held: 10, keep: 1_000, target: 1_000), Now + 100);
        Assert.Equal((true, 1_000L), (pressed.Pressure, pressed.GrantedNanoUsd));
        wallet.Deliver(Message(seq: 3, held: 10, keep: 10, target: 1_000), Now + 200);
        Assert.Equal(LeaseOutcome.Granted, wallet.Deliver(Message(lease: 2, seq: 2, need: 700), Now + 300).Outcome);
    }

    [Fact]
    public void A_limit_is_lowered_below_what_is_out_and_nothing_is_granted_until_enough_came_back()
    {
        var wallet = DailyWallet();
        wallet.Deliver(Message(need: 800), Now);
        Assert.Equal(WalletCommandOutcome.Applied, wallet.Apply(new WalletCommand.ChangeLimit(500), Now));
        Assert.Equal(300, wallet.Read().OverrunNanoUsd);
        Assert.Equal((LeaseOutcome.Contended, true), wallet.Deliver(Message(lease: 2, need: 1), Now) is var reply ? (reply.Outcome, reply.Pressure) : default);
        var spent = wallet.Deliver(Message(seq: 2, spent: 450, keep: 350, target: 900), Now);
        Assert.Equal((LeaseOutcome.Granted, 800L), (spent.Outcome, spent.GrantedNanoUsd));
        wallet.Deliver(Message(seq: 3, spent: 450, keep: 49), Now);
        Assert.Equal(0, wallet.Read().OverrunNanoUsd);
        Assert.Equal(LeaseOutcome.Granted, wallet.Deliver(Message(lease: 2, seq: 2, need: 1), Now).Outcome);
    }

    [Fact]
    public void A_transfer_of_the_last_day_is_carried_out_in_the_next_and_makes_no_money_there()
    {
        var source = DailyWallet();
        var destination = DailyWallet();
        Assert.Equal(WalletCommandOutcome.Applied, source.Apply(new WalletCommand.PrepareTransfer("t", -300), NextMidnight - 1));
        Assert.Equal(WalletCommandOutcome.Applied, destination.Apply(new WalletCommand.PrepareTransfer("t", 300), NextMidnight - 1));
        foreach (var wallet in (Wallet[])[source, destination])
        {
            wallet.BeginDue(NextMidnight + Hour);
            Assert.Equal(WalletCommandOutcome.Applied, wallet.Apply(new WalletCommand.CommitTransfer("t"), NextMidnight + Hour));
            Assert.Equal(WalletCommandOutcome.AlreadyApplied, wallet.Apply(new WalletCommand.CommitTransfer("t"), NextMidnight + Hour));
            Assert.Equal(1_000, wallet.Read(NextMidnight + Hour).AvailableNanoUsd);
            Assert.Equal(LeaseOutcome.Exhausted, wallet.Deliver(Message(need: 1_001, at: NextMidnight + Hour), NextMidnight + Hour).Outcome);
        }

        Assert.Equal((700, 1_300), (source.ReadPeriod(1)!.AllowanceNanoUsd, destination.ReadPeriod(1)!.AllowanceNanoUsd));
    }

    [Fact]
    public void A_transfer_that_is_undecided_for_a_week_is_cancelled_in_its_period()
    {
        var wallet = DailyWallet();
        wallet.Apply(new WalletCommand.PrepareTransfer("t", -300), Now);
        for (var day = 1; day <= 7; day++)
        {
            wallet.BeginDue(Now + (day * Day));
            wallet.Tick(Now + (day * Day));
            wallet = wallet.Reload();
        }

        Assert.Equal(WalletCommandOutcome.Applied, wallet.Apply(new WalletCommand.CancelTransfer("t"), Now + (7 * Day)));
        Assert.Equal((0, 0), (wallet.ReadPeriod(1)!.TransferredOutNanoUsd, wallet.Read().TransferredOutNanoUsd));
        wallet.BeginDue(Now + (8 * Day));
        wallet.Tick(Now + (8 * Day));
        Assert.Null(wallet.ReadPeriod(1));
    }

    [Fact]
    public void A_lease_that_lives_for_a_week_after_its_day_still_books_to_it()
    {
        var wallet = DailyWallet();
        wallet.Deliver(Message(need: 600), Now);
        var seq = 1;
        for (var later = Now; later < Now + (7 * Day); later += Minute)
        {
            wallet.Deliver(Message(seq: ++seq, held: 600, at: later), later);
        }

        wallet = wallet.Reload();
        wallet.Tick(Now + (7 * Day) + Hour);
        Assert.Equal((0, 0, 600), wallet.Figures(period: 1));
        wallet.Deliver(Message(seq: ++seq, spent: 250), Now + (8 * Day));
        Assert.Equal((250, 0, 350), wallet.Figures(period: 1));
    }

    [Fact]
    public void The_host_sleeps_for_a_week_and_begins_only_the_period_it_wakes_in()
    {
        var wallet = DailyWallet();
        wallet.BeginDue(Now + (7 * Day));
        Assert.Equal((2, "day-2026-11-28"), wallet.Read(Now + (7 * Day)) is var state ? (state.PeriodNumber, state.Period.Id) : default);
    }

    [Theory]
    [InlineData("+9", "UTC")]
    [InlineData("+14", "-12")]
    [InlineData("UTC", "-10")]
    public void A_zone_further_west_does_not_begin_a_day_twice(string from, string to)
    {
        for (var hour = 0; hour < 24; hour++)
        {
            var now = Midnight + (hour * Hour);
            var rule = new PeriodRule(PeriodKind.Daily, 1, from);
            var wallet = new Wallet("w", new WalletSettings { Rule = rule }, PeriodCalendar.At(rule, now - Day, Zones), Terms);
            wallet.BeginDue(now);
            Assert.Equal(WalletCommandOutcome.Applied, wallet.Apply(wallet.PeriodChange(rule with { Zone = to }, now, Zones), now));
            var ids = new HashSet<string>(StringComparer.Ordinal) { wallet.Read(now).Period.Id };
            var before = wallet.Read(now).Period;
            for (var later = now; later < now + (5 * Day); later += Hour)
            {
                wallet.BeginDue(later);
                var period = wallet.Read(later).Period;
                Assert.True(period == before || (ids.Add(period.Id) && period.StartUnixMs == before.EndUnixMs), period.ToString());
                Assert.True(period.StartUnixMs <= later && later < period.EndUnixMs);
                before = period;
            }

            Assert.InRange(ids.Count, 4, 6);
        }
    }
}

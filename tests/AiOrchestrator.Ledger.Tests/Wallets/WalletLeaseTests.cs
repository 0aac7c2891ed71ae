using AiOrchestrator.Ledger.Money;
using AiOrchestrator.Ledger.Wallets;
using static AiOrchestrator.Ledger.Tests.Wallets.Scene;

namespace AiOrchestrator.Ledger.Tests.Wallets;

public sealed class WalletLeaseTests
{
    [Fact]
    public void A_first_message_opens_a_lease_with_what_it_needs_and_wants()
    {
        var wallet = DailyWallet();
        var reply = wallet.Exchange(Message(need: 100, target: 300), Now);
        Assert.Equal((LeaseOutcome.Granted, 1, 300), (reply.Outcome, reply.AppliedSeq, reply.GrantedNanoUsd));
        Assert.Equal((1, "day-2026-11-21"), (reply.PeriodNumber, reply.Period.Id));
        Assert.Equal((0, 300, 0), wallet.Figures());
    }

    [Fact]
    public void A_wallet_without_a_limit_grants_whatever_is_wanted()
    {
        var wallet = new Wallet("w", null, Terms);
        Assert.Equal(NanoUsd.MaxAmount, wallet.Exchange(Message(need: 1, target: long.MaxValue / 4), Now).GrantedNanoUsd);
        Assert.Equal(long.MaxValue, wallet.Read().AvailableNanoUsd);
    }

    [Fact]
    public void However_much_is_wanted_and_said_to_be_spent_no_sum_overflows()
    {
        var wallet = new Wallet("w", null, Terms);
        for (var lease = 1; lease <= 200; lease++)
        {
            Assert.Equal(
                LeaseOutcome.Granted,
                wallet.Exchange(Message(lease, need: long.MaxValue, target: long.MaxValue, held: long.MaxValue), Now).Outcome);
        }

        Assert.Equal((0, 6 * NanoUsd.MaxAmount, 0), wallet.Figures());
        Assert.Equal(WalletCommandOutcome.Applied, wallet.Apply(new WalletCommand.ChangeLimit(5), Now));
        Assert.Equal((6 * NanoUsd.MaxAmount) - 5, wallet.Read().OverrunNanoUsd);
        _ = wallet.Exchange(Message(seq: 2, spent: long.MaxValue, held: long.MinValue, target: long.MinValue, need: long.MinValue, keep: long.MinValue), Now);
        Assert.Equal((NanoUsd.MaxAmount, 4 * NanoUsd.MaxAmount, 0), wallet.Figures());
    }

    [Fact]
    public void Wants_are_shared_among_leases_but_a_need_that_fits_is_granted_whole()
    {
        var wallet = DailyWallet();
        wallet.Exchange(Message(lease: 1, need: 100, target: 100), Now);
        Assert.Equal(450, wallet.Exchange(Message(lease: 2, need: 10, target: 10_000), Now).GrantedNanoUsd);
        Assert.Equal(450 + 400, wallet.Exchange(Message(lease: 2, seq: 2, held: 450, need: 400, target: 850), Now).GrantedNanoUsd);
    }

    [Fact]
    public void A_share_that_is_not_one_call_more_is_left_for_others()
    {
        var wallet = DailyWallet();
        wallet.Exchange(Message(lease: 1, need: 100, target: 100), Now);
        Assert.Equal(300, wallet.Exchange(Message(lease: 2, need: 300, target: 10_000), Now).GrantedNanoUsd);
    }

    [Fact]
    public void A_need_above_what_is_unspent_is_exhausted_however_much_is_only_held()
    {
        var wallet = DailyWallet();
        wallet.Exchange(Message(need: 600, target: 600), Now);
        wallet.Exchange(Message(seq: 2, spent: 500, target: 100), Now);
        var reply = wallet.Exchange(Message(lease: 2, need: 501, target: 501), Now);
        Assert.Equal((LeaseOutcome.Exhausted, 500L), (reply.Outcome, reply.UnspentNanoUsd));
        Assert.Equal(LeaseOutcome.Contended, wallet.Exchange(Message(lease: 2, seq: 2, need: 500, target: 500), Now).Outcome);
    }

    [Fact]
    public void The_overdraft_is_for_calls()
    {
        var wallet = DailyWallet(limit: 1_000, overdraft: 1_000);
        Assert.Equal(LeaseOutcome.Exhausted, wallet.Exchange(Message(need: 1_101), Now).Outcome);
        Assert.Equal(1_100, wallet.Exchange(Message(seq: 2, need: 1_100), Now).GrantedNanoUsd);
        Assert.Equal(WalletCommandOutcome.Contended, wallet.Apply(new WalletCommand.PrepareTransfer("t", -1_000), Now));
        Assert.Equal(WalletCommandOutcome.Exhausted, wallet.Apply(new WalletCommand.PrepareTransfer("t", -1_001), Now));
    }

    [Fact]
    public void A_need_that_only_other_leases_stand_against_is_contended_and_raises_pressure()
    {
        var wallet = DailyWallet();
        wallet.Exchange(Message(lease: 1, need: 900, target: 900), Now);
        var refused = wallet.Exchange(Message(lease: 2, need: 200, target: 200), Now);
        Assert.Equal(LeaseOutcome.Contended, refused.Outcome);
        Assert.Equal(200, wallet.ReadLeases().Single(static l => l.LeaseId == 2).WaitsForNanoUsd);
        var pressed = wallet.Exchange(Message(lease: 1, seq: 2, held: 100, target: 100), Now);
        Assert.Equal((LeaseOutcome.Granted, true, 100L), (pressed.Outcome, pressed.Pressure, pressed.GrantedNanoUsd));
        Assert.Equal(LeaseOutcome.Granted, wallet.Exchange(Message(lease: 2, seq: 2, need: 200, target: 200), Now).Outcome);
        Assert.Equal(0, wallet.ReadLeases().Single(static l => l.LeaseId == 2).WaitsForNanoUsd);
    }

    [Fact]
    public void A_renewal_that_needs_nothing_is_not_contended_by_those_who_wait()
    {
        var wallet = DailyWallet();
        wallet.Exchange(Message(lease: 1, need: 900, target: 900), Now);
        wallet.Exchange(Message(lease: 2, need: 500, target: 500), Now);
        Assert.Equal(LeaseOutcome.Granted, wallet.Exchange(Message(lease: 1, seq: 2, held: 900, target: 900), Now).Outcome);
        Assert.Equal(LeaseOutcome.Granted, wallet.Exchange(Message(lease: 3, need: 0, target: 50), Now).Outcome);
    }

    [Fact]
    public void Pressure_ends_when_nobody_has_asked_for_a_while()
    {
        var wallet = DailyWallet();
        wallet.Exchange(Message(lease: 1, need: 1_000), Now);
        wallet.Exchange(Message(lease: 2, need: 10), Now);
        Assert.True(wallet.Exchange(Message(lease: 1, seq: 2, held: 1_000), Now + 4_999).Pressure);
        Assert.False(wallet.Exchange(Message(lease: 1, seq: 3, held: 1_000), Now + 5_000).Pressure);
    }

    [Fact]
    public void A_duplicate_or_older_message_changes_nothing_and_says_what_holds()
    {
        var wallet = DailyWallet();
        wallet.Exchange(Message(need: 100, target: 100), Now);
        wallet.Exchange(Message(seq: 3, spent: 40, target: 200), Now);
        var before = wallet.Image();
        _ = wallet.TakeEntries();
        foreach (var seq in (long[])[3, 2, 1])
        {
            var reply = wallet.Exchange(Message(seq: seq, spent: 90, target: 900, closing: seq == 2), Now);
            Assert.Equal((LeaseOutcome.Duplicate, 3L, 240L), (reply.Outcome, reply.AppliedSeq, reply.GrantedNanoUsd));
        }

        Assert.Equal(before, wallet.Image());
        Assert.False(wallet.HasEntries);
    }

    [Fact]
    public void What_a_holder_keeps_it_keeps_though_it_would_like_less()
    {
        var wallet = DailyWallet();
        wallet.Exchange(Message(need: 600), Now);
        Assert.Equal(600, wallet.Exchange(Message(seq: 2, spent: 100, keep: 500, target: 0), Now).GrantedNanoUsd);
        Assert.Equal(150, wallet.Exchange(Message(seq: 3, spent: 100, keep: 50, target: 0), Now).GrantedNanoUsd);
    }

    [Fact]
    public void A_closed_lease_returns_its_remainder_and_a_late_duplicate_of_its_opening_opens_nothing()
    {
        var wallet = DailyWallet();
        var opening = Message(need: 100, target: 100);
        wallet.Exchange(opening, Now);
        wallet.Exchange(Message(seq: 2, spent: 30, closing: true), Now);
        Assert.Equal((30, 0, 0), wallet.Figures());
        Assert.Equal(LeaseOutcome.LeaseEnded, wallet.Exchange(opening, Now).Outcome);
        Assert.Equal((30, 0, 0), wallet.Figures());
    }

    [Fact]
    public void The_opening_of_a_holder_whose_clock_is_ahead_opens_nothing_after_its_lease_was_closed()
    {
        var wallet = DailyWallet();
        var opening = Message(need: 100, at: Now + (10 * Minute));
        wallet.Exchange(opening, Now);
        wallet.Exchange(Message(seq: 2, spent: 30, closing: true, at: Now + (10 * Minute)), Now);
        for (var later = Now; later < Now + Hour; later += 30 * Second)
        {
            Assert.NotEqual(LeaseOutcome.Granted, wallet.Exchange(opening, later).Outcome);
        }

        Assert.Equal((30, 0, 0), wallet.Figures());
    }

    [Fact]
    public void A_closing_that_overtakes_its_opening_leaves_no_lease_behind()
    {
        var wallet = DailyWallet();
        Assert.Equal(LeaseOutcome.LeaseUnknown, wallet.Exchange(Message(seq: 2, closing: true), Now).Outcome);
        Assert.Equal(LeaseOutcome.LeaseEnded, wallet.Exchange(Message(seq: 1, need: 100), Now + 59_000).Outcome);
        Assert.Empty(wallet.ReadLeases());
    }

    [Fact]
    public void The_remainder_of_a_silent_lease_waits_in_suspense_and_a_late_report_takes_it_from_there_then_overruns()
    {
        var wallet = DailyWallet();
        wallet.Exchange(Message(need: 900, target: 900), Now);
        wallet.Tick(Now + ReclaimAfterMs - 1);
        Assert.Equal((0, 900, 0), wallet.Figures());
        var after = Now + ReclaimAfterMs;
        wallet.Exchange(Message(lease: 2, target: 50, at: after), after);
        Assert.Equal((0, 50, 900), wallet.Figures());

        Assert.Equal(LeaseOutcome.LeaseEnded, wallet.Exchange(Message(seq: 2, spent: 700), after).Outcome);
        Assert.Equal((700, 50, 200), wallet.Figures());

        wallet.Exchange(Message(seq: 3, spent: 1_100), after);
        Assert.Equal((1_100, 50, 0), wallet.Figures());
        Assert.Equal(150, wallet.Read().OverrunNanoUsd);
        Assert.Equal(LeaseOutcome.Exhausted, wallet.Exchange(Message(lease: 2, seq: 2, held: 50, need: 1, target: 51), after).Outcome);
    }

    [Fact]
    public void What_nobody_explains_in_a_day_is_charged_and_a_later_report_is_part_of_it()
    {
        var wallet = DailyWallet();
        wallet.Exchange(Message(need: 900), Now);
        var reclaimed = Now + ReclaimAfterMs;
        wallet.Tick(reclaimed);
        wallet.Tick(reclaimed + Day - 1);
        Assert.Equal((0, 0, 900), wallet.Figures());
        wallet.Tick(reclaimed + Day);
        Assert.Equal((900, 0, 0), wallet.Figures());
        wallet.Exchange(Message(seq: 2, spent: 700), reclaimed + Day);
        Assert.Equal((900, 0, 0), wallet.Figures());
        wallet.Exchange(Message(seq: 3, spent: 950), reclaimed + Day);
        Assert.Equal((950, 0, 0), wallet.Figures());
    }

    [Fact]
    public void What_nobody_explains_in_a_day_is_released_where_the_terms_say_so()
    {
        var terms = Terms with { ReleaseUnattributed = true };
        var wallet = DailyWallet(terms: terms);
        wallet.Exchange(Message(need: 900), Now);
        wallet.Tick(Now + ReclaimAfterMs);
        wallet.Tick(Now + ReclaimAfterMs + Day);
        Assert.Equal((0, 0, 0), wallet.Figures());
        wallet.Exchange(Message(seq: 2, spent: 700), Now + ReclaimAfterMs + Day);
        Assert.Equal((700, 0, 0), wallet.Figures());
    }

    [Fact]
    public void A_report_repeated_after_its_lease_ended_is_booked_once()
    {
        var wallet = DailyWallet();
        wallet.Exchange(Message(need: 900, target: 900), Now);
        for (var i = 0; i < 3; i++)
        {
            wallet.Exchange(Message(seq: 2, spent: 700), Now + (2 * Hour));
        }

        Assert.Equal((700, 0, 200), wallet.Figures());
    }

    [Fact]
    public void Spending_above_the_grant_is_booked_and_stops_further_grants()
    {
        var wallet = DailyWallet();
        wallet.Exchange(Message(need: 1_000, target: 1_000), Now);
        wallet.Exchange(Message(seq: 2, spent: 1_250), Now);
        Assert.Equal((250, 0), (wallet.Read().OverrunNanoUsd, wallet.Read().AvailableNanoUsd));
        Assert.Equal(LeaseOutcome.Exhausted, wallet.Exchange(Message(seq: 3, spent: 1_250, need: 1), Now).Outcome);
    }

    [Fact]
    public void A_clock_that_goes_backwards_is_not_believed()
    {
        var wallet = DailyWallet();
        wallet.Exchange(Message(need: 10, target: 10), Now);
        wallet.Exchange(Message(lease: 2, at: Now + (2 * Hour)), Now + (2 * Hour));
        Assert.Equal((0, 0, 10), wallet.Figures());
        Assert.Equal(LeaseOutcome.MessageTooOld, wallet.Exchange(Message(lease: 3, need: 10, target: 10), Now).Outcome);
    }

    [Fact]
    public void A_shadow_grants_what_is_wanted_and_says_when_a_need_was_above_its_limit()
    {
        var wallet = DailyWallet(limit: 100, shadow: true);
        var within = wallet.Exchange(Message(need: 60, target: 5_000), Now);
        Assert.Equal((LeaseOutcome.Granted, 100L, false), (within.Outcome, within.GrantedNanoUsd, within.OverShadowLimit));
        var above = wallet.Exchange(Message(seq: 2, held: 100, keep: 100, need: 60, target: 5_000), Now);
        Assert.Equal((LeaseOutcome.Granted, 5_000L, true, false), (above.Outcome, above.GrantedNanoUsd, above.OverShadowLimit, above.Pressure));
        Assert.Equal(long.MaxValue, above.UnspentNanoUsd);

        _ = wallet.TakeEntries();
        wallet.Exchange(Message(seq: 3, spent: 90, keep: 10) with { ShadowRefusedCalls = 7 }, Now);
        wallet.Exchange(Message(seq: 4, spent: 90, keep: 10) with { ShadowRefusedCalls = 7 }, Now);
        Assert.Equal(7, wallet.Read().ShadowRefusedCalls);
        Assert.Equal(7, wallet.TakeEntries().Single(static e => e.Reason == EntryReason.ShadowRefused).Count);
        Assert.False(wallet.Exchange(Message(seq: 5, spent: 90, keep: 10), Now).OverShadowLimit);
    }

    [Fact]
    public void A_shadow_that_becomes_real_grants_nothing_until_what_it_granted_too_much_is_back()
    {
        var wallet = DailyWallet(limit: 100, shadow: true);
        wallet.Exchange(Message(need: 500), Now);
        Assert.Equal(WalletCommandOutcome.Applied, wallet.Apply(new WalletCommand.ChangeShadow(IsShadow: false), Now));
        Assert.Equal(400, wallet.Read().OverrunNanoUsd);
        var reply = wallet.Exchange(Message(lease: 2, need: 10), Now);
        Assert.Equal((LeaseOutcome.Contended, true), (reply.Outcome, reply.Pressure));
        wallet.Exchange(Message(seq: 2, spent: 20, keep: 0), Now);
        Assert.Equal(LeaseOutcome.Granted, wallet.Exchange(Message(lease: 2, seq: 2, need: 10), Now).Outcome);
    }

    [Fact]
    public void An_exchange_in_which_nothing_happens_allocates_nothing()
    {
#if DEBUG
        Assert.Skip("The invariants are checked after every step here, and that allocates.");
#endif
        var wallet = DailyWallet();
        wallet.Exchange(Message(need: 100), Now);
        wallet.Exchange(Message(lease: 2, need: 950), Now);
        wallet.Apply(new WalletCommand.TopUp("top", 1), Now);
        wallet.BeginDue(Midnight + Day - Second, asked: 2);
        wallet.Exchange(Message(seq: 2, held: 100), Midnight + Day - Second);
        _ = wallet.TakeEntries();
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var seq = 3; seq < 1_000; seq++)
        {
            wallet.Exchange(Message(seq: seq, held: 100), Midnight + Day - Second);
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    [Fact]
    public void A_holder_that_slept_and_then_gives_its_lease_up_explains_all_of_it()
    {
        var wallet = DailyWallet();
        wallet.Exchange(Message(need: 100, target: 300), Now);
        wallet.Tick(Now + ReclaimAfterMs);
        Assert.Equal((0, 0, 300), wallet.Figures());
        Assert.Equal(LeaseOutcome.LeaseEnded, wallet.Exchange(Message(seq: 2, spent: 70, closing: true), Now + Hour).Outcome);
        Assert.Equal((70, 0, 0), wallet.Figures());
        wallet.Tick(Now + (2 * Day));
        Assert.Equal(70, wallet.ReadPeriod(1)!.SpentNanoUsd);
    }
}

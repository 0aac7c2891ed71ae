using AiOrchestrator.Ledger.Wallets;

namespace AiOrchestrator.Ledger.Tests.Wallets;

public sealed class WalletTests
{
    private const long Now = 1_000_000_000;
    private static readonly LeaseTerms Terms = new(CallMaxMs: 60_000) { GraceMs = 1_000 };

    [Fact]
    public void A_first_message_opens_a_lease_with_what_it_needs_and_wants()
    {
        var wallet = new Wallet("w", 1_000, Terms);
        var reply = wallet.Exchange(Message(seq: 1, need: 100, target: 300), Now);
        Assert.Equal((LeaseOutcome.Granted, 1, 300), (reply.Outcome, reply.AppliedSeq, reply.GrantedNanoUsd));
        Assert.Equal(300, wallet.Read().LeasedNanoUsd);
    }

    [Fact]
    public void A_wallet_without_a_limit_grants_whatever_is_wanted()
    {
        var wallet = new Wallet("w", null, Terms);
        Assert.Equal(long.MaxValue / 4, wallet.Exchange(Message(seq: 1, need: 1, target: long.MaxValue / 4), Now).GrantedNanoUsd);
        Assert.Equal(long.MaxValue, wallet.Read().AvailableNanoUsd);
    }

    [Fact]
    public void Wants_are_shared_among_leases_but_a_need_that_fits_is_granted_whole()
    {
        var wallet = new Wallet("w", 1_000, Terms);
        wallet.Exchange(Message(lease: 1, seq: 1, need: 100, target: 100), Now);
        Assert.Equal(450, wallet.Exchange(Message(lease: 2, seq: 1, need: 10, target: 10_000), Now).GrantedNanoUsd);
        Assert.Equal(450 + 400, wallet.Exchange(Message(lease: 2, seq: 2, held: 450, need: 400, target: 850), Now).GrantedNanoUsd);
    }

    [Fact]
    public void A_need_above_what_is_unspent_is_exhausted_however_much_is_only_held()
    {
        var wallet = new Wallet("w", 1_000, Terms);
        wallet.Exchange(Message(seq: 1, need: 600, target: 600), Now);
        wallet.Exchange(Message(seq: 2, spent: 500, target: 100), Now);
        var reply = wallet.Exchange(Message(lease: 2, seq: 1, need: 501, target: 501), Now);
        Assert.Equal((LeaseOutcome.Exhausted, 500L), (reply.Outcome, reply.UnspentNanoUsd));
        Assert.Equal(LeaseOutcome.Contended, wallet.Exchange(Message(lease: 2, seq: 2, need: 500, target: 500), Now).Outcome);
    }

    [Fact]
    public void A_need_that_only_other_leases_stand_against_is_contended_and_raises_pressure()
    {
        var wallet = new Wallet("w", 1_000, Terms);
        wallet.Exchange(Message(lease: 1, seq: 1, need: 900, target: 900), Now);
        var refused = wallet.Exchange(Message(lease: 2, seq: 1, need: 200, target: 200), Now);
        Assert.Equal(LeaseOutcome.Contended, refused.Outcome);
        var pressed = wallet.Exchange(Message(lease: 1, seq: 2, held: 100, target: 100), Now);
        Assert.True(pressed.Pressure);
        Assert.Equal(100, pressed.GrantedNanoUsd);
        Assert.Equal(LeaseOutcome.Granted, wallet.Exchange(Message(lease: 2, seq: 2, need: 200, target: 200), Now).Outcome);
    }

    [Fact]
    public void A_duplicate_or_older_message_changes_nothing_and_says_what_holds()
    {
        var wallet = new Wallet("w", 1_000, Terms);
        wallet.Exchange(Message(seq: 1, need: 100, target: 100), Now);
        wallet.Exchange(Message(seq: 3, spent: 40, target: 200), Now);
        var before = wallet.Read();
        foreach (var seq in (long[])[3, 2, 1])
        {
            var reply = wallet.Exchange(Message(seq: seq, spent: 90, target: 900), Now);
            Assert.Equal((LeaseOutcome.Duplicate, 3L, 240L), (reply.Outcome, reply.AppliedSeq, reply.GrantedNanoUsd));
        }

        Assert.Equal(before, wallet.Read());
    }

    [Fact]
    public void A_lease_is_not_opened_by_a_message_from_long_ago()
    {
        var wallet = new Wallet("w", 1_000, Terms);
        wallet.Exchange(Message(lease: 9, seq: 1, target: 1), Now);
        var stale = Message(lease: 1, seq: 1, need: 10, target: 10) with { SentAtUnixMs = Now - 60_001 };
        Assert.Equal(LeaseOutcome.MessageTooOld, wallet.Exchange(stale, Now).Outcome);
        Assert.Equal(LeaseOutcome.Granted, wallet.Exchange(stale with { SentAtUnixMs = Now - 60_000 }, Now).Outcome);
    }

    [Fact]
    public void A_closed_lease_returns_its_remainder_and_a_late_duplicate_of_its_opening_opens_nothing()
    {
        var wallet = new Wallet("w", 1_000, Terms);
        var opening = Message(seq: 1, need: 100, target: 100);
        wallet.Exchange(opening, Now);
        wallet.Exchange(Message(seq: 2, spent: 30) with { Closing = true }, Now);
        Assert.Equal((30, 0, 0), Figures(wallet));
        Assert.Equal(LeaseOutcome.LeaseEnded, wallet.Exchange(opening, Now).Outcome);
        Assert.Equal((30, 0, 0), Figures(wallet));
    }

    [Fact]
    public void Only_a_leases_first_message_opens_it()
    {
        var wallet = new Wallet("w", 1_000, Terms);
        Assert.Equal(LeaseOutcome.LeaseUnknown, wallet.Exchange(Message(seq: 2, spent: 400, need: 10, target: 10), Now).Outcome);
        Assert.Equal((0, 0, 0), Figures(wallet));
    }

    [Fact]
    public void No_more_leases_are_opened_than_the_wallet_can_carry()
    {
        var wallet = new Wallet("w", 1_000, Terms with { MaxLeases = 2 });
        wallet.Exchange(Message(lease: 1, seq: 1, target: 1), Now);
        wallet.Exchange(Message(lease: 2, seq: 1, target: 1), Now);
        Assert.Equal(LeaseOutcome.TooManyLeases, wallet.Exchange(Message(lease: 3, seq: 1, target: 1), Now).Outcome);
    }

    [Fact]
    public void The_remainder_of_a_silent_lease_waits_in_suspense_and_a_late_report_takes_it_from_there_then_overruns()
    {
        var wallet = new Wallet("w", 1_000, Terms);
        wallet.Exchange(Message(seq: 1, need: 900, target: 900), Now);
        var after = Now + LeaseTerms.ValidForMs(1) + 60_000 + 1_000;
        wallet.Exchange(Message(lease: 2, seq: 1, target: 50) with { SentAtUnixMs = after }, after);
        Assert.Equal((0, 50, 900), Figures(wallet));

        Assert.Equal(LeaseOutcome.LeaseEnded, wallet.Exchange(Message(seq: 2, spent: 700), after).Outcome);
        Assert.Equal((700, 50, 200), Figures(wallet));

        wallet.Exchange(Message(seq: 3, spent: 1_100), after);
        Assert.Equal((1_100, 50, 0), Figures(wallet));
        Assert.Equal(150, wallet.Read().OverrunNanoUsd);
        Assert.Equal(LeaseOutcome.Exhausted, wallet.Exchange(Message(lease: 2, seq: 2, held: 50, need: 1, target: 51), after).Outcome);
    }

    [Fact]
    public void A_report_repeated_after_its_lease_ended_is_booked_once()
    {
        var wallet = new Wallet("w", 1_000, Terms);
        wallet.Exchange(Message(seq: 1, need: 900, target: 900), Now);
        var after = Now + 10_000_000;
        for (var i = 0; i < 3; i++)
        {
            wallet.Exchange(Message(seq: 2, spent: 700), after);
        }

        Assert.Equal((700, 0, 200), Figures(wallet));
    }

    [Fact]
    public void Spending_above_the_grant_is_booked_and_stops_further_grants()
    {
        var wallet = new Wallet("w", 1_000, Terms);
        wallet.Exchange(Message(seq: 1, need: 1_000, target: 1_000), Now);
        wallet.Exchange(Message(seq: 2, spent: 1_250), Now);
        Assert.Equal(250, wallet.Read().OverrunNanoUsd);
        Assert.Equal(0, wallet.Read().AvailableNanoUsd);
    }

    [Fact]
    public void A_limit_below_what_is_committed_is_taken_and_leaves_an_overrun_until_leases_return()
    {
        var wallet = new Wallet("w", 1_000, Terms);
        wallet.Exchange(Message(seq: 1, need: 800, target: 800), Now);
        Assert.Equal(WalletCommandOutcome.Applied, wallet.Apply(new WalletCommand.ChangeLimit(500)));
        Assert.Equal(300, wallet.Read().OverrunNanoUsd);
        Assert.Equal(LeaseOutcome.Contended, wallet.Exchange(Message(lease: 2, seq: 1, need: 1, target: 1), Now).Outcome);
        wallet.Exchange(Message(seq: 2, target: 0), Now);
        Assert.Equal(0, wallet.Read().OverrunNanoUsd);
        Assert.Equal(LeaseOutcome.Granted, wallet.Exchange(Message(lease: 2, seq: 2, need: 1, target: 1), Now).Outcome);
    }

    [Fact]
    public void A_clock_that_goes_backwards_is_not_believed()
    {
        var wallet = new Wallet("w", 1_000, Terms);
        wallet.Exchange(Message(seq: 1, need: 10, target: 10), Now);
        wallet.Exchange(Message(lease: 2, seq: 1, target: 0) with { SentAtUnixMs = Now + 10_000_000 }, Now + 10_000_000);
        Assert.Equal((0, 0, 10), Figures(wallet));
        Assert.Equal(LeaseOutcome.MessageTooOld, wallet.Exchange(Message(lease: 3, seq: 1, need: 10, target: 10), Now).Outcome);
    }

    [Theory]
    [InlineData(WalletCommandOutcome.WalletClosed)]
    [InlineData(WalletCommandOutcome.AmountOutOfRange)]
    [InlineData(WalletCommandOutcome.CallsOutstanding)]
    [InlineData(WalletCommandOutcome.Applied)]
    public void Each_outcome_of_a_command_has_its_case(WalletCommandOutcome outcome)
    {
        var wallet = new Wallet("w", 1_000, Terms);
        wallet.BookUnfinished(100);
        WalletCommand command = outcome switch
        {
            WalletCommandOutcome.AmountOutOfRange => new WalletCommand.ResolveSuspense(101, 0),
            WalletCommandOutcome.CallsOutstanding => new WalletCommand.Close(),
            _ => new WalletCommand.ResolveSuspense(100, 60),
        };
        if (outcome == WalletCommandOutcome.WalletClosed)
        {
            wallet.Apply(new WalletCommand.ResolveSuspense(100, 0));
            wallet.Apply(new WalletCommand.Close());
            command = new WalletCommand.ChangeLimit(1);
        }

        var before = wallet.Read();
        Assert.Equal(outcome, wallet.Apply(command));
        if (outcome == WalletCommandOutcome.Applied)
        {
            Assert.Equal((60, 0, 0), Figures(wallet));
        }
        else
        {
            Assert.Equal(before, wallet.Read());
        }
    }

    [Fact]
    public void A_closed_wallet_grants_nothing_but_books_what_is_reported()
    {
        var wallet = new Wallet("w", 1_000, Terms);
        wallet.Exchange(Message(seq: 1, need: 100, target: 100), Now);
        Assert.Equal(WalletCommandOutcome.Applied, wallet.Apply(new WalletCommand.Close()));
        Assert.Equal(LeaseOutcome.WalletClosed, wallet.Exchange(Message(seq: 2, spent: 70, need: 500, target: 500), Now).Outcome);
        Assert.Equal(LeaseOutcome.WalletClosed, wallet.Exchange(Message(lease: 2, seq: 1, need: 1, target: 1), Now).Outcome);
        Assert.Equal(70, wallet.Read().SpentNanoUsd);
    }

    private static (long Spent, long Leased, long Suspense) Figures(Wallet wallet)
    {
        var state = wallet.Read();
        return (state.SpentNanoUsd, state.LeasedNanoUsd, state.SuspenseNanoUsd);
    }

    private static LeaseReport Message(
        int lease = 1, long seq = 1, long spent = 0, long held = 0, long target = 0, long need = 0) =>
        new((UInt128)lease, seq, Now, spent, held, target, need, Closing: false);
}

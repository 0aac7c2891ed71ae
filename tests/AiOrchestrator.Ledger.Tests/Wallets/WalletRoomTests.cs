using AiOrchestrator.Ledger.Wallets;
using static AiOrchestrator.Ledger.Tests.Wallets.Scene;

namespace AiOrchestrator.Ledger.Tests.Wallets;

/// <summary>A wallet remembers leases that ended, but not more than its image has room for.</summary>
public sealed class WalletRoomTests
{
    private static readonly LeaseTerms Small = Terms with { MaxLeases = 2, MaxEndedLeases = 4 };

    [Fact]
    public void Where_too_many_were_given_up_none_is_opened_until_they_are_forgotten()
    {
        var wallet = DailyWallet(terms: Small);
        for (var lease = 1; lease <= 6; lease++)
        {
            Assert.Equal(LeaseOutcome.Granted, wallet.Exchange(Message(lease), Now).Outcome);
            wallet.Exchange(Message(lease, seq: 2, closing: true), Now);
        }

        Assert.Equal(LeaseOutcome.TooManyLeases, wallet.Exchange(Message(lease: 7), Now).Outcome);
        var later = Now + Small.RememberClosedMs;
        Assert.Equal(LeaseOutcome.Granted, wallet.Exchange(Message(lease: 7, at: later), later).Outcome);
    }

    [Fact]
    public void Those_that_were_reclaimed_and_explained_make_room_the_longest_reclaimed_first()
    {
        var wallet = DailyWallet(terms: Small);
        var now = Now;
        for (var lease = 1; lease <= 6; lease++)
        {
            Assert.Equal(LeaseOutcome.Granted, wallet.Exchange(Message(lease, target: 10, at: now), now).Outcome);
            now += ReclaimAfterMs;
            wallet.Tick(now);
        }

        // Nothing is explained: what is in suspense is never forgotten.
        Assert.Equal(6, wallet.ReadReclaimed().Count);
        Assert.Equal(LeaseOutcome.TooManyLeases, wallet.Exchange(Message(lease: 7, at: now), now).Outcome);

        wallet.Exchange(Message(lease: 4, seq: 2, spent: 5, at: now, closing: true), now);
        wallet.Exchange(Message(lease: 2, seq: 2, spent: 5, at: now, closing: true), now);
        Assert.Equal(LeaseOutcome.Granted, wallet.Exchange(Message(lease: 7, at: now), now).Outcome);
        Assert.Equal([1, 3, 5, 6], wallet.ReadReclaimed().Select(static r => (int)r.LeaseId));
        Assert.Equal(LeaseOutcome.LeaseEnded, wallet.Exchange(Message(lease: 4, seq: 3, at: now), now).Outcome);
        Assert.Equal(LeaseOutcome.LeaseUnknown, wallet.Exchange(Message(lease: 2, seq: 3, at: now), now).Outcome);
    }

    [Fact]
    public void A_crowd_that_found_no_room_does_not_fill_the_memory_by_giving_up()
    {
        var wallet = DailyWallet(terms: Small);
        wallet.Exchange(Message(lease: 1), Now);
        wallet.Exchange(Message(lease: 2), Now);
        for (var lease = 3; lease < 100; lease++)
        {
            Assert.Equal(LeaseOutcome.TooManyLeases, wallet.Exchange(Message(lease), Now).Outcome);
            wallet.Exchange(Message(lease, seq: 2, closing: true), Now);
        }

        wallet.Exchange(Message(lease: 1, seq: 2, closing: true), Now);
        Assert.Equal(LeaseOutcome.Granted, wallet.Exchange(Message(lease: 100), Now).Outcome);
    }

    [Fact]
    public void When_time_next_means_something_for_money()
    {
        var wallet = DailyWallet(terms: Small);
        Assert.Equal(Midnight + Day, wallet.DueUnixMs);
        wallet.Exchange(Message(target: 10), Now);
        Assert.Equal(Now + ReclaimAfterMs, wallet.DueUnixMs);
        wallet.Tick(Now + ReclaimAfterMs);
        wallet.BeginDue(Now + Day);
        Assert.Equal(Now + ReclaimAfterMs + Day, wallet.DueUnixMs);
        var reclaimed = Assert.Single(wallet.Reload(Small).ReadReclaimed());
        Assert.Equal(new ReclaimedLease(1, 1, 0, 10, Now + ReclaimAfterMs), reclaimed);
    }
}

using AiOrchestrator.Core.Wallets;
using AiOrchestrator.Ledger.Wallets;

namespace AiOrchestrator.Core.Tests.Wallets;

/// <summary>Who waits for whom, what is remembered, and what is asked for before it is needed.</summary>
public sealed class LeaseQueueTests
{
    [Fact]
    public void A_limit_lowered_under_outstanding_leases_grants_nothing_until_enough_has_come_back()
    {
        using var scene = new LeaseScene(instances: 2);
        scene.Open("w", 1_000);
        var first = scene.Hold("w", 400);
        var second = scene.Hold("w", 400, at: 1);
        Assert.Equal(WalletCommandOutcome.Applied, scene.Apply("w", new WalletCommand.ChangeLimit(500)));
        Assert.Equal(300, scene.State("w").OverrunNanoUsd);
        Assert.Equal(HoldOutcome.Contended, scene.Outcome("w", 100));
        LeaseBook.Settle(ref first, 400);
        Assert.Equal(HoldOutcome.Contended, scene.Outcome("w", 100));
        LeaseBook.Settle(ref second, 0);
        scene.Pass(12_000);
        Assert.Equal(0, scene.State("w").OverrunNanoUsd);
        Assert.Equal(HoldOutcome.Held, scene.Outcome("w", 100));
        Assert.Equal(HoldOutcome.Exhausted, scene.Outcome("w", 101));
    }

    [Fact]
    public void A_refusal_is_remembered_for_a_second_or_two_and_then_asked_again()
    {
        using var scene = new LeaseScene();
        scene.Open("w", 100);
        Assert.Equal(HoldOutcome.Exhausted, scene.Outcome("w", 101));
        var sent = scene.Sent.Count;
        for (var call = 0; call < 9; call++)
        {
            Assert.Equal(HoldOutcome.Exhausted, scene.Outcome("w", 101));
            scene.Pass(100);
        }

        Assert.Equal(sent, scene.Sent.Count);
        scene.Apply("w", new WalletCommand.ChangeLimit(200));
        scene.Pass(1_100);
        Assert.Equal(HoldOutcome.Held, scene.Outcome("w", 101));
    }

    [Fact]
    public void A_remembered_refusal_does_not_refuse_what_fits()
    {
        using var scene = new LeaseScene();
        scene.Open("w", 100);
        Assert.Equal(HoldOutcome.Exhausted, scene.Outcome("w", 101));
        Assert.Equal(HoldOutcome.Held, scene.Outcome("w", 100));
    }

    [Fact]
    public void A_limit_raised_through_this_instance_counts_at_once_even_while_a_question_is_under_way()
    {
        using var scene = new LeaseScene(latencyMs: 100);
        scene.Open("w", 100);
        var asked = scene.Ask("w", 150);
        scene.Pass(150);
        scene.Apply("w", new WalletCommand.ChangeLimit(200));
        scene.Tell("w");
        Assert.Equal(HoldOutcome.Exhausted, scene.Answer(asked).Outcome);
        Assert.Equal(HoldOutcome.Held, scene.Outcome("w", 150));
    }

    [Fact]
    public void Calls_that_wait_on_one_teams_wallet_do_not_hold_up_another_team()
    {
        using var scene = new LeaseScene(latencyMs: 80);
        scene.Open("org", 100_000);
        scene.Open("a", 1_000, "org");
        scene.Open("b", 50_000, "org");
        var warm = scene.Hold("b", 5_000);
        LeaseBook.Settle(ref warm, 1_000);
        var all = scene.Hold("a", 950);
        var large = scene.Ask("a", 600);
        scene.Pass(10);

        // It is short of nothing, but may not pass the large one: it waits where that does, and nowhere else.
        var small = scene.Ask("a", 10);
        for (var turn = 0; turn < 10; turn++)
        {
            Assert.True(scene.CallsAtOnce("b", 100, 10, forMs: 20), "the other team waits");
            scene.Pass(100);
        }

        Assert.False(large.IsCompleted || small.IsCompleted);
        LeaseBook.Settle(ref all, 0);
        Assert.Equal((HoldOutcome.Held, HoldOutcome.Held), (scene.Answer(large).Outcome, scene.Answer(small).Outcome));
    }

    [Theory]
    [InlineData(500)]
    [InlineData(1_500)]
    [InlineData(5_000)]
    public void Whoever_comes_while_the_authority_is_silent_is_told_so_and_never_that_other_calls_hold_the_money(long timeoutMs)
    {
        using var scene = new LeaseScene { TimeoutMs = timeoutMs };
        scene.Open("w0", 1_000);
        scene.Hold("w0", 10);
        scene.Arrivals = static _ => [];
        scene.Pass(60_000);
        for (var i = 0; i < 30; i++)
        {
            var first = scene.Ask("w0", 500);
            scene.Pass(170 * (i % 10));
            var second = scene.Ask("w0", 600);
            Assert.Equal((HoldOutcome.Unavailable, HoldOutcome.Unavailable), (scene.Answer(first).Outcome, scene.Answer(second).Outcome));
        }

        scene.Arrivals = null;
        scene.Pass(10_000);
        Assert.Equal(HoldOutcome.Held, scene.Outcome("w0", 500));
    }

    [Fact]
    public void A_wallet_whose_authority_is_silent_keeps_nobody_waiting_longer_than_two_seconds_and_nobody_of_another_team()
    {
        using var scene = new LeaseScene();
        scene.Open("org", 100_000);
        scene.Open("a", 1_000, "org");
        scene.Open("b", 50_000, "org");
        var warm = scene.Hold("b", 5_000);
        LeaseBook.Settle(ref warm, 0);
        scene.Arrivals = static sent => sent.WalletId == "a" ? [] : [5];
        var silent = scene.Ask("a", 100);
        scene.Pass(50);
        Assert.Equal(HoldOutcome.Held, scene.Outcome("b", 20_000));
        scene.Pass(1_900);
        Assert.False(silent.IsCompleted);
        scene.Pass(60);
        Assert.True(silent.IsCompleted);
        Assert.Equal(HoldOutcome.Unavailable, scene.Answer(silent).Outcome);
    }

    [Theory]
    [InlineData(1, 50, 40, 100)]
    [InlineData(4, 50, 40, 20)]
    [InlineData(4, 10_000, 40, 100)]
    [InlineData(4, 10_000, 40, 4_000)]
    public void Once_warm_a_steady_load_never_waits(int depth, long holdNanoUsd, long costNanoUsd, int everyMs)
    {
        using var scene = new LeaseScene();
        var leaf = scene.OpenChain(depth, 10_000_000);
        var (start, waited) = (scene.World.NowMs, 0);
        while (scene.World.NowMs < start + 120_000)
        {
            var atOnce = scene.CallsAtOnce(leaf, holdNanoUsd, costNanoUsd, forMs: Math.Min(everyMs - 1, 900));
            waited += atOnce || scene.World.NowMs < start + 15_000 ? 0 : 1;
            scene.Pass(everyMs);
        }

        Assert.Equal(0, waited);
        Assert.InRange(scene.Sent.Count, 1, depth * 60);
    }

    [Fact]
    public void A_call_that_costs_more_than_it_held_leaves_the_holds_of_others_covered()
    {
        using var scene = new LeaseScene();
        scene.Open("w", 2_000);
        var first = scene.Hold("w", 500);
        var second = scene.Hold("w", 500);
        LeaseBook.Settle(ref first, 700);
        var third = scene.Hold("w", 100);
        Assert.InRange(scene.State("w").SpentNanoUsd + scene.State("w").LeasedNanoUsd, 700 + 500 + 100, 2_000);
        LeaseBook.Settle(ref second, 500);
        LeaseBook.Settle(ref third, 100);
        scene.Pass(60_000);
        Assert.Equal((1_300L, 0L), (scene.State("w").SpentNanoUsd, scene.State("w").LeasedNanoUsd));
    }

    [Fact]
    public void Holding_and_settling_four_wallets_deep_allocates_nothing()
    {
        using var scene = new LeaseScene(latencyMs: 0);
        var leaf = scene.OpenChain(4, null);
        var book = scene.Books[0];
        var path = book.PathOf(leaf);
        var warm = scene.Hold(leaf, 1_000_000);
        LeaseBook.Settle(ref warm, 0);
        for (var call = 0; call < 100; call++)
        {
            HoldAndSettle();
        }

        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var call = 0; call < 1_000; call++)
        {
            HoldAndSettle();
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);

        void HoldAndSettle()
        {
            var task = book.HoldAsync(path, 1_000, default);
            Assert.True(task.IsCompletedSuccessfully);
            var hold = task.Result.Hold;
            LeaseBook.Settle(ref hold, 0);
        }
    }
}

using AiOrchestrator.Core.Tests.Simulation;
using AiOrchestrator.Core.Wallets;
using AiOrchestrator.Ledger.Periods;
using AiOrchestrator.Ledger.Wallets;

namespace AiOrchestrator.Core.Tests.Wallets;

/// <summary>Mistakes others have made with shared budgets, by name.</summary>
public sealed class LeaseMistakesTests
{
    private const long Hour = 3_600_000;
    private const long Day = 24 * Hour;

    [Fact]
    public void A_message_that_arrives_twice_changes_nothing_and_refuses_nobody()
    {
        using var scene = new LeaseScene { Arrivals = static _ => [5, 400] };
        scene.Open("w", 1_000);
        var hold = scene.Hold("w", 400);
        LeaseBook.Settle(ref hold, 100);
        Assert.Equal(HoldOutcome.Held, scene.Outcome("w", 900));
        scene.Pass(2_000);
        Assert.Equal((100L, 900L), (scene.State("w").SpentNanoUsd, scene.State("w").LeasedNanoUsd));
    }

    [Fact]
    public void Where_only_the_answer_to_the_second_copy_comes_back_the_caller_is_served()
    {
        var first = true;
        using var scene = new LeaseScene
        {
            Arrivals = static _ => [5, 400],
            LosesAnswer = _ =>
            {
                (var was, first) = (first, false);
                return was;
            },
        };
        scene.Open("w", 1_000);
        Assert.Equal(HoldOutcome.Held, scene.Outcome("w", 400));
    }

    [Fact]
    public void Messages_delayed_by_minutes_and_out_of_order_change_nothing()
    {
        var random = new SimRandom(7);
        using var scene = new LeaseScene { Arrivals = _ => random.Chance(300) ? [240_000] : random.Chance(300) ? [4_000] : [5] };
        scene.Open("w", 1_000);
        long spent = 0;
        for (var call = 0; call < 20; call++)
        {
            var result = scene.Answer(scene.Ask("w", 40));
            if (result.Outcome == HoldOutcome.Held)
            {
                var hold = result.Hold;
                LeaseBook.Settle(ref hold, 10);
                spent += 10;
            }

            scene.Pass(7_000);
        }

        scene.Arrivals = null;
        scene.Pass(600_000);
        Assert.True(spent >= 50, $"{spent} were spent");
        Assert.Equal((spent, 0L, 0L), Figures(scene.State("w")));
    }

    [Fact]
    public void An_instance_that_slept_for_an_hour_admits_nothing_on_what_it_had_and_pays_for_nothing_it_did_not_use()
    {
        using var scene = new LeaseScene(instances: 2);
        scene.Open("w", 10_000);
        var open = scene.Hold("w", 600);
        var other = scene.Hold("w", 1_000);
        LeaseBook.Settle(ref other, 1_000);
        scene.Sleep(0, Hour);
        Assert.False(scene.Books[0].StillAdmits(open));
        Assert.Equal(1_600, scene.State("w").SuspenseNanoUsd + scene.State("w").SpentNanoUsd);
        LeaseBook.Settle(ref open, 250);
        Assert.Equal(HoldOutcome.Held, scene.Outcome("w", 700));
        scene.Pass(60_000);
        Assert.Equal(1_250, scene.State("w").SpentNanoUsd);
        Assert.Equal(0, scene.State("w").SuspenseNanoUsd);
        scene.Pass(2 * Day);
        Assert.Equal(1_250, scene.State("w").SpentNanoUsd);
    }

    [Fact]
    public void Two_clocks_apart_at_midnight_spend_each_day_once()
    {
        using var scene = new LeaseScene(instances: 2, startUnixMs: LeaseScene.Midnight - 100_000);
        (scene.Clocks[0].OffsetMs, scene.Clocks[1].OffsetMs) = (45_000, -45_000);
        scene.Open("w", 10_000, kind: PeriodKind.Daily);
        var served = new long[2];
        while (scene.World.NowMs < LeaseScene.Midnight + 100_000)
        {
            for (var instance = 0; instance < 2; instance++)
            {
                var result = scene.Answer(scene.Ask("w", 100, instance));
                if (result.Outcome == HoldOutcome.Held)
                {
                    var hold = result.Hold;
                    served[hold.At(0).PeriodNumber - 1] += 90;
                    LeaseBook.Settle(ref hold, 90);
                }
                else
                {
                    Assert.True(
                        result.Outcome == HoldOutcome.Exhausted || (result.Outcome == HoldOutcome.Contended && served.Any(static s => s > 9_000)),
                        $"{result.Outcome} after {served[0]} and {served[1]}");
                }
            }

            scene.Pass(500);
        }

        scene.Pass(60_000);
        Assert.All(served, static s => Assert.InRange(s, 9_000, 10_000));
        Assert.Equal((served[0], 0L, 0L), Figures(scene.State("w", 1)));
        Assert.Equal((served[1], 0L, 0L), Figures(scene.State("w", 2)));
    }

    [Fact]
    public void Where_the_wallet_begins_a_day_before_a_slow_clock_does_the_prepared_lease_is_used_and_none_is_left_behind()
    {
        using var scene = new LeaseScene(startUnixMs: LeaseScene.Midnight - 120_000);
        scene.Clocks[0].OffsetMs = -3_000;
        scene.Open("w", 1_000_000, kind: PeriodKind.Daily);
        while (scene.World.NowMs < LeaseScene.Midnight + 60_000)
        {
            var hold = scene.Hold("w", 50);
            LeaseBook.Settle(ref hold, 40);
            scene.Pass(250);
            if (scene.World.NowMs > LeaseScene.Midnight && scene.World.NowMs < LeaseScene.Midnight + 2_000)
            {
                // A change makes it talk to the wallet before its own midnight.
                scene.Tell("w");
            }
        }

        scene.Pass(60_000);
        Assert.Equal(0, scene.State("w").LeasedNanoUsd);
        scene.Pass(Hour);
        Assert.Equal(0, scene.State("w").SuspenseNanoUsd);
    }

    [Fact]
    public void At_the_second_of_the_reset_no_call_waits_and_the_wallet_is_not_stormed()
    {
        using var scene = new LeaseScene(instances: 10, startUnixMs: LeaseScene.Midnight - 60_000);
        scene.Open("root", 1_000_000, kind: PeriodKind.Daily);
        scene.Open("w", 1_000_000, "root", PeriodKind.Daily);
        var waited = 0;
        while (scene.World.NowMs < LeaseScene.Midnight + 10_000)
        {
            for (var instance = 0; instance < 10; instance++)
            {
                var atOnce = scene.CallsAtOnce("w", 50, 40, forMs: 400, instance);
                waited += atOnce || scene.World.NowMs < LeaseScene.Midnight - 30_000 ? 0 : 1;
            }

            scene.Pass(100);
        }

        Assert.Equal(0, waited);
        var busiest = scene.Sent.Where(static s => s.WalletId == "root" && Math.Abs(s.AtMs - LeaseScene.Midnight) < 10_000)
            .CountBy(static s => s.AtMs / 1_000).Max(static s => s.Value);
        Assert.InRange(busiest, 0, 30);
    }

    [Fact]
    public void Small_calls_do_not_starve_a_large_one_on_their_instance_or_on_another()
    {
        using var scene = new LeaseScene(instances: 2);
        scene.Open("w", 1_000);
        var running = true;
        for (var call = 0; call < 19; call++)
        {
            Repeat(call % 2);
        }

        scene.Pass(3_000);
        for (var turn = 0; turn < 6; turn++)
        {
            var since = scene.World.NowMs;
            var large = scene.Answer(scene.Ask("w", 900, at: turn % 2));
            while (large.Outcome != HoldOutcome.Held)
            {
                // Others learn of it with their next message, at the latest after ten seconds.
                Assert.True(scene.World.NowMs - since < 12_000, "small calls keep a large one from its money");
                scene.Pass(500);
                large = scene.Answer(scene.Ask("w", 900, at: turn % 2));
            }

            var hold = large.Hold;
            LeaseBook.Settle(ref hold, 0);
            scene.Pass(1_000);
        }

        running = false;
        scene.Pass(5_000);

        async void Repeat(int at)
        {
            while (running)
            {
                var result = await scene.Ask("w", 50, at);
                var hold = result.Hold;
                var end = new TaskCompletionSource();
                scene.World.After(result.Outcome == HoldOutcome.Held ? 300 : 500, null, end.SetResult);
                await end.Task;
                LeaseBook.Settle(ref hold, 0);
            }
        }
    }

    [Fact]
    public void An_instance_that_sits_idle_on_the_budget_gives_it_back()
    {
        using var scene = new LeaseScene(instances: 2);
        scene.Open("w", 1_000);
        for (var call = 0; call < 10; call++)
        {
            var hold = scene.Hold("w", 90);
            LeaseBook.Settle(ref hold, 30);
        }

        Assert.True(scene.State("w").LeasedNanoUsd > 0, "the first keeps something for what its spending makes likely");
        var since = scene.World.NowMs;
        while (scene.Outcome("w", 700, at: 1) != HoldOutcome.Held)
        {
            Assert.True(scene.World.NowMs - since < 12_000, "the second instance waits for what the first does not use");
            scene.Pass(100);
        }
    }

    private static (long Spent, long Leased, long Suspense) Figures(WalletState state) =>
        (state.SpentNanoUsd, state.LeasedNanoUsd, state.SuspenseNanoUsd);
}

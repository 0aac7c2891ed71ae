using AiOrchestrator.Core.Wallets;

namespace AiOrchestrator.Core.Tests.Wallets;

/// <summary>More calls than money: exactly as many are served as it pays for.</summary>
public sealed class LeaseCrowdTests
{
    private const int Calls = 1_000;
    private const int Paid = 100;
    private const long CostNanoUsd = 70;

    public static TheoryData<int, int, long> Trees()
    {
        var trees = new TheoryData<int, int, long>();
        for (var depth = 1; depth <= WalletPath.MaxDepth; depth++)
        {
            trees.Add(depth, 1, 0);
            trees.Add(depth, 1, 5);
            trees.Add(depth, 10, 0);
            trees.Add(depth, 10, 5);
        }

        return trees;
    }

    [Theory]
    [MemberData(nameof(Trees))]
    public void Of_a_thousand_calls_on_money_for_a_hundred_exactly_a_hundred_are_served(int depth, int instances, long latencyMs)
    {
        using var scene = new LeaseScene(instances, latencyMs: latencyMs);
        var leaf = scene.OpenChain(depth, Paid * CostNanoUsd);
        var crowd = new Crowd(scene, leaf, instances);
        for (var call = 0; call < Calls; call++)
        {
            crowd.Begin(call, forMs: 200 + (call % 7 * 100));
        }

        Assert.True(scene.World.RunUntil(() => crowd.Ended == Calls, scene.World.NowMs + 20_000), $"{crowd}: not all were answered for good in 20 s");
        Assert.Equal((Paid, Calls - Paid), (crowd.Served, crowd.Exhausted));

        // While the money is held others wait for it; nobody is told that it is spent before it is.
        Assert.True(crowd.ExhaustedOnlyWhenSpent, "a call was refused for good while others could still have given money back");
        scene.Pass(60_000);
        for (var level = 0; level < depth; level++)
        {
            var state = scene.State($"w{level}");
            Assert.Equal((Paid * CostNanoUsd, 0L, 0L), (state.SpentNanoUsd, state.LeasedNanoUsd, state.OverrunNanoUsd));
        }
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(4, 1)]
    [InlineData(4, 10)]
    public void While_long_calls_hold_all_the_money_the_others_are_told_to_come_back(int depth, int instances)
    {
        using var scene = new LeaseScene(instances);
        var leaf = scene.OpenChain(depth, Paid * CostNanoUsd);
        var answers = new List<Task<HoldResult>>();
        for (var call = 0; call < Calls; call++)
        {
            answers.Add(scene.Ask(leaf, CostNanoUsd, call % instances));
        }

        scene.Pass(2_100);
        Assert.All(answers, static a => Assert.True(a.IsCompleted, "a caller waits longer than two seconds and a message"));
        Assert.All(answers, static a => Assert.True(a.Result.Outcome is HoldOutcome.Held or HoldOutcome.Contended, a.Result.Outcome.ToString()));
        Assert.InRange(answers.Count(static a => a.Result.Outcome == HoldOutcome.Held), Paid - instances, Paid);
    }

    /// <summary>Callers that come back as long as they are told to.</summary>
    private sealed class Crowd(LeaseScene scene, string leaf, int instances)
    {
        private int _held;

        public int Served { get; private set; }

        public int Exhausted { get; private set; }

        public int Contended { get; private set; }

        public int Ended => Served + Exhausted;

        public bool ExhaustedOnlyWhenSpent { get; private set; } = true;

        public async void Begin(int call, long forMs)
        {
            var result = await scene.Ask(leaf, CostNanoUsd, call % instances);
            switch (result.Outcome)
            {
                case HoldOutcome.Held:
                    _held++;
                    scene.World.After(forMs, null, () => End(result.Hold));
                    break;
                case HoldOutcome.Contended:
                    Contended++;
                    scene.World.After(500 + (call % 11 * 50), null, () => Begin(call, forMs));
                    break;
                default:
                    Assert.Equal(HoldOutcome.Exhausted, result.Outcome);
                    ExhaustedOnlyWhenSpent &= Served == Paid;
                    Exhausted++;
                    break;
            }
        }

        public override string ToString() => $"{Served} served, {Exhausted} refused for good, {Contended} times told to come back, {_held} under way";

        private void End(Hold hold)
        {
            _held--;
            Served++;
            LeaseBook.Settle(ref hold, CostNanoUsd);
        }
    }
}

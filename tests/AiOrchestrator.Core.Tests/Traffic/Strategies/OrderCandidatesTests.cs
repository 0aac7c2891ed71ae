using AiOrchestrator.Core.Metering;
using AiOrchestrator.Core.Tests.Traffic.Decision;
using AiOrchestrator.Core.Traffic.Chains;
using AiOrchestrator.Core.Traffic.Decision;
using AiOrchestrator.Core.Traffic.Resilience;
using AiOrchestrator.Core.Traffic.Strategies;

namespace AiOrchestrator.Core.Tests.Traffic.Strategies;

/// <summary>RT-03: which of several routes comes first.</summary>
public sealed class OrderCandidatesTests
{
    private static readonly DateTimeOffset At = DateTimeOffset.FromUnixTimeMilliseconds(1_800_000_000_000);

    [Fact]
    public void By_priority_they_stay_as_they_stand() => Assert.Equal("a b c", Order(Three(), Strategy.Priority));

    [Fact]
    public void By_weight_each_comes_first_in_its_part_of_many_calls()
    {
        var candidates = Three(1, 3, 6);
        var first = Enumerable.Range(0, 20_000).Select(i => Order(candidates, Strategy.Weighted, chance: (ulong)i * 77)[0]).CountBy(static c => c).ToDictionary();

        Assert.InRange(first['a'], 1800, 2200);
        Assert.InRange(first['b'], 5700, 6300);
        Assert.InRange(first['c'], 11_600, 12_400);
    }

    [Fact]
    public void The_same_call_is_ordered_the_same_way_again()
    {
        var candidates = Three(1, 3, 6);
        foreach (var strategy in Enum.GetValues<Strategy>())
        {
            Assert.Equal(Order(candidates, strategy, chance: 42, turn: 5), Order(candidates, strategy, chance: 42, turn: 5));
        }
    }

    [Fact]
    public void In_turn_each_comes_first_exactly_as_often_as_its_weight_says()
    {
        var candidates = Three(1, 2, 3);

        Assert.Equal("abbccc", string.Concat(Enumerable.Range(0, 6).Select(turn => Order(candidates, Strategy.RoundRobin, turn: turn)[0])));
        Assert.Equal("b c a", Order(candidates, Strategy.RoundRobin, turn: 1));
    }

    [Fact]
    public void The_quickest_comes_first_and_before_it_whoever_nothing_is_known_of()
    {
        var candidates = Three();
        Seen(candidates[0].Cell, 500_000);
        Seen(candidates[1].Cell, 20_000);

        Assert.Equal("c b a", Order(candidates, Strategy.LeastLatency));
    }

    [Fact]
    public void Of_two_choices_the_one_with_fewer_calls_under_way_for_its_weight_comes_first()
    {
        var candidates = Three(1, 1, 10);
        for (var i = 0; i < 5; i++)
        {
            candidates[0].Cell.Enter(0);
            candidates[2].Cell.Enter(0);
        }

        var first = Enumerable.Range(0, 3000).Select(i => Order(candidates, Strategy.TwoChoices, chance: (ulong)i)[0]).CountBy(static c => c).ToDictionary();

        Assert.False(first.ContainsKey('a'), "it has the most to do of any two");
        Assert.InRange(first['b'], 1800, 2200);
    }

    [Fact]
    public void The_cheapest_for_this_call_comes_first_of_those_that_meet_the_terms()
    {
        // a: cheap prompts, dear answers; b the other way round; c cheap and slow.
        var candidates = Candidates.Of(("a", "1", "20", 1), ("b", "10", "2", 1), ("c", "0.1", "0.2", 1));
        Seen(candidates[2].Cell, 9_000_000);
        var terms = new ServiceTerms(MaxLatencyMs: 2000);

        Assert.Equal("a b c", Order(candidates, Strategy.Cheapest, tokens: new TokenUsage(10_000, 10), terms: terms));
        Assert.Equal("b a c", Order(candidates, Strategy.Cheapest, tokens: new TokenUsage(10, 10_000), terms: terms));
        Assert.Equal("c a b", Order(candidates, Strategy.Cheapest, tokens: new TokenUsage(10_000, 10)));
    }

    [Fact]
    public void Whoever_answers_too_seldom_does_not_meet_the_terms()
    {
        var candidates = Candidates.Of(("a", "1", "1", 1), ("b", "2", "2", 1));
        for (var i = 0; i < 10; i++)
        {
            candidates[0].Cell.Leave(failed: true, 0, 0);
        }

        Assert.Equal("b a", Order(candidates, Strategy.Cheapest, terms: new ServiceTerms(MinAvailability: 0.99)));
    }

    [Fact]
    public void Every_order_has_each_candidate_once()
    {
        var candidates = Three(5, 1, 2);
        for (var i = 0; i < 600; i++)
        {
            var order = Order(candidates, (Strategy)(i % 6), chance: (ulong)i * 977, turn: i);
            Assert.Equal("abc", string.Concat(order.Replace(" ", "", StringComparison.Ordinal).Order()));
        }
    }

    private static Candidate[] Three(int a = 1, int b = 1, int c = 1) => Candidates.Of(("a", "1", "1", a), ("b", "1", "1", b), ("c", "1", "1", c));

    private static void Seen(RouteCell cell, long us)
    {
        for (var i = 0; i < 10; i++)
        {
            cell.Enter(0);
            cell.Leave(failed: false, us, 1);
        }
    }

    private static string Order(Candidate[] given, Strategy strategy, ulong chance = 0, long turn = 0, TokenUsage tokens = default, ServiceTerms? terms = null)
    {
        Candidate[] candidates = [.. given];
        OrderCandidates.Run(candidates, strategy, new OrderTerms(Candidates.Prices, At, tokens == default ? new TokenUsage(100, 100) : tokens, chance, turn, terms));
        return string.Join(' ', candidates.Select(static c => c.Route.Provider.Id));
    }
}

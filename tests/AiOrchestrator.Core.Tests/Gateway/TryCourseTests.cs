using AiOrchestrator.Core.Gateway;
using AiOrchestrator.Core.Tests.Traffic.Decision;
using AiOrchestrator.Core.Traffic.Decision;
using AiOrchestrator.Core.Traffic.Resilience;

namespace AiOrchestrator.Core.Tests.Gateway;

/// <summary>P19, P23 and P25 as far as one call decides them alone.</summary>
public sealed class TryCourseTests
{
    private static readonly AttemptEnd[] Ends = Enum.GetValues<AttemptEnd>();

    [Fact]
    public void Whatever_ends_without_being_final_comes_to_each_candidate_in_order_when_there_are_tries_enough()
    {
        foreach (var end in Ends.Where(static e => e is not (AttemptEnd.Final or AttemptEnd.Throttled or AttemptEnd.Refused)))
        {
            Assert.Equal([0, 1, 2, 3], Course(Plan(10, 0, "a", "b", "c", "d"), _ => end));
        }
    }

    [Fact]
    public void What_is_final_is_not_tried_again() => Assert.Equal([0], Course(Plan(10, 3, "a", "b"), static _ => AttemptEnd.Final));

    [Fact]
    public void After_a_failure_the_same_is_tried_again_as_often_as_the_plan_says_and_then_the_next() =>
        Assert.Equal([0, 0, 1, 1, 2, 2], Course(Plan(10, 1, "a", "b", "c"), static _ => AttemptEnd.Failed));

    [Fact]
    public void Once_all_waits_come_to_as_much_as_a_call_may_wait_only_others_are_asked() =>
        Assert.Equal([0, 0, 0, 1, 1, 2], Course(Plan(10, 2, "a", "b", "c"), static _ => AttemptEnd.Failed));

    [Fact]
    public void After_429_the_next_try_is_at_another_provider_where_there_is_one() =>
        Assert.Equal([0, 2, 1, 3], Course(Plan(10, 3, "a", "a", "b", "b"), static _ => AttemptEnd.Throttled));

    [Fact]
    public void A_provider_that_refused_our_credential_is_not_asked_again() =>
        Assert.Equal([0, 2], Course(Plan(10, 3, "a", "a", "b", "a"), static _ => AttemptEnd.Refused));

    [Fact]
    public void There_are_never_more_tries_than_the_plan_says() => Assert.Equal([0, 0, 1], Course(Plan(3, 1, "a", "b", "c"), static _ => AttemptEnd.Failed));

    [Fact]
    public void A_lonely_route_that_was_too_slow_is_given_more_time() => Assert.Equal([0, 0], Course(Plan(10, 1, "a"), static _ => AttemptEnd.TimedOut));

    [Fact]
    public void Without_a_budget_nothing_is_repeated_but_the_next_is_still_asked()
    {
        var budget = new RetryBudget();
        while (budget.TrySpend())
        {
        }

        Assert.Equal([0, 1], Course(Plan(10, 3, "a", "b"), static _ => AttemptEnd.Failed, budget));
    }

    [Fact]
    public void All_waits_of_a_call_together_stay_below_half_a_second()
    {
        for (ulong chance = 0; chance < 200; chance++)
        {
            var course = new TryCourse(Plan(10, 3, "a", "b", "c", "d"), chance);
            var waited = 0.0;
            while (course.After(AttemptEnd.Failed, 1000, new RetryBudget()) is { } next)
            {
                waited += next.WaitMs;
            }

            Assert.InRange(waited, 1, 500);
        }
    }

    [Fact]
    public void By_whatever_tries_end_no_candidate_is_turned_to_twice_but_to_repeat_it_and_none_is_made_up()
    {
        var random = new Random(3);
        for (var run = 0; run < 2000; run++)
        {
            var plan = Plan(1 + random.Next(10), random.Next(4), [.. Enumerable.Range(0, 1 + random.Next(5)).Select(_ => ((char)('a' + random.Next(3))).ToString())]);
            var tried = Course(plan, _ => Ends[random.Next(Ends.Length)]);

            Assert.InRange(tried.Count, 1, plan.MaxAttempts);
            Assert.All(tried, index => Assert.InRange(index, 0, plan.Candidates.Count - 1));
            var turns = tried.Where((index, at) => at == 0 || tried[at - 1] != index).ToList();
            Assert.Equal(turns.Distinct(), turns);
        }
    }

    private static RoutePlan Plan(int maxAttempts, int retries, params string[] providers) => new()
    {
        Candidates = Candidates.Of([.. providers.Select(static p => (p, "1", "1", 1))]),
        Reason = "priority",
        MaxAttempts = maxAttempts,
        Retries = retries,
    };

    /// <summary>The candidates that are tried, given how each try ends.</summary>
    private static List<int> Course(RoutePlan plan, Func<int, AttemptEnd> end, RetryBudget? budget = null)
    {
        budget ??= new RetryBudget();
        var course = new TryCourse(plan, 7);
        var tried = new List<int> { 0 };
        while (course.After(end(tried[^1]), 1000, budget) is { } next)
        {
            tried.Add(next.Index);
        }

        return tried;
    }
}

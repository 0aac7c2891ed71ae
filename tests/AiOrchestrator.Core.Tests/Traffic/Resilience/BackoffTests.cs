using AiOrchestrator.Core.Traffic.Resilience;

namespace AiOrchestrator.Core.Tests.Traffic.Resilience;

/// <summary>P24 and P26, and what may be repeated.</summary>
public sealed class BackoffTests
{
    [Fact]
    public void Waits_grow_by_the_factor_within_the_jitter_up_to_the_cap_and_are_never_negative()
    {
        var random = new Random(7);
        for (var run = 0; run < 1000; run++)
        {
            for (var repetition = 1; repetition <= 40; repetition++)
            {
                var plain = Math.Min(Backoff.CapMs, Backoff.FirstMs * Math.Pow(Backoff.Factor, repetition - 1));
                var wait = Backoff.DelayMs(repetition, random.NextDouble());
                Assert.InRange(wait, plain * (1 - Backoff.Jitter), Math.Min(Backoff.CapMs, plain * (1 + Backoff.Jitter)));
                Assert.InRange(wait, 0, Backoff.CapMs);
            }
        }
    }

    [Fact]
    public void Two_calls_do_not_wait_alike() => Assert.NotEqual(Backoff.DelayMs(1, 0.1), Backoff.DelayMs(1, 0.9));

    [Theory]
    [InlineData(1000, 0, 60_000, 1000)]
    [InlineData(1000, 1000, 60_000, 1500)]
    [InlineData(1000, 1500, 60_000, 2250)]
    [InlineData(5000, 1000, 60_000, 5000)]
    [InlineData(1000, 1000, 1200, 1200)]
    [InlineData(1000, 1000, -5, 1)]
    [InlineData(int.MaxValue, int.MaxValue, 3_600_000, 3_600_000)]
    public void After_a_timeout_there_is_more_time_within_what_is_left(int own, int timedOut, long left, int expected) =>
        Assert.Equal(expected, Backoff.FirstByteMs(own, timedOut, left));

    [Fact]
    public void Repetitions_stay_within_a_tenth_of_first_calls_and_the_reserve()
    {
        var budget = new RetryBudget();
        var repeated = 0;
        for (var call = 0; call < 10_000; call++)
        {
            budget.Earn();
            repeated += budget.TrySpend() ? 1 : 0;
        }

        Assert.InRange(repeated, 1000, 1000 + RetryBudget.Reserve);
    }

    [Fact]
    public void Nothing_is_saved_up_without_end()
    {
        var budget = new RetryBudget();
        for (var call = 0; call < 100_000; call++)
        {
            budget.Earn();
        }

        Assert.Equal(RetryBudget.Most, budget.Left);
    }
}

using AiOrchestrator.Core.Insight.Experiments;
using AiOrchestrator.Core.Metering;
using AiOrchestrator.Core.Metering.Experiments;
using AiOrchestrator.Core.Tests.Fakes;

namespace AiOrchestrator.Core.Tests.Insight.Experiments;

public sealed class VariantCountsTests
{
    [Fact]
    public void Sums_are_kept_in_parts_that_every_store_counts_exactly_and_come_back_whole()
    {
        var call = TestUsage.Event(1, "org", "key");
        (call.CostNanoUsd, call.DurationUs, call.FirstByteUs, call.ExperimentCluster) = (1_234_567_890_123, 10_800_000_000, 1, 7);
        var counts = VariantCounts.Of(call).ToDictionary(StringComparer.Ordinal);

        Assert.All(counts.Values, static v => Assert.InRange(v, 1, 999_999_999));
        Assert.Equal((567_890_123, 1234), (counts["k7:c:0"], counts["k7:c:1"]));
        var figures = VariantCounts.Figures(counts);
        Assert.Equal(default(Moments).With(1_234_567_890_123), figures.CostNanoUsd);
        Assert.Equal(default(Moments).With(10_800_000_000), figures.DurationUs);
        Assert.Equal(default(Moments).With(1), figures.FirstByteUs);
        var cluster = Assert.Single(figures.Clusters);
        Assert.Equal(new ClusterFigures(7) { Calls = 1, Succeeded = 1, CostNanoUsd = 1_234_567_890_123, DurationUs = 10_800_000_000 }, cluster);
    }

    [Theory]
    [InlineData(UsageStatus.Ok, 1, 0)]
    [InlineData(UsageStatus.Cancelled, 0, 0)]
    [InlineData(UsageStatus.Error, 0, 1)]
    [InlineData(UsageStatus.Timeout, 0, 1)]
    [InlineData(UsageStatus.Cut, 0, 1)]
    public void A_call_is_a_success_or_a_failure_or_neither_where_the_client_went_away(UsageStatus status, int succeeded, int failed)
    {
        var call = TestUsage.Event(1, "org", "key");
        call.Status = status;
        var figures = Figures(call);
        Assert.Equal((1, succeeded, failed), (figures.Calls, figures.Succeeded, figures.Failed));

        // What failed says nothing of what an answer costs, or how long it takes.
        Assert.Equal((succeeded, succeeded), (figures.CostNanoUsd.Count, figures.DurationUs.Count));
    }

    [Theory]
    [InlineData(UsageStatus.Error, null, UsageStatus.Ok, null, 1, 0)]
    [InlineData(UsageStatus.Timeout, null, UsageStatus.Error, null, 0, 1)]
    [InlineData(UsageStatus.Cut, null, UsageStatus.Cancelled, "client_gone", 0, 0)]
    [InlineData(UsageStatus.Cancelled, "superseded", UsageStatus.Ok, null, 1, 0)]
    [InlineData(UsageStatus.Cancelled, "superseded", UsageStatus.Timeout, null, 0, 1)]
    [InlineData(UsageStatus.Cancelled, "superseded", UsageStatus.Cancelled, "client_gone", 0, 0)]
    [InlineData(UsageStatus.Ok, null, UsageStatus.Cancelled, "superseded", 1, 0)]
    [InlineData(UsageStatus.Cancelled, "client_gone", UsageStatus.Cancelled, "superseded", 0, 0)]
    public void Exchanges_of_one_request_are_one_call_in_whichever_order_they_come(
        UsageStatus first, string? firstCode, UsageStatus second, string? secondCode, int succeeded, int failed)
    {
        var (one, other) = (TestUsage.Event(1, "org", "key"), TestUsage.Event(2, "org", "key"));
        (one.Status, one.ErrorCode, one.CostNanoUsd) = (first, firstCode, 30);
        (other.Status, other.ErrorCode, other.CostNanoUsd, other.RetryOf) = (second, secondCode, 50, one.Id);

        // The one that ends last knows of the other.
        (second == UsageStatus.Cancelled && secondCode == UsageEvent.SupersededCode ? one : other).EarlierCostNanoUsd =
            second == UsageStatus.Cancelled && secondCode == UsageEvent.SupersededCode ? 50 : 30;

        foreach (var figures in new[] { Figures(one, other), Figures(other, one) })
        {
            Assert.Equal((1, succeeded, failed), (figures.Calls, figures.Succeeded, figures.Failed));
            Assert.Equal(succeeded == 1 ? default(Moments).With(80) : default, figures.CostNanoUsd);
        }
    }

    [Fact]
    public void An_answer_that_is_stored_before_what_it_goes_on_for_is_no_failure()
    {
        var answer = TestUsage.Event(2, "org", "key");
        answer.RetryOf = "ex_1";
        var figures = Figures(answer);
        Assert.Equal((1, 1, 0), (figures.Calls, figures.Succeeded, figures.Failed));
    }

    [Fact]
    public void Nothing_was_counted_of_what_is_not_there() => Assert.Equal(VariantFigures.None, VariantCounts.Figures(new Dictionary<string, long>()));

    private static VariantFigures Figures(params UsageEvent[] events) => VariantCounts.Figures(
        events.SelectMany(VariantCounts.Of).GroupBy(static c => c.Key).ToDictionary(static g => g.Key, static g => g.Sum(static c => c.Value), StringComparer.Ordinal));
}

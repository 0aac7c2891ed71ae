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
        (call.CostNanoUsd, call.DurationUs, call.FirstByteUs) = (1_234_567_890_123, 10_800_000_000, 1);
        var counts = VariantCounts.Of(call).ToDictionary(StringComparer.Ordinal);

        Assert.All(counts.Values, static v => Assert.InRange(v, 1, 999_999_999));
        Assert.Equal((567_890_123, 1234), (counts["c:0"], counts["c:1"]));
        var figures = VariantCounts.Figures(counts);
        Assert.Equal(default(Moments).With(1_234_567_890_123), figures.CostNanoUsd);
        Assert.Equal(default(Moments).With(10_800_000_000), figures.DurationUs);
        Assert.Equal(default(Moments).With(1), figures.FirstByteUs);
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
        var figures = VariantCounts.Figures(VariantCounts.Of(call).ToDictionary(StringComparer.Ordinal));
        Assert.Equal((1, succeeded, failed), (figures.Calls, figures.Succeeded, figures.Failed));
        Assert.Equal((1, succeeded), (figures.CostNanoUsd.Count, figures.DurationUs.Count));
    }

    [Fact]
    public void Nothing_was_counted_of_what_is_not_there() => Assert.Equal(VariantFigures.None, VariantCounts.Figures(new Dictionary<string, long>()));
}

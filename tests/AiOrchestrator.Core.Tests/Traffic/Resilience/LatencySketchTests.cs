using AiOrchestrator.Core.Traffic.Resilience;

namespace AiOrchestrator.Core.Tests.Traffic.Resilience;

public sealed class LatencySketchTests
{
    private const long Now = 1_800_000_000_000;

    [Theory]
    [InlineData(0.5)]
    [InlineData(0.95)]
    public void A_percentile_is_at_most_a_quarter_too_high_and_never_too_low(double part)
    {
        var random = new Random(11);
        var sketch = new LatencySketch();
        var seen = Enumerable.Range(0, LatencySketch.Most - 1).Select(_ => (long)Math.Exp(7 + (random.NextDouble() * 8))).ToList();
        seen.ForEach(us => sketch.Note(us, Now));

        var exact = seen.Order().ElementAt((int)Math.Ceiling(part * seen.Count) - 1);

        Assert.InRange(sketch.PercentileUs(part), exact, (exact * 1.25) + 1);
    }

    [Fact]
    public void Without_calls_there_is_none() => Assert.Equal(0, new LatencySketch().PercentileUs(0.5));

    [Fact]
    public void What_has_become_slow_shows_after_some_hundred_calls()
    {
        var sketch = new LatencySketch();
        for (var i = 0; i < 10_000; i++)
        {
            sketch.Note(20_000, Now);
        }

        for (var i = 0; i < 600; i++)
        {
            sketch.Note(900_000, Now);
        }

        Assert.InRange(sketch.PercentileUs(0.5), 900_000, 1_200_000);
    }

    [Fact]
    public void Many_threads_lose_no_call_that_matters()
    {
        var sketch = new LatencySketch();
        Parallel.For(0, 100_000, i => sketch.Note(1000 + (i % 10), Now));

        Assert.InRange(sketch.Count, 1, LatencySketch.Most * 2);
        Assert.InRange(sketch.PercentileUs(0.99), 1000, 1300);
    }
}

using AiOrchestrator.Core.Metering.Counting;

namespace AiOrchestrator.Core.Tests.Metering.Counting;

public sealed class CountingRatiosTests
{
    private readonly CountingRatios _ratios = new();

    [Fact]
    public void A_ratio_is_told_once_sixteen_calls_are_known()
    {
        Learn(15, 1000, 1200);
        Assert.Equal(new CountingRatio(null, 15), _ratios.Prompt("p", "m"));

        Learn(1, 1000, 1200);
        Assert.Equal(1.2, _ratios.Prompt("p", "m").Ratio!.Value, 3);
        Assert.Equal(default, _ratios.Prompt("p", "other"));
        Assert.Equal(default, _ratios.Completion("p", "m"));
    }

    [Fact]
    public void What_one_call_can_claim_is_bounded()
    {
        Learn(16, 1000, 1_000_000_000);
        Assert.Equal(2, _ratios.Prompt("p", "m").Ratio!.Value, 3);

        _ratios.Learn("p", "low", 1000, 1, 1000, 1);
        for (var i = 0; i < 20; i++)
        {
            _ratios.Learn("p", "low", 1000, 1, 1000, 1);
        }

        Assert.Equal(0.5, _ratios.Prompt("p", "low").Ratio!.Value, 3);
        Assert.Equal(0.5, _ratios.Completion("p", "low").Ratio!.Value, 3);
    }

    [Fact]
    public void Old_calls_fade()
    {
        Learn(1000, 1000, 1500);
        Learn(300, 1000, 1000);

        Assert.InRange(_ratios.Prompt("p", "m").Ratio!.Value, 1, 1.01);
    }

    [Fact]
    public void Short_counts_say_nothing()
    {
        Learn(100, 15, 30);
        Learn(100, 0, 30);

        Assert.Equal(default, _ratios.Prompt("p", "m"));
    }

    [Fact]
    public void Many_at_once_lose_no_call()
    {
        Parallel.For(0, 40_000, _ => _ratios.Learn("p", "m", 100, 110, 0, 0));

        Assert.Equal(40_000, _ratios.Prompt("p", "m").Samples);
        Assert.Equal(1.1, _ratios.Prompt("p", "m").Ratio!.Value, 3);
    }

    private void Learn(int calls, long counted, long reported)
    {
        for (var i = 0; i < calls; i++)
        {
            _ratios.Learn("p", "m", counted, reported, 0, 0);
        }
    }
}

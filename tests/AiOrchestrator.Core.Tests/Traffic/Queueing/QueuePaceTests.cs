using AiOrchestrator.Core.Traffic.Queueing;
using FsCheck;
using FsCheck.Fluent;

namespace AiOrchestrator.Core.Tests.Traffic.Queueing;

/// <summary>P32: how long a call may have to wait.</summary>
public sealed class QueuePaceTests
{
    private static readonly Config Runs = Config.QuickThrowOnFailure.WithMaxTest(1_000);

    [Fact]
    public void An_estimate_is_never_negative_and_never_longer_than_anybody_waits() => Prop.ForAll(
        (from hint in Gen.OneOf(Gen.Constant(0L), Gen.Choose(0, int.MaxValue).Select(static n => n * 1_000_000L), Gen.Constant(long.MaxValue), Gen.Constant(long.MinValue))
         from times in Gen.Choose(-5, int.MaxValue).ArrayOf()
         from opens in Gen.OneOf(Gen.Choose(-1_000, int.MaxValue).Select(static n => (long)n), Gen.Constant(long.MaxValue), Gen.Constant(long.MinValue))
         from position in Gen.Choose(-1, int.MaxValue)
         select (hint, times, opens, position)).ToArbitrary(),
        c =>
        {
            var pace = new QueuePace();
            pace.Hint(c.hint);
            foreach (var time in c.times)
            {
                pace.Served(time * 1000L, othersWait: time % 3 != 0);
            }

            return pace.EstimateUs(c.opens, c.position) is >= 0 and <= 300_000_000;
        }).Check(Runs);

    [Fact]
    public void It_is_what_the_limit_says_until_the_line_has_been_seen_to_move()
    {
        var pace = new QueuePace();
        Assert.Equal(0, pace.EstimateUs(0, 1));
        pace.Hint(10_000_000);
        Assert.Equal(4_000_000, pace.EstimateUs(4_000_000, 1));
        Assert.Equal(34_000_000, pace.EstimateUs(4_000_000, 4));

        for (var i = 0; i <= 3; i++)
        {
            pace.Served(i * 2_000_000L, othersWait: true);
        }

        Assert.Equal(10_000_000, pace.EstimateUs(4_000_000, 4));
    }

    [Fact]
    public void A_time_in_which_nobody_waited_says_nothing()
    {
        var pace = new QueuePace();
        pace.Served(0, othersWait: false);
        pace.Served(90_000_000, othersWait: true);
        pace.Served(91_000_000, othersWait: true);

        Assert.Equal(2_000_000, pace.EstimateUs(0, 3));
    }
}

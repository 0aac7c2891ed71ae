using AiOrchestrator.Ledger.Rates;

namespace AiOrchestrator.Ledger.Tests.Rates;

public sealed class WindowCounterTests
{
    [Fact]
    public void A_window_gives_its_limit_once()
    {
        var counter = new WindowCounter(1, 0, 0).Take(10, 1, 6, 1, out var first).Take(10, 1, 6, 1, out var second).Take(10, 1, 1, 1, out var third);

        Assert.Equal((6, 4, 0), (first, second, third));
        Assert.Equal(new WindowCounter(1, 0, 10), counter);
    }

    [Fact]
    public void What_was_not_taken_comes_back()
    {
        var counter = new WindowCounter(1, 0, 0).Take(10, 1, 6, 1, out _).Close(1, 6, 2);

        Assert.Equal(new WindowCounter(1, 4, 0), counter);
        Assert.Equal(6, counter.Free(10));
        Assert.Equal(-1, counter.Free(3));
    }

    [Fact]
    public void A_later_window_begins_anew_and_earlier_grants_are_over()
    {
        var counter = new WindowCounter(1, 9, 0).Take(10, 1, 1, 1, out _).Take(10, 1, 3, 2, out var granted);

        Assert.Equal(3, granted);
        Assert.Equal(new WindowCounter(2, 0, 3), counter.Close(1, 1, 0));
        Assert.Equal(new WindowCounter(2, 0, 3), counter.At(1));
    }

    [Fact]
    public void Nothing_is_used_less_than_nothing() => Assert.Equal(new WindowCounter(1, 0, 0), new WindowCounter(1, 1, 0).Close(1, 0, 5));

    [Fact]
    public void A_count_is_of_its_latest_window()
    {
        var count = default(WindowCount).Add(5, 3).Add(5, 4).Add(4, 100);

        Assert.Equal(7, count.In(5));
        Assert.Equal(0, count.In(6));
        Assert.Equal(1, count.Add(6, 1).In(6));
    }
}

using AiOrchestrator.Ledger.Rates;

namespace AiOrchestrator.Ledger.Tests.Rates;

public sealed class TokenBucketTests
{
    private const long Minute = 60_000_000;
    private static readonly BucketTerms Terms = new(PerMinute: 60, Capacity: 10);

    [Fact]
    public void A_bucket_starts_full_and_gives_what_it_holds()
    {
        var bucket = TokenBucket.Full(Terms, 0).Take(Terms, 1, 4, 0, out var first);
        bucket = bucket.Take(Terms, 1, 100, 0, out var second);
        bucket = bucket.Take(Terms, 1, 1, 0, out var third);

        Assert.Equal((4, 6, 0), (first, second, third));
        Assert.Equal((0, 10), (bucket.Level, bucket.Outstanding));
    }

    [Fact]
    public void Less_than_the_need_is_not_granted()
    {
        var bucket = TokenBucket.Full(Terms, 0).Take(Terms, 11, 20, 0, out var granted);

        Assert.Equal((0, 10, 0), (granted, bucket.Level, bucket.Outstanding));
    }

    [Fact]
    public void It_fills_evenly_and_exactly()
    {
        var terms = new BucketTerms(PerMinute: 7, Capacity: 7);
        var bucket = TokenBucket.Full(terms, 0).Take(terms, 7, 7, 0, out _).Close(terms, 7, 0, 0);

        // A seventh of a minute is 8,571,428.57 microseconds.
        Assert.Equal(0, bucket.At(terms, 8_571_428).Level);
        Assert.Equal(1, bucket.At(terms, 8_571_429).Level);
        Assert.Equal(8_571_429, bucket.WaitUs(terms, 1));
        Assert.Equal(Minute, bucket.WaitUs(terms, 7));
        for (var us = 1; us < 1000; us++)
        {
            bucket = bucket.At(terms, us * 60_060L);
        }

        Assert.Equal(6, bucket.At(terms, Minute - 1).Level);
        Assert.Equal(7, bucket.At(terms, Minute).Level);
        Assert.Equal(7, bucket.At(terms, 100 * Minute).Level);
    }

    [Fact]
    public void What_is_out_counts_towards_the_capacity()
    {
        var bucket = TokenBucket.Full(Terms, 0).Take(Terms, 4, 4, 0, out _);

        Assert.Equal(6, bucket.At(Terms, Minute).Level);
        Assert.Equal(9, bucket.Close(Terms, 4, 3, 0).Level);
        Assert.Equal(10, bucket.Close(Terms, 4, 3, Minute).At(Terms, 2 * Minute).Level);
    }

    [Fact]
    public void What_is_owed_delays_whoever_comes_later()
    {
        var bucket = TokenBucket.Full(Terms, 0).Take(Terms, 10, 10, 0, out _).Close(Terms, 10, -5, 0);

        Assert.Equal(-5, bucket.Level);
        bucket = bucket.Take(Terms, 1, 1, 5_999_999, out var early);
        bucket = bucket.Take(Terms, 1, 1, 6_000_000, out var late);
        Assert.Equal((0, 1), (early, late));
        Assert.Equal(0, bucket.Level);
    }

    [Fact]
    public void More_than_the_capacity_is_never_there()
    {
        var bucket = TokenBucket.Full(Terms, 0).Close(Terms, 0, 100, 0);

        Assert.Equal(10, bucket.Level);
    }

    [Fact]
    public void A_clock_that_goes_back_stands_still()
    {
        var bucket = TokenBucket.Full(Terms, Minute).Take(Terms, 10, 10, Minute, out _).Close(Terms, 10, 0, Minute);

        Assert.Equal(0, bucket.At(Terms, 0).At(Terms, Minute).Level);
        Assert.Equal(1, bucket.At(Terms, 0).At(Terms, Minute + 1_000_000).Level);
    }

    [Theory]
    [InlineData(20, 17)]
    [InlineData(10, 7)]
    [InlineData(5, 2)]
    [InlineData(2, 0)]
    public void Under_new_terms_what_was_taken_stays_taken(long capacity, long level)
    {
        var to = new BucketTerms(60, capacity);
        var bucket = TokenBucket.Full(Terms, 0).Take(Terms, 3, 3, 0, out _).Close(Terms, 3, 0, 0);

        Assert.Equal(level, bucket.Change(Terms, to, 0).Level);
    }

    [Fact]
    public void Debt_survives_new_terms() => Assert.Equal(
        -5, TokenBucket.Full(Terms, 0).Close(Terms, 0, -15, 0).Change(Terms, new BucketTerms(60, 2), 0).Level);

    [Fact]
    public void The_largest_terms_do_not_overflow()
    {
        const long most = 1_000_000_000_000;
        var terms = new BucketTerms(most, most);
        var bucket = TokenBucket.Full(terms, 0).Take(terms, most, most, 0, out var granted).Close(terms, most, -most, 0);

        Assert.Equal((most, -most), (granted, bucket.Level));
        Assert.Equal(2 * Minute, bucket.WaitUs(terms, most));
        Assert.Equal(most, bucket.At(terms, long.MaxValue).Level);
    }
}

using AiOrchestrator.Ledger.Rates;

namespace AiOrchestrator.Ledger.Tests.Rates;

/// <summary>Random holders on one bucket, audited from outside. A failing seed replays exactly.</summary>
public sealed class RateProperties
{
    [Fact]
    public void Over_any_span_no_more_is_taken_than_the_bucket_holds_and_what_came_in()
    {
        for (var seed = 1; seed <= 2_000; seed++)
        {
            new Run(seed).Play(steps: 120);
        }
    }

    [Fact]
    public void Nothing_is_lost_what_is_not_taken_comes_back_and_what_is_owed_is_paid()
    {
        for (var seed = 1; seed <= 2_000; seed++)
        {
            var random = new Random(seed);
            var terms = new BucketTerms(random.Next(1, 1000), random.Next(1, 1000));
            var bucket = TokenBucket.Full(terms, 0);
            long taken = 0;

            // At one moment nothing comes in: what is there is the capacity less what was taken, whatever happened in between.
            for (var step = 0; step < 50; step++)
            {
                bucket = bucket.Take(terms, random.Next(1, 20), random.Next(1, 50), 0, out var granted);
                var left = granted == 0 ? 0 : random.Next(-5, (int)granted + 1);
                taken += granted - left;
                bucket = bucket.Close(terms, granted, left, 0);
                Assert.Equal((terms.Capacity - taken, 0), (bucket.Level, bucket.Outstanding));
            }
        }
    }

    [Fact]
    public void After_the_wait_it_says_the_need_is_there_and_not_before()
    {
        for (var seed = 1; seed <= 2_000; seed++)
        {
            var random = new Random(seed);
            var terms = new BucketTerms(random.Next(1, 10_000), random.Next(1, 1000));
            var bucket = TokenBucket.Full(terms, 0).Close(terms, 0, -random.Next(1, 3000), 0);
            var need = random.Next(1, (int)terms.Capacity + 1);
            var wait = bucket.WaitUs(terms, need);

            Assert.True(bucket.At(terms, wait).Level >= need);
            Assert.True(wait == 0 || bucket.At(terms, wait - 1).Level < need);
        }
    }

    private sealed class Run(int seed)
    {
        private readonly Random _random = new(seed);
        private readonly List<(long Granted, long Left)> _grants = [];
        private readonly List<(long AtUs, long Amount)> _taken = [];
        private long _nowUs;

        public void Play(int steps)
        {
            var terms = new BucketTerms(_random.Next(1, 2000), _random.Next(1, 200));
            var bucket = TokenBucket.Full(terms, 0);
            for (var step = 0; step < steps; step++)
            {
                _nowUs += _random.Next(0, 2_000_000);
                if (_random.Next(3) == 0)
                {
                    bucket = bucket.Take(terms, _random.Next(1, 10), _random.Next(1, 60), _nowUs, out var granted);
                    _grants.Add((granted, granted));
                }
                else if (_grants.Count > 0)
                {
                    bucket = Use(bucket, terms);
                }

                Assert.True(bucket.Level + bucket.Outstanding <= terms.Capacity);
            }

            Audit(terms);
        }

        /// <summary>A holder takes from its grant, however late; or ends it; or is lost with it.</summary>
        private TokenBucket Use(TokenBucket bucket, BucketTerms terms)
        {
            var index = _random.Next(_grants.Count);
            var (granted, left) = _grants[index];
            switch (_random.Next(4))
            {
                case 0:
                    _grants.RemoveAt(index);
                    return bucket.Close(terms, granted, left, _nowUs);
                case 1:
                    _grants.RemoveAt(index);
                    return bucket.Close(terms, granted, 0, _nowUs);
                default:
                    var amount = Math.Min(left, _random.Next(1, 20));
                    _grants[index] = (granted, left - amount);
                    _taken.Add((_nowUs, amount));
                    return bucket;
            }
        }

        private void Audit(BucketTerms terms)
        {
            for (var from = 0; from < _taken.Count; from++)
            {
                long sum = 0;
                for (var to = from; to < _taken.Count; to++)
                {
                    sum += _taken[to].Amount;
                    var cameIn = (Int128)(_taken[to].AtUs - _taken[from].AtUs) * terms.PerMinute / 60_000_000;
                    Assert.True(sum <= terms.Capacity + cameIn + 1, $"seed {seed}: {sum} taken of {terms}");
                }
            }
        }
    }
}

using AiOrchestrator.Core.Providers.Health;

namespace AiOrchestrator.Core.Tests.Providers.Health;

/// <summary>Property P5: failures past the threshold lower the status, successes restore it.</summary>
public sealed class HealthStateTests
{
    [Fact]
    public void Any_run_of_signals_comes_to_what_the_rules_say()
    {
        for (var seed = 1; seed <= 400; seed++)
        {
            var random = new Random(seed);
            var (state, rules, seconds) = (default(HealthState), new Rules(), 1_800_000_000L);

            // Some runs are mostly well, some mostly not, so that every status is reached from every other.
            var badOf100 = random.Next(5, 95);
            for (var step = 0; step < 300; step++)
            {
                seconds += random.Next(0, 20);
                if (random.Next(100) < 2)
                {
                    state = state.Trial();
                    rules.Try();
                }

                var signal = random.Next(100) >= badOf100 ? HealthSignal.Ok : (HealthSignal)random.Next(1, random.Next(100) < 5 ? 4 : 3);
                var isProbe = random.Next(4) == 0;
                state = state.After(signal, isProbe, seconds);
                rules.Take(signal, isProbe, seconds);
                Assert.True(rules.Status == state.Status, $"seed {seed}, step {step}: {signal} made {state.Status}, by the rules {rules.Status}");
            }
        }
    }

    [Fact]
    public void From_any_state_failures_past_the_threshold_lower_it_and_successes_restore_it()
    {
        for (var seed = 1; seed <= 400; seed++)
        {
            var random = new Random(seed);
            var (state, seconds) = (default(HealthState), 1_800_000_000L);
            for (var step = random.Next(0, 100); step > 0; step--)
            {
                state = state.After((HealthSignal)random.Next(0, 4), random.Next(2) == 0, seconds++);
            }

            // Half of what is remembered is always past the threshold.
            for (var i = 0; i < HealthState.Window / 2; i++)
            {
                state = state.After(HealthSignal.Failed, isProbe: false, seconds);
            }

            Assert.Equal(HealthStatus.Unavailable, state.Status);
            state = state.After(HealthSignal.Ok, isProbe: true, seconds + 1);
            Assert.Equal(HealthStatus.Unavailable, state.Status);
            state = state.After(HealthSignal.Ok, isProbe: true, seconds + 2);
            Assert.Equal(HealthStatus.Degraded, state.Status);
            for (var i = 0; i < 3; i++)
            {
                Assert.Equal(HealthStatus.Degraded, state.Status);
                state = state.After(HealthSignal.Ok, isProbe: false, seconds + HealthState.CalmSeconds + i);
            }

            Assert.Equal(HealthStatus.Healthy, state.Status);
            Assert.Equal(HealthStatus.Healthy, state.After(HealthSignal.Failed, isProbe: false, seconds + 40).Status);
        }
    }

    [Fact]
    public void Thresholds_are_as_documented()
    {
        Assert.Equal([HealthStatus.Healthy, HealthStatus.Healthy, HealthStatus.Unavailable], Of("FFF"));
        Assert.Equal(HealthStatus.Unavailable, Of("pp")[1]);
        Assert.Equal([HealthStatus.Healthy, HealthStatus.Healthy, HealthStatus.Healthy], Of("pop"));
        Assert.Equal(HealthStatus.Unavailable, Of("R")[0]);
        Assert.Equal([HealthStatus.Healthy, HealthStatus.Healthy, HealthStatus.Degraded, HealthStatus.Degraded, HealthStatus.Degraded], Of("TTTTT"));

        // Twenty good answers, then failures: degraded at a quarter, unavailable at half.
        Assert.Equal(
            [.. Enumerable.Repeat(HealthStatus.Healthy, 24), .. Enumerable.Repeat(HealthStatus.Degraded, 5), HealthStatus.Unavailable],
            Of(new string('o', 20) + new string('F', 10)));

        // Back by two, then only when it was calm for 30 seconds as well.
        Assert.Equal([HealthStatus.Unavailable, HealthStatus.Degraded, HealthStatus.Degraded, HealthStatus.Degraded, HealthStatus.Degraded, HealthStatus.Degraded], Of("FFFoooooo")[3..]);
        Assert.Equal(HealthStatus.Healthy, Of("FFFooooo.o")[^1]);
    }

    [Fact]
    public void One_that_is_tried_again_falls_with_its_first_failure()
    {
        var down = "FFF".Aggregate(default(HealthState), static (s, _) => s.After(HealthSignal.Failed, isProbe: false, 1));

        Assert.Equal(HealthStatus.Degraded, down.Trial().Status);
        Assert.Equal(HealthStatus.Unavailable, down.Trial().After(HealthSignal.Failed, isProbe: false, 2).Status);
        Assert.Equal(default, default(HealthState).Trial());
    }

    /// <summary>o and F: a good answer and a failure of a call; p: a failed probe; T, R: throttled, refused; a dot is half a minute without anything.</summary>
    private static HealthStatus[] Of(string signals)
    {
        var (state, seconds) = (default(HealthState), 1_800_000_000L);
        var seen = new List<HealthStatus>();
        foreach (var letter in signals)
        {
            if (letter == '.')
            {
                seconds += HealthState.CalmSeconds;
                continue;
            }

            var signal = letter switch { 'o' => HealthSignal.Ok, 'T' => HealthSignal.Throttled, 'R' => HealthSignal.Refused, _ => HealthSignal.Failed };
            state = state.After(signal, letter == 'p', seconds);
            seen.Add(state.Status);
        }

        return [.. seen];
    }

    /// <summary>The rules as docs/operations/health.md has them, on lists.</summary>
    private sealed class Rules
    {
        private readonly List<HealthSignal> _last = [];
        private int _successes;
        private int _failures;
        private int _probes;
        private long? _badAt;

        public HealthStatus Status { get; private set; }

        public void Try()
        {
            if (Status == HealthStatus.Unavailable)
            {
                (Status, _successes, _failures) = (HealthStatus.Degraded, 0, 3);
                _last.Clear();
            }
        }

        public void Take(HealthSignal signal, bool isProbe, long seconds)
        {
            _last.Add(signal);
            if (_last.Count > 20)
            {
                _last.RemoveAt(0);
            }

            if (signal == HealthSignal.Ok)
            {
                (_successes, _failures, _probes) = (_successes + 1, 0, 0);
                if (Status == HealthStatus.Unavailable && _successes >= 2)
                {
                    Status = HealthStatus.Degraded;
                }
                else if (Status == HealthStatus.Degraded && _successes >= 5 && seconds - _badAt >= 30)
                {
                    Status = HealthStatus.Healthy;
                    _last.Clear();
                }

                return;
            }

            (_successes, _badAt) = (0, seconds);
            if (signal != HealthSignal.Throttled)
            {
                _failures++;
                _probes += isProbe ? 1 : 0;
            }

            var failed = _last.Count(static s => s is HealthSignal.Failed or HealthSignal.Refused);
            var bad = _last.Count(static s => s != HealthSignal.Ok);
            if (signal == HealthSignal.Refused || _probes >= 2 || (_failures >= 3 && failed * 2 >= _last.Count))
            {
                Status = HealthStatus.Unavailable;
            }
            else if (Status == HealthStatus.Healthy && bad >= 3 && bad * 4 >= _last.Count)
            {
                Status = HealthStatus.Degraded;
            }
        }
    }
}

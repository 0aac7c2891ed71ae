using AiOrchestrator.Core.Limits;
using AiOrchestrator.Core.Platform;
using AiOrchestrator.Core.Tests.Fakes;

namespace AiOrchestrator.Core.Tests.Limits;

/// <summary>What the properties run on: ten instances and their authority.</summary>
public abstract partial class SharedLimitSuite
{
    /// <summary>Ten instances, one authority, and what really happened.</summary>
    private sealed class House
    {
        private readonly IRateAuthority _authority;

        public House(SharedLimitSuite suite, Limit limit, bool farAway = false)
        {
            Clock = new RateClock(Time);
            _authority = suite.NewAuthority(Clock);
            FarAway = farAway ? new FarAwayAuthority(_authority) : null;
            var reached = FarAway ?? _authority;
            Instances = [.. Enumerable.Range(0, SharedLimitSuite.Instances).Select(i => new Instance(limit, reached, $"in_{i}", Clock))];
        }

        public FarAwayAuthority? FarAway { get; }

        public ManualTime Time { get; } = new();

        public RateClock Clock { get; }

        public Instance[] Instances { get; }

        public long Admitted { get; private set; }

        public long Used { get; private set; }

        /// <summary>Tokens that open calls took.</summary>
        public long Held => Instances.SelectMany(static i => i.Open).Sum(static c => c.Tokens);

        public Task RunAsync(int calls) =>
            Task.WhenAll(Enumerable.Range(0, calls).Select(i => Task.Run(() => Instances[i % Instances.Length].CallAsync(tokens: 1 + i % 900))));

        public async Task SettleAllAsync(Func<int, (bool Admitted, long Used)> outcome)
        {
            var calls = Instances.SelectMany(static i => i.Open).ToList();
            await Task.WhenAll(calls.Select((call, i) => Task.Run(() =>
            {
                var (admitted, used) = outcome(i);
                call.Hold.Settle(Clock, admitted, RateUse.Of(used, used * CostOfToken));

                // Once more changes nothing.
                call.Hold.Settle(Clock, admitted, RateUse.Of(used, used * CostOfToken));
            })));
            Admitted = calls.Select((_, i) => outcome(i)).Count(static o => o.Admitted);
            Used = calls.Select((_, i) => outcome(i)).Where(static o => o.Admitted).Sum(static o => o.Used);
        }

        public async Task<Dictionary<RateKind, GaugeReading>> ReadAsync()
        {
            foreach (var instance in Instances)
            {
                await instance.Pools.ReportAllAsync(null);
            }

            return (await _authority.ReadAsync("lim_1")).ToDictionary(static r => r.Gauge.Kind);
        }
    }

    /// <summary>One that is asked over a wire: messages wait on the way there and back, and some never arrive.</summary>
    private sealed class FarAwayAuthority(IRateAuthority authority) : IRateAuthority
    {
        private int _failures;

        public int Failures
        {
            set => _failures = value;
        }

        public async ValueTask<RateGrant> TakeAsync(GaugeId gauge, RateTerms terms, RateTake take)
        {
            await Task.Yield();
            if (Interlocked.Decrement(ref _failures) >= 0)
            {
                throw new IOException("the authority does not answer");
            }

            var grant = await authority.TakeAsync(gauge, terms, take);
            await Task.Yield();
            return grant;
        }

        public ValueTask<IReadOnlyList<GaugeReading>> ReadAsync(string limitId) => authority.ReadAsync(limitId);

        public ValueTask ResetAsync(string limitId, string? subject) => authority.ResetAsync(limitId, subject);

        public ValueTask ForgetAsync(string limitId) => authority.ForgetAsync(limitId);
    }

    private sealed class Call
    {
        public RateHold Hold;

        public long Tokens { get; init; }
    }

    private sealed class Instance
    {
        private readonly Lock _lock = new();
        private readonly RateClock _clock;

        public Instance(Limit limit, IRateAuthority authority, string name, RateClock clock)
        {
            _clock = clock;
            Pools = new RatePools(authority, new InstanceIdentity(name), clock);
            Limits = new OrganisationLimits([limit], Pools);
        }

        public List<Call> Open { get; } = [];

        public RatePools Pools { get; }

        public OrganisationLimits Limits { get; }

        /// <summary>As the stage does it.</summary>
        public async Task<bool> CallAsync(long tokens)
        {
            var call = new Call { Hold = new RateHold(Limits.For(Caller), []), Tokens = tokens };
            call.Hold.Route(Limits.ForModel("m"), Limits.ForProvider("p"));
            var use = RateUse.Of(tokens, tokens * CostOfToken);
            while (!call.Hold.TryTake(_clock, use, out var pool, out var missing))
            {
                if (await missing!.TopUpAsync(pool!.Held(missing.Id.Kind, use), CancellationToken.None) > 0)
                {
                    return false;
                }
            }

            lock (_lock)
            {
                Open.Add(call);
            }

            return true;
        }
    }
}

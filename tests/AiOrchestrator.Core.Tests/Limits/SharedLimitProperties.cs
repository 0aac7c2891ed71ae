using AiOrchestrator.Core.Identity;
using AiOrchestrator.Core.Limits;
using AiOrchestrator.Core.Tests.Fakes;

namespace AiOrchestrator.Core.Tests.Limits;

public sealed class SharedLimitProperties : SharedLimitSuite
{
    private protected override IRateAuthority NewAuthority(RateClock clock) => new InProcessRateAuthority(clock);
}

public sealed class DocumentSharedLimitProperties : SharedLimitSuite
{
    private protected override IRateAuthority NewAuthority(RateClock clock) => DocumentRateAuthorityTests.New(new MemoryDocumentStore(), clock);
}

/// <summary>P28 and P29: ten instances on one authority, from many threads, audited by counting what was admitted and settled.</summary>
public abstract partial class SharedLimitSuite
{
    private const int Instances = 10;
    private const long CostOfToken = 1_000_000_000;
    private static readonly Caller Caller = new("org_1", new ApiKey("key_1", "k", "org_1", "wal_1", 0, null, null));

    private protected abstract IRateAuthority NewAuthority(RateClock clock);

    [Theory]
    [InlineData(1, false)]
    [InlineData(7, false)]
    [InlineData(100, false)]
    [InlineData(777, false)]
    [InlineData(5000, false)]
    [InlineData(100, true)]
    [InlineData(777, true)]
    public async Task Ten_instances_never_admit_more_than_the_limit_together(long limit, bool farAway)
    {
        var house = new House(this, new Limit("lim_1", "org_1", LimitScope.Organisation, "*", limit, limit, null, null, 1), farAway);

        var outcomes = await Task.WhenAll(Enumerable.Range(0, 1000).Select(i => Task.Run(() => house.Instances[i % Instances].CallAsync(tokens: 1))));

        var admitted = outcomes.Count(static admitted => admitted);
        Assert.InRange(admitted, Math.Min(limit, 1000) / 4, Math.Min(limit, 1000));
        await house.SettleAllAsync(static _ => (true, 1));
        var read = await house.ReadAsync();
        Assert.Equal(admitted, read[RateKind.RequestsPerMinute].Used);
        Assert.Equal(admitted, read[RateKind.RequestsPerDay].Used);
        Assert.Equal(limit - admitted, read[RateKind.RequestsPerDay].Remaining);
    }

    [Theory]
    [InlineData(LimitScope.Model, "m")]
    [InlineData(LimitScope.Provider, "p")]
    public async Task Ten_instances_never_send_more_to_a_provider_or_a_model_than_its_limit_together(LimitScope scope, string subject)
    {
        var house = new House(this, new Limit("lim_1", "org_1", scope, subject, 100, 100, null, null, 1));

        var outcomes = await Task.WhenAll(Enumerable.Range(0, 1000).Select(i => Task.Run(() => house.Instances[i % Instances].CallAsync(tokens: 1))));

        var admitted = outcomes.Count(static admitted => admitted);
        Assert.InRange(admitted, 25, 100);
        await house.SettleAllAsync(static _ => (true, 1));
        var read = await house.ReadAsync();
        Assert.Equal((admitted, admitted), (read[RateKind.RequestsPerMinute].Used, read[RateKind.RequestsPerDay].Used));
        Assert.All(read.Keys, kind => Assert.Equal(subject, read[kind].Gauge.Subject));
    }

    [Fact]
    public async Task One_instance_admits_exactly_the_limit()
    {
        var house = new House(this, new Limit("lim_1", "org_1", LimitScope.Organisation, "*", 500, 600, null, null, 1));

        var outcomes = await Task.WhenAll(Enumerable.Range(0, 1000).Select(_ => Task.Run(() => house.Instances[0].CallAsync(tokens: 1))));

        Assert.Equal(500, outcomes.Count(static admitted => admitted));
    }

    [Theory]
    [InlineData(LimitScope.Organisation, "*")]
    [InlineData(LimitScope.Model, "m")]
    [InlineData(LimitScope.Provider, "p")]
    [InlineData(LimitScope.Provider, "*")]
    public async Task The_request_counter_is_what_was_admitted_in_the_window_and_not_refused_later(LimitScope scope, string subject)
    {
        var house = new House(this, new Limit("lim_1", "org_1", scope, subject, 100_000, 100_000, null, null, 1));
        await house.RunAsync(calls: 2000);

        await house.SettleAllAsync(static i => (i % 3 != 0, 1));
        var read = await house.ReadAsync();
        Assert.Equal(house.Admitted, read[RateKind.RequestsPerMinute].Used);
        Assert.Equal(house.Admitted, read[RateKind.RequestsPerDay].Used);
        Assert.Equal(100_000 - house.Admitted, read[RateKind.RequestsPerMinute].Remaining);

        house.Time.Advance(TimeSpan.FromMinutes(1));
        read = await house.ReadAsync();
        Assert.Equal((0, house.Admitted), (read[RateKind.RequestsPerMinute].Used, read[RateKind.RequestsPerDay].Used));
        house.Time.Advance(TimeSpan.FromDays(1));
        Assert.Equal(0, (await house.ReadAsync())[RateKind.RequestsPerDay].Used);
    }

    [Theory]
    [InlineData(LimitScope.Organisation, "*")]
    [InlineData(LimitScope.Model, "m")]
    [InlineData(LimitScope.Provider, "p")]
    [InlineData(LimitScope.Provider, "*")]
    public async Task The_token_counter_is_what_was_settled_in_the_window_whatever_was_estimated(LimitScope scope, string subject)
    {
        var house = new House(this, new Limit("lim_1", "org_1", scope, subject, null, null, 10_000_000, null, 1));
        await house.RunAsync(calls: 2000);

        // Every seventh call uses more than was expected of it, every third is refused before it is sent.
        await house.SettleAllAsync(static i => (i % 3 != 0, i % 7 == 0 ? 1500 : i % 100));
        var read = (await house.ReadAsync())[RateKind.TokensPerMinute];
        Assert.Equal(house.Used, read.Used);
        Assert.Equal(10_000_000 - house.Used, read.Remaining);
    }

    /// <summary>What ten instances hold of a day never comes to more than the day allows, and what is settled is what is counted.</summary>
    [Theory]
    [InlineData(5_000, false)]
    [InlineData(100_000, false)]
    [InlineData(100_000, true)]
    public async Task Tokens_and_money_of_a_day_are_held_for_the_worst_case_and_settled_to_what_was_used(long tokensPerDay, bool farAway)
    {
        var house = new House(
            this,
            new Limit("lim_1", "org_1", LimitScope.Organisation, "*", null, null, null, null, 1) { TokensPerDay = tokensPerDay, CostNanoUsdPerDay = tokensPerDay * CostOfToken },
            farAway);
        await house.RunAsync(calls: 1000);

        var held = house.Held;
        Assert.InRange(held, tokensPerDay / 4, tokensPerDay);
        await house.SettleAllAsync(static i => (i % 5 != 0, i % 7));
        var read = await house.ReadAsync();
        Assert.Equal((house.Used, tokensPerDay - house.Used), (read[RateKind.TokensPerDay].Used, read[RateKind.TokensPerDay].Remaining));
        Assert.Equal((house.Used * CostOfToken, (tokensPerDay - house.Used) * CostOfToken), (read[RateKind.CostPerDay].Used, read[RateKind.CostPerDay].Remaining));

        house.Time.Advance(TimeSpan.FromDays(1));
        read = await house.ReadAsync();
        Assert.Equal((0, 0), (read[RateKind.TokensPerDay].Used, read[RateKind.CostPerDay].Used));
    }

    [Fact]
    public async Task Of_a_day_nobody_takes_more_than_is_left_not_even_once()
    {
        var house = new House(this, new Limit("lim_1", "org_1", LimitScope.Organisation, "*", null, null, null, null, 1) { TokensPerDay = 1000 });

        Assert.False(await house.Instances[0].CallAsync(tokens: 1001));
        Assert.True(await house.Instances[0].CallAsync(tokens: 1000));
        Assert.False(await house.Instances[1].CallAsync(tokens: 1));
    }

    [Fact]
    public async Task What_a_call_of_yesterday_did_not_use_is_not_given_to_today()
    {
        var house = new House(this, new Limit("lim_1", "org_1", LimitScope.Organisation, "*", null, null, null, null, 1) { TokensPerDay = 1000 });
        Assert.True(await house.Instances[0].CallAsync(tokens: 900));
        house.Time.Advance(TimeSpan.FromDays(1));
        Assert.True(await house.Instances[0].CallAsync(tokens: 1000));
        house.Instances[0].Open.RemoveAt(1);

        await house.SettleAllAsync(static _ => (true, 1));

        Assert.False(await house.Instances[0].CallAsync(tokens: 1));
    }

    [Fact]
    public async Task A_call_that_ends_in_a_later_minute_counts_its_tokens_there()
    {
        var house = new House(this, new Limit("lim_1", "org_1", LimitScope.Organisation, "*", 100, null, 1000, null, 1));
        Assert.True(await house.Instances[3].CallAsync(tokens: 900));
        Assert.Equal((1, 0), await UsedAsync());

        house.Time.Advance(TimeSpan.FromMinutes(2));
        await house.SettleAllAsync(static _ => (true, 250));

        // The minute the request was admitted in is over; its tokens belong to this one.
        Assert.Equal((0, 250), await UsedAsync());

        async Task<(long Requests, long Tokens)> UsedAsync()
        {
            var read = await house.ReadAsync();
            return (read[RateKind.RequestsPerMinute].Used, read[RateKind.TokensPerMinute].Used);
        }
    }

    [Fact]
    public async Task What_a_call_used_beyond_is_owed()
    {
        var house = new House(this, new Limit("lim_1", "org_1", LimitScope.Organisation, "*", null, null, 600, null, 1));
        Assert.True(await house.Instances[0].CallAsync(tokens: 5000));
        await house.SettleAllAsync(static _ => (true, 900));
        await house.Instances[0].Pools.ReportDueAsync();

        Assert.False(await house.Instances[1].CallAsync(tokens: 1));
        house.Time.Advance(TimeSpan.FromSeconds(30));
        Assert.False(await house.Instances[1].CallAsync(tokens: 1));
        house.Time.Advance(TimeSpan.FromSeconds(1));
        Assert.True(await house.Instances[1].CallAsync(tokens: 10));
    }

    [Fact]
    public async Task A_message_that_fails_is_told_again()
    {
        var house = new House(this, new Limit("lim_1", "org_1", LimitScope.Organisation, "*", 100, 100, 1000, null, 1), farAway: true);
        Assert.True(await house.Instances[0].CallAsync(tokens: 400));
        await house.SettleAllAsync(static _ => (true, 150));

        // Each of the three gauges is told, whatever became of the others.
        house.FarAway!.Failures = 9;
        for (var i = 0; i < 3; i++)
        {
            await Assert.ThrowsAsync<IOException>(() => house.Instances[0].Pools.ReportAllAsync(null));
        }

        var read = await house.ReadAsync();
        Assert.Equal((1, 99), (read[RateKind.RequestsPerDay].Used, read[RateKind.RequestsPerDay].Remaining));
        Assert.Equal((1, 99), (read[RateKind.RequestsPerMinute].Used, read[RateKind.RequestsPerMinute].Remaining));
        Assert.Equal((150, 850), (read[RateKind.TokensPerMinute].Used, read[RateKind.TokensPerMinute].Remaining));
    }

    [Fact]
    public async Task An_idle_instance_does_not_sit_on_the_limit()
    {
        var house = new House(this, new Limit("lim_1", "org_1", LimitScope.Organisation, "*", null, 1000, null, null, 1));
        for (var i = 0; i < 20; i++)
        {
            Assert.True(await house.Instances[0].CallAsync(tokens: 1));
        }

        // The first one is silent from now on; the second gets what is left but for the first one's last grant, and after a second all of it.
        var more = 0;
        while (await house.Instances[1].CallAsync(tokens: 1))
        {
            more++;
        }

        Assert.InRange(more, 850, 980);
        house.Time.Advance(TimeSpan.FromSeconds(1));
        await house.Instances[0].Pools.ReportDueAsync();
        while (await house.Instances[1].CallAsync(tokens: 1))
        {
            more++;
        }

        Assert.Equal(980, more);
    }

    [Fact]
    public async Task A_take_and_its_settlement_allocate_nothing()
    {
        var house = new House(this, new Limit("lim_1", "org_1", LimitScope.Organisation, "*", 1_000_000_000, 1_000_000_000, 1_000_000_000_000, null, 1)
        {
            TokensPerDay = 1_000_000_000_000,
            CostNanoUsdPerDay = 1_000_000_000_000_000_000,
        });
        var instance = house.Instances[0];
        var pools = instance.Limits.For(Caller);
        foreach (var share in RateKinds.All.Select(kind => instance.Pools.Share(pools[0].Limit, pools[0].Subject, kind)!))
        {
            Assert.Equal(0, await share.TopUpAsync(need: 1_000_000, CancellationToken.None));
        }

        var hold = new RateHold(pools, []);
        Assert.True(Cycle(ref hold));
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 100; i++)
        {
            hold = new RateHold(instance.Limits.For(Caller), []);
            hold.Route(instance.Limits.ForModel("m"), instance.Limits.ForProvider("p"));
            Assert.True(Cycle(ref hold));
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);

        bool Cycle(ref RateHold hold)
        {
            var taken = hold.TryTake(house.Clock, RateUse.Of(10, 10), out _, out _);
            hold.Settle(house.Clock, admitted: true, RateUse.Of(10, 10));
            return taken;
        }
    }
}

using AiOrchestrator.Core.Limits;

namespace AiOrchestrator.Conformance;

/// <summary>What every authority over rates must do. The adapter's clock is moved by <see cref="Advance"/> and begins at noon.</summary>
public abstract class RateAuthorityConformance
{
    private static readonly GaugeId PerMinute = new("lim_1", "key_1", RateKind.RequestsPerMinute);
    private static readonly GaugeId PerDay = new("lim_1", "key_1", RateKind.RequestsPerDay);
    private static readonly RateTerms Hundred = new(100, 100, 1);

    protected abstract IRateAuthority Authority { get; }

    protected abstract long MinuteNow { get; }

    protected abstract void Advance(TimeSpan by);

    [Fact]
    public async Task A_need_is_granted_and_a_want_only_in_small_parts()
    {
        var granted = await TakeAsync(PerMinute, "a", need: 3, want: 1000);

        Assert.NotEqual(0, granted.GrantId);
        Assert.Equal((10, 90), (granted.Amount, granted.Free));
        Assert.InRange(granted.ValidForUs, 1, 1_000_000);
        Assert.Equal(40, (await TakeAsync(PerMinute, "b", need: 40, want: 0)).Amount);
    }

    [Fact]
    public async Task What_is_not_there_is_not_granted_and_its_time_is_told()
    {
        await TakeAsync(PerMinute, "a", need: 100);

        var refused = await TakeAsync(PerMinute, "b", need: 2);

        Assert.Equal((0, 0, 1_200_000), (refused.GrantId, refused.Amount, refused.RetryAfterUs));
    }

    [Fact]
    public async Task The_next_message_ends_the_grant_before_it()
    {
        var first = await TakeAsync(PerMinute, "a", need: 60);
        var second = await TakeAsync(PerMinute, "a", need: 10, grantId: first.GrantId, left: 55);

        Assert.Equal(100 - 5 - 10, second.Free);
        Assert.NotEqual(first.GrantId, second.GrantId);
        Assert.Equal(100 - 5, (await TakeAsync(PerMinute, "a", need: 0, grantId: second.GrantId, left: 10)).Free);
    }

    [Fact]
    public async Task A_message_that_arrives_twice_gives_nothing_back_twice()
    {
        var first = await TakeAsync(PerMinute, "a", need: 60);
        var second = await TakeAsync(PerMinute, "a", need: 10, grantId: first.GrantId, left: 60);
        Assert.Equal(90, second.Free);

        // The reply to the first asking was lost: its grant was never taken from, and the bucket fills again by itself.
        var again = await TakeAsync(PerMinute, "a", need: 10, grantId: first.GrantId, left: 60);

        Assert.Equal(80, again.Free);
    }

    [Fact]
    public async Task A_lost_grant_comes_back_by_itself()
    {
        await TakeAsync(PerMinute, "lost", need: 100);
        await TakeAsync(PerDay, "lost", need: 60);
        Assert.Equal(0, (await TakeAsync(PerMinute, "b", need: 1)).Amount);

        Advance(TimeSpan.FromMinutes(1.1));

        Assert.Equal(100, (await TakeAsync(PerMinute, "b", need: 100)).Amount);
        Assert.Equal(100, (await TakeAsync(PerDay, "b", need: 100)).Amount);
    }

    [Fact]
    public async Task A_day_gives_its_limit_once()
    {
        var first = await TakeAsync(PerDay, "a", need: 100);
        await TakeAsync(PerDay, "a", need: 0, grantId: first.GrantId, left: 1);
        Advance(TimeSpan.FromHours(11));

        var refused = await TakeAsync(PerDay, "a", need: 2);
        Assert.Equal((0, 3_600_000_000), (refused.Amount, refused.RetryAfterUs));
        Assert.Equal(1, (await TakeAsync(PerDay, "a", need: 1)).Amount);

        Advance(TimeSpan.FromHours(1));
        var next = await TakeAsync(PerDay, "a", need: 100);
        Assert.Equal((100, first.Window + 1), (next.Amount, next.Window));
    }

    [Fact]
    public async Task What_is_given_back_counts_for_its_own_day_only()
    {
        var first = await TakeAsync(PerDay, "a", need: 10);
        await TakeAsync(PerDay, "a", need: 0, grantId: first.GrantId, left: 0);
        await Authority.TakeAsync(PerDay, Hundred, new RateTake("a", 0, 1, MinuteNow, 0, 0, 0, first.Window));
        Assert.Equal(9, (await Authority.ReadAsync("lim_1"))[0].Used);

        Advance(TimeSpan.FromHours(12));
        var next = await TakeAsync(PerDay, "a", need: 10);
        await TakeAsync(PerDay, "a", need: 0, grantId: next.GrantId, left: 0);
        await Authority.TakeAsync(PerDay, Hundred, new RateTake("a", 0, 1, MinuteNow, 0, 0, 0, first.Window));
        Assert.Equal(10, (await Authority.ReadAsync("lim_1"))[0].Used);
    }

    [Fact]
    public async Task No_grant_outlasts_its_day()
    {
        Advance(TimeSpan.FromHours(12) - TimeSpan.FromMilliseconds(300));

        Assert.Equal(300_000, (await TakeAsync(PerDay, "a", need: 1)).ValidForUs);
    }

    [Fact]
    public async Task Counters_are_read_and_reset()
    {
        var grant = await TakeAsync(PerMinute, "a", need: 10, counted: 0);
        await Authority.TakeAsync(PerMinute, Hundred, new RateTake("a", grant.GrantId, 3, MinuteNow, 7, 0, 0));
        await Authority.TakeAsync(PerMinute, Hundred, new RateTake("b", 0, 0, MinuteNow - 1, 50, 0, 0));
        var day = await TakeAsync(PerDay, "a", need: 4);
        await TakeAsync(PerDay, "a", need: 0, grantId: day.GrantId, left: 0);

        var read = (await Authority.ReadAsync("lim_1")).OrderBy(static r => r.Gauge.Kind).ToList();
        Assert.Equal(new GaugeReading(PerDay, 100, 4, 96, 12 * 3_600_000_000L), read[0]);
        Assert.Equal(new GaugeReading(PerMinute, 100, 7, 93, 4_200_000), read[1]);
        Assert.Empty(await Authority.ReadAsync("lim_2"));

        await Authority.ResetAsync("lim_1", "key_2");
        Assert.Equal(4, (await Authority.ReadAsync("lim_1")).Max(static r => r.Gauge.Kind == RateKind.RequestsPerDay ? r.Used : 0));
        await Authority.ResetAsync("lim_1", null);
        Assert.All(await Authority.ReadAsync("lim_1"), static r => Assert.Equal((0, 100), (r.Used, r.Remaining)));
        await Authority.ForgetAsync("lim_1");
        Assert.Empty(await Authority.ReadAsync("lim_1"));
    }

    [Fact]
    public async Task New_terms_hold_at_once_and_old_ones_are_ignored()
    {
        await TakeAsync(PerMinute, "a", need: 40);
        var raised = await Authority.TakeAsync(PerMinute, new RateTerms(200, 200, 2), new RateTake("b", 0, 0, 0, 0, 1, 1));
        var late = await Authority.TakeAsync(PerMinute, Hundred, new RateTake("c", 0, 0, 0, 0, 1, 1));

        Assert.Equal((159, 158), (raised.Free, late.Free));
    }

    private async Task<RateGrant> TakeAsync(GaugeId gauge, string holder, long need, long want = 0, long grantId = 0, long left = 0, long counted = 0) =>
        await Authority.TakeAsync(gauge, Hundred, new RateTake(holder, grantId, left, MinuteNow, counted, need, want));
}

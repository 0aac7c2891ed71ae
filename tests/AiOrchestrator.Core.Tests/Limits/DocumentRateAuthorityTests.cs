using AiOrchestrator.Conformance;
using AiOrchestrator.Core.Limits;
using AiOrchestrator.Core.Platform;
using AiOrchestrator.Core.Tests.Fakes;

namespace AiOrchestrator.Core.Tests.Limits;

public sealed class DocumentRateAuthorityTests : RateAuthorityConformance
{
    private static readonly GaugeId PerMinute = new("lim_1", "key_1", RateKind.RequestsPerMinute);
    private static readonly GaugeId PerDay = new("lim_1", "key_1", RateKind.RequestsPerDay);
    private static readonly RateTerms Hundred = new(100, 100, 1);

    private readonly MemoryDocumentStore _documents = new();
    private readonly ManualTime _time = new();
    private readonly RateClock _clock;

    public DocumentRateAuthorityTests()
    {
        // The clock of the tests begins at eight in the morning.
        _time.Advance(TimeSpan.FromHours(4));
        _clock = new RateClock(_time);
        Authority = New(_documents, _clock);
    }

    protected override IRateAuthority Authority { get; }

    protected override long MinuteNow => _clock.UnixMs / RateClock.MinuteMs;

    [Fact]
    public async Task Two_instances_count_in_one_gauge_and_a_third_goes_on_after_them()
    {
        var other = New(_documents, _clock);
        var first = await TakeAsync(Authority, PerMinute, "a", need: 30);
        Assert.Equal(50, (await TakeAsync(other, PerMinute, "b", need: 20)).Free);
        Assert.Equal(40, (await TakeAsync(Authority, PerMinute, "c", need: 10)).Free);
        Assert.Equal(70 - 1, (await TakeAsync(New(_documents, _clock), PerMinute, "a", need: 1, first.GrantId, left: 30)).Free);
    }

    [Fact]
    public async Task A_gauge_that_is_deep_in_debt_comes_back_as_it_was()
    {
        await Authority.TakeAsync(PerMinute, new RateTerms(1_000_000_000_000, 1_000_000_000_000, 1), new RateTake("a", 0, -1_000_000_000_001, 0, 0, 0, 0));

        Assert.Equal(-1, (await New(_documents, _clock).TakeAsync(PerMinute, Hundred, new RateTake("b", 0, 0, 0, 0, 0, 0))).Free);
    }

    [Fact]
    public async Task Odd_and_long_subjects_are_told_apart()
    {
        string[] subjects = ["a/b", "a?b", "é", new('x', 200), new string('\u4e2d', 199) + "1", new string('\u4e2d', 199) + "2"];
        foreach (var subject in subjects)
        {
            await TakeAsync(Authority, PerMinute with { Subject = subject }, "a", need: 1);
        }

        Assert.Equal(subjects.Order(StringComparer.Ordinal), (await Authority.ReadAsync("lim_1")).Select(static r => r.Gauge.Subject).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task A_clock_that_is_ahead_lets_come_in_early_once_and_one_that_is_behind_takes_nothing_back()
    {
        var ahead = new ManualTime();
        ahead.Advance(TimeSpan.FromHours(4) + TimeSpan.FromSeconds(6));
        var early = New(_documents, new RateClock(ahead));
        Assert.Equal(0, (await TakeAsync(Authority, PerMinute, "a", need: 100)).Free);

        // The grant of the other counts as lost three seconds ago, and since then five came in.
        Assert.Equal(5 - 5, (await TakeAsync(early, PerMinute, "b", need: 5)).Free);
        Advance(TimeSpan.FromSeconds(6));
        ahead.Advance(TimeSpan.FromSeconds(6));
        Assert.Equal(0, (await TakeAsync(Authority, PerMinute, "c", need: 1)).Amount);
        Assert.Equal(10, (await TakeAsync(early, PerMinute, "b", need: 10)).Amount);
    }

    [Fact]
    public async Task Who_is_not_first_tries_again_and_gives_up_after_a_while()
    {
        var pauses = 0;
        var contended = new DocumentRateAuthority(_documents, _clock, new IdSource(_time), _ =>
        {
            pauses++;
            return Task.CompletedTask;
        });
        await TakeAsync(contended, PerMinute, "a", need: 1);
        var disturb = 3;
        _documents.BeforeWrite = () => Disturb(ref disturb);
        Assert.Equal(100 - 1 - 1 - 3, (await TakeAsync(contended, PerMinute, "b", need: 1)).Free);
        Assert.Equal(2, pauses);

        disturb = int.MaxValue;
        await Assert.ThrowsAsync<TimeoutException>(() => TakeAsync(contended, PerMinute, "b", need: 1));
        Assert.InRange(pauses, 10, 20);
    }

    [Fact]
    public async Task A_store_that_fails_is_an_exception_and_the_next_message_finds_out()
    {
        var grant = await TakeAsync(Authority, PerDay, "a", need: 10);
        _documents.BeforeWrite = static () => throw new IOException("the store does not answer");
        await Assert.ThrowsAsync<IOException>(() => TakeAsync(Authority, PerDay, "a", need: 10, grant.GrantId, left: 4));

        _documents.BeforeWrite = null;
        Assert.Equal(100 - 6 - 10, (await TakeAsync(Authority, PerDay, "a", need: 10, grant.GrantId, left: 4)).Free);
    }

    internal static DocumentRateAuthority New(MemoryDocumentStore documents, RateClock clock) =>
        new(documents, clock, new IdSource(TimeProvider.System), static _ => Task.Delay(TimeSpan.FromMilliseconds(1)));

    protected override void Advance(TimeSpan by) => _time.Advance(by);

    /// <summary>Another instance writes just before.</summary>
    private void Disturb(ref int times)
    {
        if (times-- > 0)
        {
            var before = _documents.BeforeWrite;
            _documents.BeforeWrite = null;
            _ = New(_documents, _clock).TakeAsync(PerMinute, Hundred, new RateTake($"other {times}", 0, 0, 0, 0, 1, 1)).AsTask().GetAwaiter().GetResult();
            _documents.BeforeWrite = before;
        }
    }

    private static async Task<RateGrant> TakeAsync(IRateAuthority authority, GaugeId gauge, string holder, long need, long grantId = 0, long left = 0) =>
        await authority.TakeAsync(gauge, Hundred, new RateTake(holder, grantId, left, 0, 0, need, 0));
}

using AiOrchestrator.Azure.Documents;
using AiOrchestrator.Azure.Tests.Cosmos;
using AiOrchestrator.Conformance;
using AiOrchestrator.Core.Limits;
using AiOrchestrator.Core.Platform;
using Microsoft.Azure.Cosmos;
using Microsoft.Extensions.DependencyInjection;

namespace AiOrchestrator.Azure.Tests.Documents;

/// <summary>Gauges as documents, on the real SDK: composed as the head composes them.</summary>
public sealed class CosmosRateAuthorityTests : RateAuthorityConformance, IAsyncLifetime
{
    private const int TwoDays = 2 * 86_400;
    private static readonly GaugeId PerMinute = new("lim_1", "key/1?#", RateKind.RequestsPerMinute);
    private static readonly RateTerms Thousand = new(1000, 1000, 1);

    private readonly EmulatedTime _time = new();
    private readonly List<ServiceProvider> _instances = [];
    private CosmosEmulation _emulation = null!;
    private CosmosClient _client = null!;

    protected override IRateAuthority Authority => _instances[0].GetRequiredService<IRateAuthority>();

    protected override long MinuteNow => _time.GetUtcNow().ToUnixTimeMilliseconds() / 60_000;

    public async ValueTask InitializeAsync()
    {
        // To noon, which the suite begins at.
        _time.Advance(TimeSpan.FromHours(4));
        _emulation = await CosmosEmulation.StartAsync(_time);
        _client = _emulation.NewClient();
        await CosmosEmulation.DocumentsAsync(_client, DocumentsRegistration.RatesContainer, TwoDays, TestContext.Current.CancellationToken);
        Start();
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var instance in _instances)
        {
            await instance.DisposeAsync();
        }

        _client.Dispose();
        await _emulation.DisposeAsync();
    }

    [Fact]
    public async Task A_message_costs_one_write_while_nobody_else_writes()
    {
        var grant = await Authority.TakeAsync(PerMinute, Thousand, new RateTake("a", 0, 0, 0, 0, 5, 5));
        var before = _emulation.Requests.Count;

        Assert.Equal(990, (await Authority.TakeAsync(PerMinute, Thousand, new RateTake("a", grant.GrantId, 0, 0, 0, 5, 5))).Free);

        Assert.Equal(1, _emulation.Requests.Count - before);
    }

    [Fact]
    public async Task Instances_that_write_at_once_lose_nothing()
    {
        for (var i = 1; i < 4; i++)
        {
            Start();
        }

        await Task.WhenAll(Enumerable.Range(0, 40).Select(i => Task.Run(async () =>
        {
            var authority = _instances[i % 4].GetRequiredService<IRateAuthority>();
            Assert.Equal(10, (await authority.TakeAsync(PerMinute, Thousand, new RateTake($"h{i}", 0, 0, 0, 0, 10, 0))).Amount);
        })));

        Assert.Equal(600, Assert.Single(await Authority.ReadAsync("lim_1")).Remaining);
    }

    [Fact]
    public async Task A_gauge_nobody_asks_goes_after_two_days()
    {
        await Authority.TakeAsync(PerMinute, Thousand, new RateTake("a", 0, 0, 0, 0, 5, 5));
        Advance(TimeSpan.FromDays(2));

        Assert.Empty(await Authority.ReadAsync("lim_1"));
        Assert.Equal(995, (await Authority.TakeAsync(PerMinute, Thousand, new RateTake("a", 0, 0, 0, 0, 5, 5))).Free);
    }

    [Fact]
    public async Task A_database_that_does_not_answer_is_an_exception()
    {
        await Authority.TakeAsync(PerMinute, Thousand, new RateTake("a", 0, 0, 0, 0, 5, 5));
        _emulation.Faults.Cut(times: 1000);
        await Assert.ThrowsAnyAsync<Exception>(async () => await Authority.TakeAsync(PerMinute, Thousand, new RateTake("a", 1, 0, 0, 0, 5, 5)));

        _emulation.Faults.Clear();
        Assert.Equal(990, (await Authority.TakeAsync(PerMinute, Thousand, new RateTake("a", 1, 0, 0, 0, 5, 5))).Free);
    }

    protected override void Advance(TimeSpan by) => _time.Advance(by);

    /// <summary>One more instance. What waits between two tries waits for real.</summary>
    private void Start() => _instances.Add(new ServiceCollection()
        .AddSingleton<TimeProvider>(new WaitingTime(_time))
        .AddPlatform()
        .AddLimits()
        .AddDocumentRates()
        .AddSingleton(_client)
        .AddCosmosDocuments("aiorchestrator")
        .BuildServiceProvider());

    /// <summary>The emulated clock, and the system's timers.</summary>
    private sealed class WaitingTime(EmulatedTime time) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => time.GetUtcNow();
    }
}

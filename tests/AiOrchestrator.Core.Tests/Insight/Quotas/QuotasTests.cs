using AiOrchestrator.Core.Platform.Jobs;
using AiOrchestrator.Core.Tests.Fakes;
using AiOrchestrator.Core.Tests.Hosting;
using Microsoft.Extensions.DependencyInjection;

namespace AiOrchestrator.Core.Tests.Insight.Quotas;

/// <summary>The clock stands at 2027-01-15 08:00 UTC; each call has 12 prompt and 5 completion tokens.</summary>
public sealed class QuotasTests
{
    private const long Now = 1_800_000_000_000;
    private const long DayMs = 86_400_000;

    [Fact]
    public async Task What_is_used_is_counted_by_provider_model_and_window()
    {
        await using var host = await CoreHost.StartAsync();
        await PlanAsync(
            host,
            """{"provider":"echo","window":"day","requests":4},{"provider":"echo","model":"echo","window":"month","tokens":100}""");
        Add(host, 1, Now);
        Add(host, 2, Now - 1000);
        Add(host, 3, Now - DayMs);
        Add(host, 4, Now - (20 * DayMs));

        var answer = (await Http.GetAsync(host.Admin, "/control/v1/plan/quotas")).Json;

        Assert.Equal("2027-01-15T08:00:00.000Z", answer.Text("as_of"));
        Assert.Equal(
            """[{"provider":"echo","model":null,"window":"day","window_start":"2027-01-15T00:00:00.000Z","window_end":"2027-01-16T00:00:00.000Z","requests":{"used":2,"limit":4},"tokens":null,"percent":50},{"provider":"echo","model":"echo","window":"month","window_start":"2027-01-01T00:00:00.000Z","window_end":"2027-02-01T00:00:00.000Z","requests":null,"tokens":{"used":51,"limit":100},"percent":51}]""",
            answer.GetProperty("data").GetRawText());
    }

    [Fact]
    public async Task Each_threshold_is_warned_of_once_in_each_window()
    {
        await using var host = await CoreHost.StartAsync();
        await PlanAsync(host, """{"provider":"echo","window":"day","requests":5}""");
        for (var i = 1; i <= 3; i++)
        {
            Add(host, i, Now);
        }

        await WatchAsync(host);
        Assert.Empty(await AlertsAsync(host));
        Add(host, 4, Now);
        await WatchAsync(host);
        await WatchAsync(host);
        Assert.Equal(["80 % of the free quota of 'echo' is used"], await AlertsAsync(host));
        Add(host, 5, Now);
        await WatchAsync(host);
        Assert.Equal(["100 % of the free quota of 'echo' is used", "80 % of the free quota of 'echo' is used"], await AlertsAsync(host));

        host.Time.Advance(TimeSpan.FromDays(1));
        for (var i = 6; i <= 9; i++)
        {
            Add(host, i, Now + DayMs);
        }

        await WatchAsync(host);
        Assert.Equal(3, (await AlertsAsync(host)).Count);
    }

    private static async Task PlanAsync(CoreHost host, string quotas) =>
        Assert.True((await host.Admin.SendAsync(HttpMethod.Put, "/control/v1/plan", $$"""{"enabled":false,"free_quotas":[{{quotas}}]}""")).Message.IsSuccessStatusCode);

    private static void Add(CoreHost host, long number, long unixMs)
    {
        var usage = TestUsage.Event(number, host.Installation.OrganisationId, host.Installation.KeyId, unixMs);
        usage.WalletPath = "wal_1";
        host.Usage.Add(usage);
    }

    private static async Task WatchAsync(CoreHost host)
    {
        var job = host.Services.GetRequiredService<JobRunner>().Jobs.Single(static j => j.Name == "watch-prices");
        await job.Run(job.PeriodAt(host.Time.UnixMs), TestContext.Current.CancellationToken);
    }

    private static async Task<IReadOnlyList<string>> AlertsAsync(CoreHost host) =>
        [.. (await Http.GetAsync(host.Admin, "/control/v1/alerts")).Json.GetProperty("data").EnumerateArray().Select(static a => a.Text("subject")).Order(StringComparer.Ordinal)];
}

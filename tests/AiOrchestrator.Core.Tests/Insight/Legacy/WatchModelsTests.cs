using AiOrchestrator.Core.Platform.Jobs;
using AiOrchestrator.Core.Tests.Fakes;
using AiOrchestrator.Core.Tests.Hosting;
using Microsoft.Extensions.DependencyInjection;

namespace AiOrchestrator.Core.Tests.Insight.Legacy;

/// <summary>The clock stands at 2027-01-15 08:00 UTC.</summary>
public sealed class WatchModelsTests
{
    private const string Row =
        """{"id":"lab","base_url":"http://localhost:1/v1","models":[{"id":"old","price":{"input_usd_per_million":"1","output_usd_per_million":"1"}},{"id":"idle","price":{"input_usd_per_million":"1","output_usd_per_million":"1"}},{"id":"new","price":{"input_usd_per_million":"1","output_usd_per_million":"1"}}]}""";

    [Fact]
    public async Task A_model_in_use_is_warned_of_once_thirty_days_ahead_and_once_when_it_has_ended()
    {
        await using var host = await CoreHost.StartAsync();
        await host.Admin.PostAsync("/control/v1/providers", Row);
        await SayAsync(host, "old", """{"deprecated_at":"2027-01-01","retired_at":"2027-03-01","replacement":"new"}""");
        await SayAsync(host, "idle", """{"deprecated_at":"2027-01-01","retired_at":"2027-03-01"}""");
        Add(host, 1, "old");
        await WatchAsync(host);
        Assert.Empty(await AlertsAsync(host));

        // The thirtieth day ahead begins at midnight; calls of a month ago still count as use.
        host.Time.Advance(TimeSpan.FromDays(15));
        await WatchAsync(host);
        host.Time.Advance(TimeSpan.FromDays(1));
        await WatchAsync(host);
        await WatchAsync(host);
        var (kind, text) = Assert.Single(await AlertsAsync(host));
        Assert.Equal("model_retiring", kind);
        Assert.Contains("1 calls", text, StringComparison.Ordinal);
        Assert.Contains("served by 'new'", text, StringComparison.Ordinal);

        Add(host, 2, "old");
        host.Time.Advance(TimeSpan.FromDays(30));
        await WatchAsync(host);
        await WatchAsync(host);
        Assert.Equal(["model_retired", "model_retiring"], (await AlertsAsync(host)).Select(static a => a.Kind));

        // Another date is another matter.
        await SayAsync(host, "old", """{"deprecated_at":"2027-01-01","retired_at":"2027-03-10","replacement":"new"}""");
        await WatchAsync(host);
        Assert.Equal(3, (await AlertsAsync(host)).Count);
    }

    private static async Task SayAsync(CoreHost host, string model, string json) =>
        Assert.True((await host.Admin.SendAsync(HttpMethod.Put, $"/control/v1/models/{model}", json)).Message.IsSuccessStatusCode);

    private static void Add(CoreHost host, long number, string model)
    {
        var usage = TestUsage.Event(number, host.Installation.OrganisationId, host.Installation.KeyId, host.Time.UnixMs);
        usage.Model = model;
        host.Usage.Add(usage);
    }

    private static async Task WatchAsync(CoreHost host)
    {
        var job = host.Services.GetServices<Job>().Single(static j => j.Name == "watch-models");
        await job.Run(job.PeriodAt(host.Time.UnixMs), TestContext.Current.CancellationToken);
    }

    private static async Task<List<(string Kind, string Text)>> AlertsAsync(CoreHost host) =>
        [.. (await Http.GetAsync(host.Admin, "/control/v1/alerts")).Json.GetProperty("data").EnumerateArray().Select(static a => (a.Text("kind"), a.Text("text")))];
}

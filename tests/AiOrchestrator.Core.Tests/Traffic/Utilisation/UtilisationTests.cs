using System.Globalization;
using System.Text.Json;
using AiOrchestrator.Core.Tests.Hosting;
using AiOrchestrator.Core.Tests.Traffic.Queueing;
using AiOrchestrator.Core.Traffic.Utilisation;
using AiOrchestrator.Ledger.Money;
using FsCheck;
using FsCheck.Fluent;
using Microsoft.Extensions.DependencyInjection;

namespace AiOrchestrator.Core.Tests.Traffic.Utilisation;

/// <summary>RT-11: P34.</summary>
public sealed class UtilisationTests
{
    private const long Hour = 3_600_000;
    private const long Noon = 1_800_000_000_000;
    private const string Path = "/control/v1/utilisation";

    [Fact]
    public void It_is_between_none_and_all_exactly_all_where_nothing_is_left_and_none_where_nothing_is_used() => Prop.ForAll(
        (from capacity in Gen.OneOf(Gen.Choose(1, 100).Select(static c => (long)c), Gen.Choose(1, int.MaxValue).Select(static c => c * 400L))
         from left in Gen.OneOf(Gen.Constant(0L), Gen.Constant(capacity), Gen.Choose(-100, int.MaxValue).Select(static l => l * 400L))
         select (capacity, left)).ToArbitrary(),
        static c =>
        {
            var used = UseWindows.Millionths(c.left, c.capacity);
            return used is >= 0 and <= UseWindows.Whole && (used == UseWindows.Whole) == (c.left <= 0) && (c.left < c.capacity || used == 0);
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(2_000));

    [Fact]
    public void Peaks_are_those_of_the_last_seven_days_and_no_more()
    {
        var use = new ProviderUse("org", "p");
        for (var hour = 0; hour < 400; hour++)
        {
            use.Note(UseWindow.RequestsPerMinute, 1000 + hour, Noon + hour * Hour);
            use.Note(UseWindow.RequestsPerMinute, 500, Noon + hour * Hour);
            use.Note(UseWindow.Connections, hour % 3, Noon + hour * Hour);
        }

        var peaks = use.Peaks(Noon + 399 * Hour);
        Assert.Equal((168, 1232, 1399), (peaks.Count, peaks[0].RequestsPerMinute, peaks[^1].RequestsPerMinute));
        Assert.Equal(167, use.Peaks(Noon + 400 * Hour).Count);
        Assert.True(use.TakeChanged());
        Assert.False(use.TakeChanged());

        // What was written before: the higher stands, and what is too old or yet to come is not taken in.
        use.Merge([new HourPeak((Noon / Hour) + 399, 7, 8, 9, 10), new HourPeak((Noon / Hour) + 200, 9, 9, 9, 9), new HourPeak((Noon / Hour) + 568, 9, 9, 9, 9)], Noon + 399 * Hour);
        Assert.Equal(new HourPeak((Noon / Hour) + 399, 1399, 8, 9, 10), use.Peaks(Noon + 399 * Hour)[^1]);
        Assert.Equal(168, use.Peaks(Noon + 399 * Hour).Count);
    }

    [Fact]
    public async Task Windows_are_all_used_at_the_limit_and_not_at_all_once_time_has_passed()
    {
        await using var scene = await QueueScene.StartAsync("\"max_connections\":2,");
        Assert.Equal("connections 0", await WindowsAsync(scene));
        await scene.LimitAsync("\"requests_per_minute\":4,\"requests_per_day\":8", subject: "*");
        Assert.Equal("requests_per_minute 0, requests_per_day 0, connections 0", await WindowsAsync(scene));
        scene.Hold();
        Task[] calls = [scene.CallAsync(), scene.CallAsync()];
        await scene.HeldAsync(2);

        Assert.Equal("requests_per_minute 0.5, requests_per_day 0.25, connections 1", await WindowsAsync(scene));
        scene.LetGo();
        scene.LetGo();
        await Task.WhenAll(calls);
        scene.Provider.Wait = static () => Task.CompletedTask;
        await scene.CallAsync();
        await scene.CallAsync();
        await QueueScene.UntilAsync(() => WindowsAsync(scene).Result.EndsWith("connections 0", StringComparison.Ordinal));
        Assert.Equal("requests_per_minute 1, requests_per_day 0.5, connections 0", await WindowsAsync(scene));
        Assert.Equal(1, (await scene.OfAsync("/control/v1/queue")).GetProperty("utilisation").GetDouble());
        scene.Host.Time.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal("requests_per_minute 0, requests_per_day 0.5, connections 0", await WindowsAsync(scene));
        scene.Host.Time.Advance(TimeSpan.FromDays(1));
        Assert.Equal("requests_per_minute 0, requests_per_day 0, connections 0", await WindowsAsync(scene));
    }

    [Fact]
    public async Task Tokens_and_money_of_a_day_are_windows_too_with_peaks_and_alerts()
    {
        await using var scene = await QueueScene.StartAsync();
        var usage = await scene.Host.Stream.OfAsync((await scene.CallAsync()).Message);
        var most = usage.PromptTokensMax + usage.CompletionTokensMax;
        await scene.LimitAsync($"\"tokens_per_day\":{most},\"cost_usd_per_day\":\"1\"");
        _ = await scene.Host.Stream.OfAsync((await scene.CallAsync()).Message);

        // While it was under way it held all that it might have used.
        var seen = await scene.OfAsync(Path);
        var tokens = seen.GetProperty("windows")[0];
        Assert.Equal(("tokens_per_day", most, usage.PromptTokens + usage.CompletionTokens), (tokens.Text("window"), tokens.GetProperty("limit").GetInt64(), tokens.GetProperty("used").GetInt64()));
        var cost = seen.GetProperty("windows")[1];
        Assert.Equal(("cost_usd_per_day", "1.00", NanoUsd.FormatUsd(usage.CostNanoUsd)), (cost.Text("window"), cost.Text("limit_usd"), cost.Text("used_usd")));
        Assert.Equal(usage.CostNanoUsd / 1000 / 1e6, cost.GetProperty("utilisation").GetDouble());
        Assert.Equal(JsonValueKind.Null, cost.GetProperty("limit").ValueKind);
        var peak = Assert.Single(seen.GetProperty("peaks").EnumerateArray());
        Assert.Equal(1, peak.GetProperty("tokens_per_day").GetDouble());
        Assert.InRange(peak.GetProperty("cost_usd_per_day").GetDouble(), usage.CostNanoUsd / 1e9, 0.1);

        await scene.Host.Services.GetRequiredService<UseUpkeep>().TellAsync(TestContext.Current.CancellationToken);
        var alert = Assert.Single((await Http.GetAsync(scene.Host.Admin, "/control/v1/alerts?kind=provider_utilisation")).Json.GetProperty("data").EnumerateArray());
        Assert.Equal("tokens_per_day", alert.GetProperty("data").Text("window"));
        scene.Host.Time.Advance(TimeSpan.FromDays(1));
        Assert.Equal("tokens_per_day 0, cost_usd_per_day 0, connections 0", await WindowsAsync(scene));
    }

    [Fact]
    public async Task Peaks_outlive_a_restart_and_what_another_instance_wrote_stands_beside_them()
    {
        await using var scene = await QueueScene.StartAsync();
        await scene.LimitAsync("\"requests_per_minute\":2,\"tokens_per_minute\":1000");
        await scene.CallAsync();
        await scene.CallAsync();
        var hour = DateTimeOffset.FromUnixTimeMilliseconds(scene.Host.Time.UnixMs).Hour;
        var before = (await scene.OfAsync(Path)).GetProperty("peaks").GetRawText();
        await scene.Host.StopAsync();
        await using var again = await CoreHost.StartAsync(on: scene.Host, environment: new() { ["KEY"] = "sk-secret" });
        again.Time.Advance(TimeSpan.FromMinutes(2));

        Assert.StartsWith($$"""[{"hour":{{hour}},"requests_per_minute":1,"tokens_per_minute":0.0""", before, StringComparison.Ordinal);
        Assert.Equal(before, (await Http.GetAsync(again.Admin, Path)).Json.GetProperty("data").EnumerateArray().Single(static p => p.Text("provider") == "p").GetProperty("peaks").GetRawText());
        again.Time.Advance(TimeSpan.FromDays(7));
        Assert.Equal(0, (await Http.GetAsync(again.Admin, Path)).Json.GetProperty("data").EnumerateArray().Single(static p => p.Text("provider") == "p").GetProperty("peaks").GetArrayLength());
    }

    [Fact]
    public async Task Peaks_are_written_only_when_they_have_risen()
    {
        await using var scene = await QueueScene.StartAsync();
        var upkeep = scene.Host.Services.GetRequiredService<UseUpkeep>();
        await scene.LimitAsync("\"requests_per_minute\":2");
        await scene.CallAsync();
        await upkeep.SaveAsync(TestContext.Current.CancellationToken);
        var first = await TagAsync();
        scene.Host.Time.Advance(TimeSpan.FromMinutes(1));
        await scene.CallAsync();
        await upkeep.SaveAsync(TestContext.Current.CancellationToken);
        Assert.Equal(first, await TagAsync());
        await scene.CallAsync();
        await upkeep.SaveAsync(TestContext.Current.CancellationToken);
        Assert.NotEqual(first, await TagAsync());

        async Task<string> TagAsync() =>
            (await scene.Host.Documents.GetAsync(StoredUse.Partition(scene.Host.Installation.OrganisationId), "p", TestContext.Current.CancellationToken))!.ETag;
    }

    [Fact]
    public async Task From_80_percent_on_there_is_one_alert_an_hour_that_counts_its_minutes_and_one_a_day()
    {
        await using var scene = await QueueScene.StartAsync();
        var upkeep = scene.Host.Services.GetRequiredService<UseUpkeep>();
        await scene.LimitAsync("\"requests_per_minute\":5,\"requests_per_day\":10");
        await CallAsync(3);
        Assert.Equal("", await AlertsAsync());
        await CallAsync(1);
        Assert.Equal("requests_per_minute 1", await AlertsAsync());
        await CallAsync(1);
        Assert.Equal("requests_per_minute 1", await AlertsAsync());
        scene.Host.Time.Advance(TimeSpan.FromMinutes(1));
        await CallAsync(5);

        Assert.Equal("requests_per_day 1, requests_per_minute 2", await AlertsAsync());
        scene.Host.Time.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal("requests_per_day 1, requests_per_minute 2", await AlertsAsync());

        async Task CallAsync(int calls)
        {
            for (var i = 0; i < calls; i++)
            {
                await scene.CallAsync(wait: null);
            }
        }

        async Task<string> AlertsAsync()
        {
            await upkeep.TellAsync(TestContext.Current.CancellationToken);
            var alerts = (await Http.GetAsync(scene.Host.Admin, "/control/v1/alerts?kind=provider_utilisation")).Json.GetProperty("data").EnumerateArray();
            return string.Join(", ", alerts.Select(static a => $"{a.GetProperty("data").Text("window")} {a.GetProperty("count").GetInt32()}").Order(StringComparer.Ordinal));
        }
    }

    private static async Task<string> WindowsAsync(QueueScene scene) => string.Join(
        ", ",
        (await scene.OfAsync(Path)).GetProperty("windows").EnumerateArray()
            .Select(static w => string.Create(CultureInfo.InvariantCulture, $"{w.Text("window")} {w.GetProperty("utilisation").GetDouble()}")));
}

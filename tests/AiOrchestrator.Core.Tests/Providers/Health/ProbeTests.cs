using System.Net;
using AiOrchestrator.Core.Providers;
using AiOrchestrator.Core.Providers.Health;
using AiOrchestrator.Core.Tests.Hosting;
using Microsoft.Extensions.DependencyInjection;

namespace AiOrchestrator.Core.Tests.Providers.Health;

/// <summary>Probes over real sockets, with a clock the test moves.</summary>
public sealed class ProbeTests
{
    [Fact]
    public async Task A_provider_that_goes_down_and_comes_back_is_seen_told_and_written_down()
    {
        await using var scene = await HealthScene.StartAsync();
        await scene.PassAsync(30);
        Assert.Equal(("HEALTHY", 1), (await scene.StatusAsync("a"), scene.A.Asked.Count));

        await scene.A.GoAwayAsync();
        await scene.PassAsync(30);
        Assert.Equal("HEALTHY", await scene.StatusAsync("a"));
        await scene.PassAsync(30);
        var down = await scene.HealthAsync("a");
        Assert.Equal(("UNAVAILABLE", "upstream_unreachable"), (down.Text("status"), down.GetProperty("last_error").Text("code")));
        Assert.Equal("HEALTHY", await scene.StatusAsync("b"));
        var ready = await Http.GetAsync(scene.Host.Anonymous, "/ready");
        Assert.Equal((HttpStatusCode.OK, "degraded"), (ready.Status, ready.Json.Text("status")));

        await scene.PassAsync(240);
        await scene.A.ComeBackAsync();
        await scene.PassAsync(600);
        var back = await scene.HealthAsync("a");
        Assert.Equal("HEALTHY", back.Text("status"));

        // Down from 90 s on; two good probes 300 s later, told 60 s after that.
        Assert.InRange(back.GetProperty("uptime_day_percent").GetDouble(), 55, 65);
        Assert.Equal("providerDown HEALTHY-UNAVAILABLE, providerRecovered UNAVAILABLE-DEGRADED, statusChange DEGRADED-HEALTHY", await scene.HistoryAsync("a"));
        Assert.Equal(
            "provider_down critical: The provider 'a' is UNAVAILABLE, provider_recovered info: The provider 'a' answers again, status_change info: The provider 'a' is HEALTHY",
            await scene.AlertsAsync());
        Assert.Equal("ready", (await Http.GetAsync(scene.Host.Anonymous, "/ready")).Json.GetProperty("checks").EnumerateArray().Single(static c => c.Text("name") == "provider_health").Text("status"));
    }

    [Fact]
    public async Task What_is_down_is_still_down_after_a_restart_and_nothing_is_told_twice()
    {
        await using var scene = await HealthScene.StartAsync();
        await scene.A.GoAwayAsync();
        await scene.PassAsync(60);
        var history = await scene.HistoryAsync("a");

        await using var again = await CoreHost.StartAsync(new() { ["KEY"] = "sk-secret" }, on: scene.Host);
        await again.Services.GetRequiredService<HealthMonitor>().FindAsync("a", TestContext.Current.CancellationToken);
        var route = again.Services.GetRequiredService<ProviderDirectory>().Current.RoutesByModel["m"][0];
        Assert.Equal(("a", HealthStatus.Unavailable), (route.Provider.Id, again.Services.GetRequiredService<HealthBook>().StatusOf(route)));
        Assert.Equal("UNAVAILABLE", (await Http.GetAsync(again.Admin, "/control/v1/providers/a/health")).Json.Text("status"));
        Assert.Equal("provider_down critical: The provider 'a' is UNAVAILABLE", await scene.AlertsAsync());
        Assert.Equal(history, await scene.HistoryAsync("a"));
    }

    [Fact]
    public async Task What_could_not_be_told_is_told_once_the_store_answers()
    {
        await using var scene = await HealthScene.StartAsync();
        await scene.A.GoAwayAsync();
        await scene.PassAsync(50);
        var writes = 0;
        scene.Host.Documents.BeforeWrite = () =>
        {
            // The status is written down; what it is told by is not.
            if (Interlocked.Increment(ref writes) > 1)
            {
                throw new IOException("the store does not answer");
            }
        };
        await scene.PassAsync(10);
        scene.Host.Documents.BeforeWrite = null;
        Assert.Equal("", await scene.HistoryAsync("a"));
        await scene.TurnAsync();
        Assert.Equal("providerDown HEALTHY-UNAVAILABLE", await scene.HistoryAsync("a"));
        Assert.Equal("provider_down critical: The provider 'a' is UNAVAILABLE", await scene.AlertsAsync());
    }

    [Fact]
    public async Task One_document_that_cannot_be_read_keeps_nobody_else_from_being_watched()
    {
        await using var scene = await HealthScene.StartAsync();
        var partition = StoredHealths.Partition(scene.Host.Installation.OrganisationId);
        _ = await scene.Host.Documents.ReplaceAsync(partition, "a", "[]"u8.ToArray(), null, TestContext.Current.CancellationToken);
        await using var again = await CoreHost.StartAsync(new() { ["KEY"] = "sk-secret" }, on: scene.Host);
        var monitor = again.Services.GetRequiredService<HealthMonitor>();
        await monitor.TurnAsync(TestContext.Current.CancellationToken);
        Assert.NotNull(await monitor.FindAsync("b", TestContext.Current.CancellationToken));
        Assert.Null(await monitor.FindAsync("a", TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Of_two_instances_that_see_the_same_one_tells()
    {
        await using var scene = await HealthScene.StartAsync();
        await using var other = await CoreHost.StartAsync(new() { ["KEY"] = "sk-secret" }, on: scene.Host);
        var theirs = other.Services.GetRequiredService<HealthMonitor>();
        await theirs.TurnAsync(TestContext.Current.CancellationToken);
        await scene.A.GoAwayAsync();
        for (var i = 0; i < 3; i++)
        {
            await scene.PassAsync(30);
            await theirs.TurnAsync(TestContext.Current.CancellationToken);
            await theirs.ProbesAsync();
            await theirs.TurnAsync(TestContext.Current.CancellationToken);
        }

        Assert.Equal(HealthStatus.Unavailable, other.Services.GetRequiredService<HealthBook>().StatusOf("a"));
        Assert.Equal("providerDown HEALTHY-UNAVAILABLE", await scene.HistoryAsync("a"));
        Assert.Equal("provider_down critical: The provider 'a' is UNAVAILABLE", await scene.AlertsAsync());
    }

    [Fact]
    public async Task A_probe_costs_nothing_and_is_charged_to_nobody_unless_the_row_pays_for_it()
    {
        await using var scene = await HealthScene.StartAsync(""" "probe":"chat","probe_interval_ms":60000, """);
        await using var other = await CoreHost.StartAsync(new() { ["KEY"] = "sk-secret" }, on: scene.Host);
        var theirs = other.Services.GetRequiredService<HealthMonitor>();
        for (var i = 0; i < 12; i++)
        {
            await scene.PassAsync(30);
            await theirs.TurnAsync(TestContext.Current.CancellationToken);
            await theirs.ProbesAsync();
        }

        // Six minutes: one call of one token each, whoever of the two makes it; nothing but lists at the other provider.
        Assert.Equal((6, 6), (scene.A.Calls, scene.A.Asked.Count));
        Assert.Equal(0, scene.B.Calls);
        Assert.NotEmpty(scene.B.Asked);
        await scene.PassAsync(300);
        var probe = (await scene.HealthAsync("a")).GetProperty("probe");
        Assert.Equal(("chat", true, 60_000), (probe.Text("kind"), probe.GetProperty("paid").GetBoolean(), probe.GetProperty("interval_ms").GetInt32()));
        Assert.InRange(probe.GetProperty("paid_probes").GetInt64(), 5, scene.A.Calls);
        Assert.False((await scene.HealthAsync("b")).GetProperty("probe").GetProperty("paid").GetBoolean());
        Assert.Throws<InvalidOperationException>(() => scene.Host.Stream.Last);
    }

    [Fact]
    public async Task A_refused_key_takes_a_provider_out_until_it_is_probed_well_or_its_row_changes()
    {
        await using var scene = await HealthScene.StartAsync(""" "probe_interval_ms":0, """);
        scene.A.Answer = FakeProvider.Only(401);
        Assert.Equal(HttpStatusCode.OK, await scene.CallAsync());
        Assert.Equal("a/m upstream_authentication_failed 401", scene.Host.Stream.Last.AttemptList);
        Assert.Equal(HttpStatusCode.OK, await scene.CallAsync());
        await scene.PassAsync(3600);
        Assert.Equal(("UNAVAILABLE", 1), (await scene.StatusAsync("a"), scene.A.Asked.Count));
        Assert.Equal("UNAVAILABLE", (await scene.Host.Admin.PostAsync("/control/v1/providers/a/probe", "")).Json.Text("status"));

        scene.A.Answer = FakeProvider.Well;
        _ = await scene.Host.Admin.PostAsync("/control/v1/providers/a/probe", "");
        Assert.Equal("DEGRADED", (await scene.Host.Admin.PostAsync("/control/v1/providers/a/probe", "{}")).Json.Text("status"));

        scene.A.Answer = FakeProvider.Only(403);
        _ = await scene.CallAsync();
        Assert.Equal("UNAVAILABLE", await scene.StatusAsync("a"));
        scene.A.Answer = FakeProvider.Well;
        var replaced = await scene.Host.Admin.SendAsync(HttpMethod.Put, "/control/v1/providers/a", HealthScene.Row("a", scene.A.Address, 1, ""));
        Assert.True(replaced.Status == HttpStatusCode.OK, replaced.Text);
        Assert.Equal("HEALTHY", await scene.StatusAsync("a"));
    }

    [Theory]
    [InlineData(500, "UNAVAILABLE")]
    [InlineData(429, "HEALTHY")]
    [InlineData(404, "HEALTHY")]
    [InlineData(401, "UNAVAILABLE")]
    public async Task A_probe_tells_an_outage_from_a_provider_that_is_there(int status, string expected)
    {
        await using var scene = await HealthScene.StartAsync();
        scene.A.Answer = FakeProvider.Only(status);
        await scene.PassAsync(60);
        Assert.Equal(expected, await scene.StatusAsync("a"));
    }

    [Fact]
    public async Task What_is_not_in_service_has_no_health_and_what_is_never_probed_is_not()
    {
        await using var scene = await HealthScene.StartAsync(""" "enabled":false, """);
        await scene.PassAsync(120);

        Assert.Equal("provider_not_in_service", (await Http.GetAsync(scene.Host.Admin, "/control/v1/providers/a/health")).Code);
        Assert.Equal("provider_not_found", (await Http.GetAsync(scene.Host.Admin, "/control/v1/providers/none/health/history")).Code);
        Assert.Empty(scene.A.Asked);
        var all = await Http.GetAsync(scene.Host.Admin, "/control/v1/health/providers?limit=1");
        Assert.Equal(("b", "b"), (all.Json.GetProperty("data")[0].Text("id"), all.Json.Text("next")));
        Assert.Equal("echo", (await Http.GetAsync(scene.Host.Admin, "/control/v1/health/providers?after=b")).Json.GetProperty("data")[0].Text("id"));
        var invalid = await scene.Host.Admin.PostAsync("/control/v1/providers", HealthScene.Row("c", scene.A.Address, 1, """ "probe_interval_ms":3600001, """));
        Assert.Equal(HttpStatusCode.BadRequest, invalid.Status);
    }
}

using System.Net;
using AiOrchestrator.Core.Tests.Hosting;

namespace AiOrchestrator.Core.Tests.Limits;

public sealed class LimitEndpointsTests
{
    private const string Limits = "/control/v1/limits";

    [Fact]
    public async Task A_limit_is_created_shown_listed_changed_and_deleted()
    {
        await using var host = await CoreHost.StartAsync();

        var created = await host.Admin.PostAsync(
            Limits, $$"""{"scope":"key","subject":"{{host.Installation.KeyId}}","requests_per_minute":60,"requests_per_day":1000,"tokens_per_minute":50000,"tokens_per_day":70000,"cost_usd_per_day":"1.50","burst":5}""");
        var path = $"{Limits}/{created.Json.Text("id")}";

        Assert.Equal(HttpStatusCode.Created, created.Status);
        Assert.Equal(path, created.Message.Headers.Location?.ToString());
        Assert.Contains(
            $$""","scope":"key","subject":"{{host.Installation.KeyId}}","requests_per_minute":60,"requests_per_day":1000,"tokens_per_minute":50000,"tokens_per_day":70000,"cost_usd_per_day":"1.50","burst":5,"created_at":"2027-01-15T08:00:00.000Z"}""",
            created.Text,
            StringComparison.Ordinal);
        Assert.Equal(created.Text, (await Http.GetAsync(host.Admin, path)).Text);
        Assert.Equal($$"""{"data":[{{created.Text}}],"next":null}""", (await Http.GetAsync(host.Admin, Limits)).Text);

        var tag = created.Message.Headers.ETag!.ToString();
        var changed = await host.Admin.SendAsync(HttpMethod.Patch, path, """{"requests_per_day":null,"burst":null,"requests_per_minute":70,"cost_usd_per_day":null}""", tag);
        Assert.Contains("\"requests_per_minute\":70,\"requests_per_day\":null,\"tokens_per_minute\":50000,\"tokens_per_day\":70000,\"cost_usd_per_day\":null,\"burst\":null", changed.Text, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.PreconditionFailed, (await host.Admin.SendAsync(HttpMethod.Patch, path, "{}", tag)).Status);
        Assert.Equal(HttpStatusCode.PreconditionFailed, (await host.Admin.SendAsync(HttpMethod.Delete, path, null, tag)).Status);

        Assert.Equal(HttpStatusCode.NoContent, (await host.Admin.SendAsync(HttpMethod.Delete, path, null)).Status);
        Assert.Equal("""{"data":[],"next":null}""", (await Http.GetAsync(host.Admin, Limits)).Text);
    }

    [Theory]
    [InlineData("""{"requests_per_day":1}""", "scope")]
    [InlineData("""{"scope":"team","requests_per_day":1}""", "scope")]
    [InlineData("""{"scope":7,"requests_per_day":1}""", "scope")]
    [InlineData("""{"scope":"key","subject":"key_nobody","requests_per_day":1}""", "subject")]
    [InlineData("""{"scope":"wallet","subject":"wal_nobody","requests_per_day":1}""", "subject")]
    [InlineData("""{"scope":"organisation","subject":"org_other","requests_per_day":1}""", "subject")]
    [InlineData("""{"scope":"user","subject":"","requests_per_day":1}""", "subject")]
    [InlineData("""{"scope":"user"}""", "requests_per_minute")]
    [InlineData("""{"scope":"user","requests_per_minute":0}""", "requests_per_minute")]
    [InlineData("""{"scope":"user","requests_per_minute":1.5}""", "requests_per_minute")]
    [InlineData("""{"scope":"user","requests_per_day":1000000001}""", "requests_per_day")]
    [InlineData("""{"scope":"user","tokens_per_minute":"1"}""", "tokens_per_minute")]
    [InlineData("""{"scope":"user","tokens_per_day":0}""", "tokens_per_day")]
    [InlineData("""{"scope":"user","cost_usd_per_day":1}""", "cost_usd_per_day")]
    [InlineData("""{"scope":"user","cost_usd_per_day":"0"}""", "cost_usd_per_day")]
    [InlineData("""{"scope":"user","cost_usd_per_day":"1000000001"}""", "cost_usd_per_day")]
    [InlineData("""{"scope":"user","requests_per_day":1,"burst":3}""", "burst")]
    [InlineData("""{"scope":"user","requests_per_day":1,"window":3}""", "window")]
    public async Task Bad_input_is_400_naming_the_member(string json, string param)
    {
        await using var host = await CoreHost.StartAsync();

        var answer = await host.Admin.PostAsync(Limits, json);

        Assert.Equal((HttpStatusCode.BadRequest, param), (answer.Status, answer.Param));
        Assert.Equal("""{"data":[],"next":null}""", (await Http.GetAsync(host.Admin, Limits)).Text);
    }

    [Theory]
    [InlineData("""{"requests_per_day":null}""", "requests_per_minute")]
    [InlineData("""{"burst":3}""", "burst")]
    [InlineData("""{"scope":"user"}""", "scope")]
    public async Task A_change_that_does_not_fit_is_400_and_changes_nothing(string json, string param)
    {
        await using var host = await CoreHost.StartAsync();
        var created = await host.Admin.PostAsync(Limits, """{"scope":"user","requests_per_day":5}""");
        var path = $"{Limits}/{created.Json.Text("id")}";

        var answer = await host.Admin.SendAsync(HttpMethod.Patch, path, json);

        Assert.Equal((HttpStatusCode.BadRequest, param), (answer.Status, answer.Param));
        Assert.Equal(created.Text, (await Http.GetAsync(host.Admin, path)).Text);
    }

    [Fact]
    public async Task Unknown_limits_are_404()
    {
        await using var host = await CoreHost.StartAsync();

        foreach (var (method, path) in new[]
        {
            (HttpMethod.Get, ""), (HttpMethod.Patch, ""), (HttpMethod.Delete, ""), (HttpMethod.Get, "/counters"), (HttpMethod.Post, "/reset"),
        })
        {
            var answer = await host.Admin.SendAsync(method, $"{Limits}/lim_nobody{path}", method == HttpMethod.Patch || method == HttpMethod.Post ? "{}" : null);
            Assert.Equal((HttpStatusCode.NotFound, "limit_not_found"), (answer.Status, answer.Code));
        }
    }

    [Fact]
    public async Task Lists_are_read_page_by_page()
    {
        await using var host = await CoreHost.StartAsync();
        for (var i = 0; i < 3; i++)
        {
            await host.Admin.PostAsync(Limits, """{"scope":"user","requests_per_day":5}""");
        }

        var first = (await Http.GetAsync(host.Admin, $"{Limits}?limit=2")).Json;
        var second = (await Http.GetAsync(host.Admin, $"{Limits}?limit=2&after={first.Text("next")}")).Json;

        Assert.Equal((2, 1), (first.GetProperty("data").GetArrayLength(), second.GetProperty("data").GetArrayLength()));
        Assert.Equal(HttpStatusCode.BadRequest, (await Http.GetAsync(host.Admin, $"{Limits}?limit=0")).Status);
        Assert.Equal(HttpStatusCode.BadRequest, (await Http.GetAsync(host.Admin, $"{Limits}/x/counters?subject=a")).Status);
    }
}

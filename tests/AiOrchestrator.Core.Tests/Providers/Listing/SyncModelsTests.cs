using System.Net;
using System.Text.Json;
using AiOrchestrator.Core.Providers.Listing;
using AiOrchestrator.Core.Tests.Hosting;
using Microsoft.Extensions.DependencyInjection;

namespace AiOrchestrator.Core.Tests.Providers.Listing;

/// <summary>Reading providers' own lists of models, from providers on real sockets.</summary>
public sealed class SyncModelsTests
{
    [Fact]
    public async Task OpenAis_list_is_read_and_so_is_a_bare_one()
    {
        Assert.Equal("gpt-4o*, ours", await ListOf("openai", _ => (200, """{"object":"list","data":[{"id":"ours"},{"id":"gpt-4o"},{"id":"ours"}]}"""), "/v1/models"));
        Assert.Equal("gpt-4o*, ours", await ListOf("openai", _ => (200, """[{"id":"gpt-4o","type":"chat"},{"id":"ours"}]"""), "/v1/models"));
        Assert.Equal("llama3:8b", await ListOf("openai", _ => (200, """{"models":[{"name":"llama3:8b","size":1}]}"""), "/v1/models"));
    }

    [Fact]
    public async Task Anthropics_and_Googles_and_Coheres_lists_are_read_page_by_page()
    {
        Assert.Equal("claude-a, claude-b, claude-c", await ListOf(
            "anthropic",
            static path => (200, path.Contains("after_id", StringComparison.Ordinal)
                ? """{"data":[{"id":"claude-c"}],"has_more":false,"last_id":"claude-c"}"""
                : """{"data":[{"id":"claude-a"},{"id":"claude-b"}],"has_more":true,"first_id":"claude-a","last_id":"claude-b"}"""),
            "/v1/models?limit=1000",
            "/v1/models?limit=1000&after_id=claude-b"));
        Assert.Equal("gemini-a, gemini-b", await ListOf(
            "gemini",
            static path => (200, path.Contains("pageToken", StringComparison.Ordinal)
                ? """{"models":[{"name":"models/gemini-b"}]}"""
                : """{"models":[{"name":"models/gemini-a"}],"nextPageToken":"t/1"}"""),
            "/v1/models?pageSize=1000",
            "/v1/models?pageSize=1000&pageToken=t%2F1"));
        Assert.Equal("command-a, embed-b", await ListOf(
            "cohere",
            static path => (200, path.Contains("page_token", StringComparison.Ordinal)
                ? """{"models":[{"name":"embed-b","endpoints":["embed"]}],"next_page_token":""}"""
                : """{"models":[{"name":"command-a","endpoints":["chat"]}],"next_page_token":"2"}"""),
            "/v1/models?page_size=1000",
            "/v1/models?page_size=1000&page_token=2"));
    }

    [Fact]
    public async Task Bedrocks_list_is_asked_for_signed_and_a_profile_over_regions_is_its_model()
    {
        await using var upstream = await FakeProvider.StartAsync(
            static _ => (200, """{"modelSummaries":[{"modelId":"anthropic.claude-x-v1:0","modelArn":"arn:aws:bedrock:::x"}]}"""));
        await using var host = await CoreHost.StartAsync(new() { ["KEY"] = "AKIA1:secret" });
        await AddAsync(host, $$"""{"id":"p","wire_format":"bedrock","region":"us-east-1","base_url":"{{upstream.Address}}","api_key_ref":"env:KEY","models":[{{Model("us.anthropic.claude-x-v1:0")}},{{Model("amazon.gone")}}]}""");

        var sync = await host.Admin.PostAsync("/control/v1/providers/p/sync", "");

        Assert.True(sync.Status == HttpStatusCode.OK, sync.Text);
        Assert.Equal(("anthropic.claude-x-v1:0", "amazon.gone"), (Models(sync.Json), Names(sync.Json, "unlisted")));
        Assert.Equal(["/foundation-models"], upstream.Asked);
    }

    [Fact]
    public async Task What_is_new_gone_and_missing_is_told_and_warned_of_once()
    {
        var models = new[] { "up", "old" };
        await using var upstream = await FakeProvider.StartAsync(_ => (200, List(models)));
        await using var host = await CoreHost.StartAsync();
        await AddAsync(host, $$"""{"id":"p","base_url":"{{upstream.Address}}/v1","models":[{{Model("up")}}]}""");
        Assert.Equal("model_list_not_found", (await Http.GetAsync(host.Admin, "/control/v1/providers/p/sync")).Code);

        var first = (await host.Admin.PostAsync("/control/v1/providers/p/sync", "")).Json;
        Assert.Equal(("", "", ""), (Names(first, "new"), Names(first, "gone"), Names(first, "unlisted")));
        models = ["new", "old"];
        var second = (await host.Admin.PostAsync("/control/v1/providers/p/sync", "")).Json;
        Assert.Equal(("new", "up", "up"), (Names(second, "new"), Names(second, "gone"), Names(second, "unlisted")));
        _ = await host.Admin.PostAsync("/control/v1/providers/p/sync", "");

        var shown = (await Http.GetAsync(host.Admin, "/control/v1/providers/p/sync")).Json;
        Assert.Equal(("new", "up"), (Names(shown, "new"), Names(shown, "gone")));
        var alert = Assert.Single((await Http.GetAsync(host.Admin, "/control/v1/alerts?kind=model_unlisted")).Json.GetProperty("data").EnumerateArray());
        Assert.Equal(("1 models of 'p' are not listed by it", "up"), (alert.Text("subject"), alert.GetProperty("data").Text("models")));
    }

    [Fact]
    public async Task A_row_that_takes_what_is_listed_serves_it_priced_or_by_the_rule_and_never_for_nothing()
    {
        var models = new[] { "gpt-4o", "nobody-knows-it" };
        await using var upstream = await FakeProvider.StartAsync(path => path.EndsWith("/models", StringComparison.Ordinal) ? (200, List(models)) : FakeProvider.Well(path));
        await using var host = await CoreHost.StartAsync();
        await AddAsync(host, $$"""{"id":"p","base_url":"{{upstream.Address}}/v1","price_provider":"openai","models":"listed"}""");

        Assert.Equal("listed", (await Http.GetAsync(host.Admin, "/control/v1/providers/p")).Json.Text("models"));
        Assert.Equal("gpt-4o, nobody-knows-it", await ServedAsync(host));
        Assert.Equal(HttpStatusCode.OK, await CallAsync(host, "gpt-4o"));
        Assert.True((await host.Stream.OfAsync(_last!)).CostNanoUsd > 0);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, await CallAsync(host, "nobody-knows-it"));
        Assert.Equal(1, upstream.Calls);

        // After a restart the list is there, and whoever is asked in vain serves what was read before.
        models = [];
        await using var again = await CoreHost.StartAsync(on: host);
        Assert.Equal("model_list_unavailable", (await again.Admin.PostAsync("/control/v1/providers/p/sync", "")).Code);
        Assert.Equal("gpt-4o, nobody-knows-it", await ServedAsync(again));
        models = ["gpt-4o-mini"];
        Assert.Equal(HttpStatusCode.OK, (await again.Admin.PostAsync("/control/v1/providers/p/sync", "{}")).Status);
        Assert.Equal("gpt-4o-mini", await ServedAsync(again));
    }

    [Fact]
    public async Task What_stands_in_the_way_is_told_and_noted()
    {
        await using var upstream = await FakeProvider.StartAsync(FakeProvider.Only(401));
        await using var host = await CoreHost.StartAsync(new() { ["KEY"] = "sk-secret" });
        await AddAsync(host, $$"""{"id":"p","base_url":"{{upstream.Address}}/v1","api_key_ref":"env:KEY","models":[{{Model("up")}}]}""");

        var refused = await host.Admin.PostAsync("/control/v1/providers/p/sync", "");
        Assert.Equal((HttpStatusCode.BadGateway, "model_list_unavailable"), (refused.Status, refused.Code));
        Assert.Contains("status 401", (await Http.GetAsync(host.Admin, "/control/v1/providers/p/sync")).Json.Text("problem"), StringComparison.Ordinal);
        upstream.Answer = FakeProvider.Only(404);
        Assert.Equal("model_list_unsupported", (await host.Admin.PostAsync("/control/v1/providers/p/sync", "")).Code);
        Assert.Equal("model_list_unsupported", (await host.Admin.PostAsync("/control/v1/providers/echo/sync", "")).Code);
        Assert.Equal("provider_not_found", (await host.Admin.PostAsync("/control/v1/providers/none/sync", "")).Code);
        await upstream.GoAwayAsync();
        Assert.Equal("model_list_unavailable", (await host.Admin.PostAsync("/control/v1/providers/p/sync", "")).Code);
    }

    [Fact]
    public async Task The_job_reads_each_list_once_a_day_and_one_that_failed_with_its_next_run()
    {
        await using var upstream = await FakeProvider.StartAsync(FakeProvider.Only(500));
        await using var host = await CoreHost.StartAsync();
        await AddAsync(host, $$"""{"id":"p","base_url":"{{upstream.Address}}/v1","models":[{{Model("up")}}]}""");
        var sync = host.Services.GetRequiredService<SyncModels>();

        await sync.RunAsync(TestContext.Current.CancellationToken);
        upstream.Answer = FakeProvider.Well;
        await sync.RunAsync(TestContext.Current.CancellationToken);
        await sync.RunAsync(TestContext.Current.CancellationToken);
        Assert.Equal(2, upstream.Asked.Count);
        host.Time.Advance(TimeSpan.FromDays(1));
        await sync.RunAsync(TestContext.Current.CancellationToken);
        Assert.Equal(3, upstream.Asked.Count);
    }

    private HttpResponseMessage? _last;

    private async Task<HttpStatusCode> CallAsync(CoreHost host, string model)
    {
        var answer = await host.Caller.PostAsync("/v1/chat/completions", $$"""{"model":"{{model}}","messages":[{"role":"user","content":"Hi"}]}""");
        _last = answer.Message;
        return answer.Status;
    }

    private static async Task<string> ServedAsync(CoreHost host) => string.Join(
        ", ",
        (await Http.GetAsync(host.Caller, "/v1/models")).Json.GetProperty("data").EnumerateArray()
            .Where(static m => m.GetProperty("providers").EnumerateArray().Any(static p => p.GetString() == "p")).Select(static m => m.Text("id")));

    /// <summary>The models a provider of a format lists, those with a price starred, and where it was asked for them.</summary>
    private static async Task<string> ListOf(string format, Func<string, (int Status, string Json)> answer, params string[] paths)
    {
        await using var upstream = await FakeProvider.StartAsync(answer);
        await using var host = await CoreHost.StartAsync(new() { ["KEY"] = "sk-secret" });
        var root = format == "cohere" ? "/v2" : "/v1";
        await AddAsync(host, $$"""{"id":"p","wire_format":"{{format}}","base_url":"{{upstream.Address}}{{root}}","api_key_ref":"env:KEY","price_provider":"{{(format == "openai" ? "openai" : "none")}}","models":[{{Model("m")}}]}""");
        var sync = await host.Admin.PostAsync("/control/v1/providers/p/sync", "");
        Assert.True(sync.Status == HttpStatusCode.OK, sync.Text);
        Assert.Equal(paths, upstream.Asked);
        return Models(sync.Json);
    }

    private static async Task AddAsync(CoreHost host, string row)
    {
        var created = await host.Admin.PostAsync("/control/v1/providers", row);
        Assert.True(created.Status == HttpStatusCode.Created, created.Text);
    }

    private static string Model(string id) => $$"""{"id":"{{id}}","price_as":"openai/gpt-4o"}""";

    private static string List(string[] ids) => $$"""{"data":[{{string.Join(',', ids.Select(static i => $$"""{"id":"{{i}}"}"""))}}]}""";

    private static string Models(JsonElement sync) => string.Join(
        ", ", sync.GetProperty("models").EnumerateArray().Select(static m => m.Text("id") + (m.GetProperty("priced").GetBoolean() ? "*" : "")));

    private static string Names(JsonElement sync, string member) => string.Join(", ", sync.GetProperty(member).EnumerateArray().Select(static m => m.GetString()));
}

using System.Net;
using System.Text;
using System.Text.Json;
using AiOrchestrator.Core.Limits;
using AiOrchestrator.Core.Providers.Registry;
using AiOrchestrator.Core.Tests.Hosting;
using AiOrchestrator.Core.Tests.Providers.Chat;

namespace AiOrchestrator.Core.Tests.Providers.Registry;

/// <summary>Models that die, on the whole way of a call: real sockets on both sides, and a clock that is moved.</summary>
public sealed class LifecycleCallTests
{
    private const string Answer =
        """{"id":"c","object":"chat.completion","created":1,"model":"m","choices":[{"index":0,"message":{"role":"assistant","content":"Hi"},"finish_reason":"stop"}],"usage":{"prompt_tokens":3,"completion_tokens":1,"total_tokens":4}}""";

    private static readonly string[] Notices = ["x-model-warning", "x-model-days-left", "x-model-replacement", "x-model-replaced", "x-ao-deprecated", "Deprecation", "Sunset"];

    [Fact]
    public async Task A_model_is_served_warned_of_and_replaced_as_its_dates_pass_without_anyone_acting()
    {
        await using var upstream = await UpstreamAsync();
        await using var host = await StartAsync(upstream);
        await SayAsync(host, "old", $$"""{"deprecated_at":"{{At(host, 10)}}","retired_at":"{{At(host, 40)}}","replacement":"new"}""");

        var active = await ChatAsync(host, "old");
        host.Time.Advance(TimeSpan.FromDays(10));
        var dying = await ChatAsync(host, "old");
        host.Time.Advance(TimeSpan.FromDays(29.5));
        var lastDay = await ChatAsync(host, "old", stream: true);
        host.Time.Advance(TimeSpan.FromDays(0.5));
        var dead = await ChatAsync(host, "old");
        var charged = await host.Stream.OfAsync(dead.Message);

        Assert.Empty(NoticesOf(active));
        Assert.Equal(("30", "new"), (Header(dying, "x-model-days-left"), Header(dying, "x-model-replacement")));
        Assert.Equal("'old' is deprecated since 2027-01-25; it ends on 2027-02-24, days left: 30; use 'new'", Header(dying, "x-model-warning"));
        Assert.Equal(("@1800864000", "Wed, 24 Feb 2027 08:00:00 GMT"), (Header(dying, "Deprecation"), Header(dying, "Sunset")));
        Assert.Equal(("1", "model:old (use new)"), (Header(lastDay, "x-model-days-left"), Header(lastDay, "x-ao-deprecated")));
        Assert.Equal(("old -> new", "new"), (Header(dead, "x-model-replaced"), Header(dead, "x-ao-model")));
        Assert.DoesNotContain("x-model-warning", NoticesOf(dead));
        Assert.Equal(["up-old", "up-old", "up-old", "up-new"], ModelsOf(upstream));
        Assert.Equal(("new", "old", "replacement", "model:old"), (charged.Model, charged.ModelRequested, charged.RouteReason, charged.LegacyUse));

        // 3 and 1 tokens at the price of the one that serves.
        Assert.Equal((3 * 10_000L) + 20_000, charged.CostNanoUsd);
    }

    [Fact]
    public async Task A_dead_model_without_replacement_goes_to_the_default_and_without_one_is_refused_and_nothing_is_charged()
    {
        await using var upstream = await UpstreamAsync();
        await using var host = await StartAsync(upstream);
        await SayAsync(host, "old", """{"retired_at":"2027-01-01"}""");

        var refused = await ChatAsync(host, "old");
        Assert.Empty(upstream.Asked);
        var policy = await host.Admin.SendAsync(HttpMethod.Put, "/control/v1/model-policy", """{"default_model":"other"}""");
        var served = await ChatAsync(host, "old");
        var charged = await host.Stream.OfAsync(served.Message);

        Assert.Equal((HttpStatusCode.NotFound, "model_retired", "model"), (refused.Status, refused.Code, refused.Param));
        Assert.Contains("2027-01-01", refused.ErrorText, StringComparison.Ordinal);
        Assert.Equal("""{"default_model":"other","status":"ACTIVE"}""", policy.Text);
        Assert.Equal("old -> other", Header(served, "x-model-replaced"));
        Assert.Equal(["up-other"], ModelsOf(upstream));
        Assert.Equal("default_model", charged.RouteReason);
    }

    [Fact]
    public async Task No_path_names_a_dead_model_to_a_provider()
    {
        await using var upstream = await UpstreamAsync();
        await using var host = await StartAsync(upstream);
        await SayAsync(host, "old", """{"retired_at":"2027-01-01","replacement":"new","aliases":["elder"]}""");
        const string Text = """{"model":"MODEL","max_tokens":5,"messages":[{"role":"user","content":"Hi"}]}""";
        string[] paths = ["/v1/chat/completions", "/v1/messages", "/v1/messages/count_tokens", "/v1/tokenize", "/v1/responses"];
        foreach (var name in (string[])["old", "elder"])
        {
            foreach (var path in paths)
            {
                var body = path == "/v1/responses" ? """{"model":"MODEL","input":"Hi"}""" : Text;
                var answer = await host.Caller.PostAsync(path, (path == "/v1/tokenize" ? Text.Replace(",\"max_tokens\":5", "", StringComparison.Ordinal) : body).Replace("MODEL", name, StringComparison.Ordinal));
                Assert.True(answer.Status == HttpStatusCode.OK, $"{path}: {answer.Text}");
            }

            var speech = await host.Caller.PostAsync("/v1/embeddings", $$"""{"model":"{{name}}","input":"Hi"}""");
            Assert.Equal("wrong_model_kind", speech.Code);
        }

        var test = await host.Admin.PostAsync("/control/v1/providers/lab/test", """{"chat":true}""");
        await host.Admin.SendAsync(HttpMethod.Delete, "/control/v1/models/new", null);

        Assert.Equal(HttpStatusCode.OK, test.Status);
        Assert.True(upstream.Asked.Count(static a => a.Body.Length > 0) >= 7);
        Assert.DoesNotContain("up-old", ModelsOf(upstream));
    }

    /// <summary>Random words about five models and random times; whatever is asked, upstream hears of none that is dead.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task Whatever_is_said_and_whenever_it_is_asked_upstream_hears_of_no_dead_model(int seed)
    {
        await using var upstream = await UpstreamAsync();
        await using var host = await StartAsync(upstream);
        var random = new Random(seed);
        string[] names = ["old", "new", "other"];
        var retired = names.ToDictionary(static n => n, static _ => Lifecycle.Never);
        for (var step = 0; step < 60; step++)
        {
            host.Time.Advance(TimeSpan.FromDays(random.Next(20)));
            var name = names[random.Next(3)];
            if (random.Next(3) == 0)
            {
                var days = random.Next(-30, 60);
                var replacement = random.Next(2) == 0 ? $",\"replacement\":\"{names[random.Next(3)]}\"" : "";
                var end = host.Time.GetUtcNow().AddDays(days);
                var said = await host.Admin.SendAsync(HttpMethod.Put, $"/control/v1/models/{name}", $$"""{"retired_at":"{{end:yyyy-MM-ddTHH:mm:ssZ}}"{{replacement}}}""");
                Assert.True(said.Status is HttpStatusCode.OK or HttpStatusCode.BadRequest, said.Text);
                retired[name] = said.Status == HttpStatusCode.OK ? end.ToUnixTimeSeconds() * 1000 : retired[name];
                continue;
            }

            var before = upstream.Asked.Count;
            var answer = await ChatAsync(host, name);
            var isDead = retired[name] <= host.Time.UnixMs;
            Assert.True(answer.Status == HttpStatusCode.OK || (isDead && answer.Code == "model_retired"), $"seed {seed}, step {step}: {answer.Text}");
            Assert.Equal(isDead && answer.Status == HttpStatusCode.OK, NoticesOf(answer).Contains("x-model-replaced"));
            foreach (var named in ModelsOf(upstream).Skip(before))
            {
                Assert.True(retired[named[3..]] > host.Time.UnixMs, $"seed {seed}, step {step}: '{named}' was named to the provider");
            }
        }

        await host.StopAsync();
    }

    [Fact]
    public async Task A_keys_list_holds_for_the_model_that_serves()
    {
        await using var upstream = await UpstreamAsync();
        await using var host = await StartAsync(upstream);
        await SayAsync(host, "old", """{"retired_at":"2027-01-01","replacement":"new"}""");
        await SayAsync(host, "other", """{"aliases":["house"]}""");

        async Task<string?> AskAsync(string allowed, string model)
        {
            var key = await host.Admin.PostAsync("/control/v1/keys", $$"""{"name":"k","allowed_models":["{{allowed}}"],"wallet_id":"{{host.Installation.WalletId}}"}""");
            var answer = await ChatAsync(host, model, host.ClientFor(key.Json.Text("key")));
            return answer.Status == HttpStatusCode.OK ? Header(answer, "x-ao-model") : answer.Code;
        }

        Assert.Equal("replacement_not_allowed", await AskAsync("old", "old"));
        Assert.Equal("new", await AskAsync("new", "old"));
        Assert.Equal("model_not_allowed", await AskAsync("other", "old"));
        Assert.Equal("other", await AskAsync("house", "house"));
        Assert.Equal("other", await AskAsync("other", "house"));
        Assert.Equal("model_not_allowed", await AskAsync("new", "house"));
        Assert.Equal("model_not_allowed", await AskAsync("new", "no-such"));
    }

    [Fact]
    public async Task Older_shapes_are_served_named_and_reported_by_team_and_key()
    {
        await using var upstream = await UpstreamAsync();
        await using var host = await StartAsync(upstream);
        const string Functions = """{"model":"new","max_completion_tokens":5,"messages":[{"role":"user","content":"Hi"}],"functions":[{"name":"f","parameters":{"type":"object"}}]}""";
        const string Both = """{"model":"new","max_tokens":5,"messages":[{"role":"user","content":"Hi"}],"functions":[{"name":"f","parameters":{"type":"object"}}]}""";

        var functions = await host.Caller.PostAsync("/v1/chat/completions", Functions);
        var both = await host.Caller.PostAsync("/v1/chat/completions", Both);
        var today = await host.Caller.PostAsync("/v1/chat/completions", Functions.Replace("\"functions\":[{\"name\":\"f\",\"parameters\":{\"type\":\"object\"}}]", "\"n\":1", StringComparison.Ordinal));
        foreach (var answer in new[] { functions, both, today })
        {
            host.Usage.Add(await host.Stream.OfAsync(answer.Message));
        }

        var report = await Http.GetAsync(host.Admin, "/control/v1/usage/legacy");
        var none = await Http.GetAsync(host.Admin, "/control/v1/usage/legacy?to=2027-01-01");

        Assert.Equal(("functions (use tools)", "@1699228800"), (Header(functions, "x-ao-deprecated"), Header(functions, "Deprecation")));
        Assert.Equal("functions (use tools), max_tokens (use max_completion_tokens)", Header(both, "x-ao-deprecated"));
        Assert.Empty(NoticesOf(today));
        Assert.Equal(
            ["functions 2 2027-01-15", "max_tokens 1 2027-01-15"],
            report.Json.GetProperty("data").EnumerateArray().Select(static u => $"{u.Text("use")} {u.GetProperty("calls")} {u.Text("last_used")}"));
        Assert.All(report.Json.GetProperty("data").EnumerateArray(), static u => Assert.StartsWith("key_", u.Text("key"), StringComparison.Ordinal));
        Assert.Empty(none.Json.GetProperty("data").EnumerateArray());
    }

    [Fact]
    public async Task A_name_of_the_organisations_own_is_told_of_the_end_of_what_it_means()
    {
        await using var upstream = await UpstreamAsync();
        await using var host = await StartAsync(upstream);
        await SayAsync(host, "old", $$"""{"deprecated_at":"{{At(host, -1)}}","retired_at":"{{At(host, 40)}}","replacement":"new","aliases":["house"]}""");

        var dying = await ChatAsync(host, "house");

        Assert.Equal(("40", "model:house (use new)"), (Header(dying, "x-model-days-left"), Header(dying, "x-ao-deprecated")));
        Assert.Equal("model:house", (await host.Stream.OfAsync(dying.Message)).LegacyUse);
    }

    private static Task<RecordedUpstream> UpstreamAsync() => RecordedUpstream.StartAsync("application/json", Encoding.UTF8.GetBytes(Answer));

    private static async Task<CoreHost> StartAsync(RecordedUpstream upstream)
    {
        var host = await CoreHost.StartAsync(new() { ["KEY"] = "sk" }, compose: static services => services.AddInProcessRates());
        var models = string.Join(',', new[] { ("old", "9"), ("new", "10"), ("other", "11") }.Select(static m =>
            $$"""{"id":"{{m.Item1}}","upstream_id":"up-{{m.Item1}}","output_limit_member":"max_completion_tokens","context_window_tokens":1000,"max_output_tokens":100,"price":{"input_usd_per_million":"{{m.Item2}}","output_usd_per_million":"20"} }"""));
        var created = await host.Admin.PostAsync("/control/v1/providers", $$"""{"id":"lab","base_url":"{{upstream.Address}}/v1","api_key_ref":"env:KEY","models":[{{models}}]}""");
        Assert.True(created.Status == HttpStatusCode.Created, created.Text);
        return host;
    }

    private static async Task SayAsync(CoreHost host, string model, string json)
    {
        var said = await host.Admin.SendAsync(HttpMethod.Put, $"/control/v1/models/{model}", json);
        Assert.True(said.Status == HttpStatusCode.OK, said.Text);
    }

    private static Task<Answer> ChatAsync(CoreHost host, string model, HttpClient? client = null, bool stream = false) => (client ?? host.Caller).PostAsync(
        "/v1/chat/completions", $$"""{"model":"{{model}}","max_completion_tokens":5,"messages":[{"role":"user","content":"Hi"}]{{(stream ? ",\"stream\":true" : "")}}}""");

    private static string At(CoreHost host, int days) => host.Time.GetUtcNow().AddDays(days).ToString("yyyy-MM-ddTHH:mm:ssZ", System.Globalization.CultureInfo.InvariantCulture);

    private static string? Header(Answer answer, string name) =>
        answer.Message.Headers.TryGetValues(name, out var values) || answer.Message.Content.Headers.TryGetValues(name, out values) ? values.Single() : null;

    private static List<string> NoticesOf(Answer answer) => [.. Notices.Where(n => Header(answer, n) is not null)];

    private static List<string> ModelsOf(RecordedUpstream upstream) =>
        [.. upstream.Asked.Where(static a => a.Body.Length > 0).Select(static a => JsonDocument.Parse(a.Body).RootElement.Text("model"))];
}

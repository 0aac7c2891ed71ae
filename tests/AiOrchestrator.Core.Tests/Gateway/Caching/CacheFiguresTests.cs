using System.Net;
using AiOrchestrator.Core.Tests.Hosting;
using AiOrchestrator.Ledger.Money;

namespace AiOrchestrator.Core.Tests.Gateway.Caching;

/// <summary>CA-06: what is saved is counted, answers are flushed, and the cache is warmed.</summary>
public sealed class CacheFiguresTests
{
    [Fact]
    public async Task What_the_cache_has_saved_is_what_the_usage_events_say()
    {
        await using var scene = await CacheScene.StartAsync();
        var first = await scene.UsageAsync(await scene.AskAsync("Hello"));
        for (var n = 0; n < 3; n++)
        {
            _ = await scene.AskAsync("Hello");
        }

        _ = await scene.AskAsync("Hello", headers: ("x-cache-bypass", "true"));
        _ = await scene.SendAsync("chat/completions", CacheScene.Chat("n", "Hello"));
        foreach (var usage in scene.Host.Stream.Events)
        {
            scene.Host.Usage.Add(usage);
        }

        var stats = (await scene.Host.Admin.SendAsync(HttpMethod.Get, "/v1/cache/stats?window=1h", null)).Json;
        var total = stats.GetProperty("total");
        Assert.Equal((3, 0, 2, 1, 0.6), (total.GetProperty("hits").GetInt32(), total.GetProperty("similar").GetInt32(), total.GetProperty("misses").GetInt32(), total.GetProperty("bypasses").GetInt32(), total.GetProperty("hit_rate").GetDouble()));
        Assert.Equal((33, 21, NanoUsd.FormatUsd(3 * first.CostNanoUsd)), (total.GetProperty("saved_prompt_tokens").GetInt32(), total.GetProperty("saved_completion_tokens").GetInt32(), total.Text("saved_usd")));
        Assert.Equal(
            [(null, "m"), (scene.Host.Installation.WalletId, "m"), (scene.Host.Installation.WalletId, "n")],
            stats.GetProperty("data").EnumerateArray().Select(static r => (r.GetProperty("namespace").GetString(), r.GetProperty("model").GetString()!)));
        var models = (await scene.Host.Admin.SendAsync(HttpMethod.Get, "/v1/models/statistics?window=1h", null)).Json.GetProperty("data");
        Assert.Equal([("m", 2), ("n", 1)], models.EnumerateArray().Select(static m => (m.Text("model"), m.GetProperty("requests").GetInt32())));
    }

    [Theory]
    [InlineData("")]
    [InlineData("?model=m")]
    [InlineData("/{ns}")]
    [InlineData("/{ns}?model=m")]
    [InlineData("/{ns}/{key}")]
    public async Task What_is_flushed_is_not_given_again(string path)
    {
        await using var scene = await CacheScene.StartAsync();
        var first = await scene.AskAsync("Hello");
        Assert.Equal("hit", (await scene.AskAsync("Hello")).Cache);

        var flushed = await FlushAsync(scene, path, first);

        Assert.Equal(HttpStatusCode.OK, flushed.Status);
        Assert.Equal(1, flushed.Json.GetProperty("number").GetInt64());
        Assert.Equal(("miss", "hit", 2), ((await scene.AskAsync("Hello")).Cache, (await scene.AskAsync("Hello")).Cache, scene.O.Calls));
    }

    [Theory]
    [InlineData("?model=n")]
    [InlineData("/company")]
    [InlineData("/{ns}?model=n")]
    [InlineData("/{ns}/0000000000000000000000000000000000000000000000000000000000000000")]
    public async Task What_is_not_meant_is_given_as_before(string path)
    {
        await using var scene = await CacheScene.StartAsync();
        var first = await scene.AskAsync("Hello");

        Assert.Equal(HttpStatusCode.OK, (await FlushAsync(scene, path, first)).Status);
        Assert.Equal("hit", (await scene.AskAsync("Hello")).Cache);
    }

    [Theory]
    [InlineData("?modl=m")]
    [InlineData("?model=")]
    [InlineData("/{ns}/all")]
    [InlineData("/{ns}/{key}?model=m")]
    public async Task A_flush_that_is_misspelt_is_refused_and_takes_nothing(string path)
    {
        await using var scene = await CacheScene.StartAsync();
        var first = await scene.AskAsync("Hello");

        Assert.Equal(HttpStatusCode.BadRequest, (await FlushAsync(scene, path, first)).Status);
        Assert.Equal("hit", (await scene.AskAsync("Hello")).Cache);
    }

    [Fact]
    public async Task An_answer_that_is_under_way_when_all_is_flushed_is_not_kept_past_it()
    {
        await using var scene = await CacheScene.StartAsync();
        var gate = new TaskCompletionSource();
        scene.O.Wait = () => gate.Task;
        var asked = scene.AskAsync("Hello");
        await Traffic.Queueing.QueueScene.UntilAsync(() => scene.O.Calls == 1);
        _ = await FlushAsync(scene, "", null);
        gate.SetResult();

        Assert.Equal(("miss", "miss"), ((await asked).Cache, (await scene.AskAsync("Hello")).Cache));
    }

    [Fact]
    public async Task Only_administrators_flush()
    {
        await using var scene = await CacheScene.StartAsync();
        var key = await scene.Host.Admin.PostAsync("/control/v1/keys", $$"""{"name":"k","wallet_id":"{{scene.Host.Installation.WalletId}}"}""");
        var caller = scene.Host.ClientFor(key.Json.Text("key"));

        Assert.Equal(HttpStatusCode.Forbidden, (await caller.SendAsync(HttpMethod.Delete, "/v1/cache", null)).Status);
        Assert.Equal(HttpStatusCode.Forbidden, (await caller.SendAsync(HttpMethod.Get, "/v1/cache/stats", null)).Status);
    }

    [Fact]
    public async Task Calls_that_were_made_before_warm_the_cache()
    {
        await using var scene = await CacheScene.StartAsync();
        string Line(string id, string body) => $$"""{"custom_id":"{{id}}","method":"POST","url":"/v1/chat/completions","body":{{body}}}""";
        _ = await scene.AskAsync("a");
        var lines = string.Join('\n', Line("1", CacheScene.Chat("m", "a")), Line("2", CacheScene.Chat("m", "b")), Line("3", """{"model":"m","messages":[{"role":"user","content":"c"}]}"""), Line("4", CacheScene.Chat("none", "d")));

        var warmed = await scene.Host.Caller.PostAsync("/v1/cache/warm", lines);

        Assert.True(warmed.Status == HttpStatusCode.OK, warmed.Text);
        Assert.Equal((4, 1, 2, 1), (warmed.Json.GetProperty("calls").GetInt32(), warmed.Json.GetProperty("hits").GetInt32(), warmed.Json.GetProperty("kept").GetInt32(), warmed.Json.GetProperty("failed").GetInt32()));
        Assert.Equal(
            [("1", "hit", true, null), ("2", "miss", true, null), ("3", "bypass", false, null), ("4", null, false, "model_not_found")],
            warmed.Json.GetProperty("data").EnumerateArray().Select(static d => (d.Text("custom_id"), d.GetProperty("cache").GetString(), d.GetProperty("kept").GetBoolean(), d.GetProperty("error").GetString())));
        Assert.Equal(("hit", 3), ((await scene.AskAsync("b")).Cache, scene.O.Calls));
    }

    [Theory]
    [InlineData("")]
    [InlineData("{}")]
    [InlineData("no json")]
    public async Task A_warm_up_that_cannot_be_read_runs_nothing(string lines)
    {
        await using var scene = await CacheScene.StartAsync();
        var good = $$"""{"custom_id":"1","method":"POST","url":"/v1/chat/completions","body":{{CacheScene.Chat("m", "a")}}}""";

        var warmed = await scene.Host.Caller.PostAsync("/v1/cache/warm", lines.Length == 0 ? "" : good + "\n" + lines);

        Assert.Equal((HttpStatusCode.BadRequest, 0), (warmed.Status, scene.O.Calls));
    }

    [Fact]
    public async Task A_hit_counts_as_a_request_in_the_callers_limits_and_as_no_tokens()
    {
        await using var scene = await CacheScene.StartAsync();
        await scene.PutAsync("limits", $$"""{"scope":"key","subject":"{{scene.Host.Installation.KeyId}}","requests_per_minute":3,"tokens_per_minute":200}""");
        const string More = "\"max_tokens\":100,";
        var told = new[] { await scene.AskAsync("Hello", More), await scene.AskAsync("Hello", More), await scene.AskAsync("Hello", More), await scene.AskAsync("Hello", More) };

        Assert.Equal(["miss", "hit", "hit", null], told.Select(static t => t.Cache));
        Assert.Equal(HttpStatusCode.TooManyRequests, told[3].Message.StatusCode);
        Assert.Equal(told[1].Header("x-ratelimit-remaining-tokens"), told[2].Header("x-ratelimit-remaining-tokens"));
        Assert.Equal("0", told[2].Header("x-ratelimit-remaining-requests"));
    }

    private static Task<Answer> FlushAsync(CacheScene scene, string path, Told? first) => scene.Host.Admin.SendAsync(
        HttpMethod.Delete,
        "/v1/cache" + path.Replace("{ns}", first?.Header("x-cache-namespace"), StringComparison.Ordinal).Replace("{key}", first?.Header("x-cache-key"), StringComparison.Ordinal),
        null);
}

using System.Globalization;
using System.Net;
using AiOrchestrator.Core.Metering;
using AiOrchestrator.Core.Tests.Hosting;

namespace AiOrchestrator.Core.Tests.Gateway.Caching;

/// <summary>CA-01, CA-02, CA-04, CA-05: the same question is answered once, and told again as it was.</summary>
public sealed class ExactCacheTests
{
    [Fact]
    public async Task The_same_question_is_given_the_same_bytes_and_nobody_pays_twice()
    {
        await using var scene = await CacheScene.StartAsync();

        var first = await scene.AskAsync("What is the capital of France?");
        var again = await scene.AskAsync("What is the capital of France?");

        Assert.Equal((HttpStatusCode.OK, "miss", 1), (first.Message.StatusCode, first.Cache, scene.O.Calls));
        Assert.Equal((HttpStatusCode.OK, "hit", "1", first.Text), (again.Message.StatusCode, again.Cache, again.Header("x-cache-similarity"), again.Text));
        var (paid, free) = (await scene.UsageAsync(first), await scene.UsageAsync(again));
        Assert.Equal((0L, paid.CostNanoUsd, paid.Id, 0L, 0, "stop"), (free.CostNanoUsd, free.CacheSavedNanoUsd, free.CacheOf, free.HoldNanoUsd, free.Attempts, free.FinishReason));
        Assert.True(paid.CostNanoUsd > 0);
        Assert.Equal((11L, 7L, 0L, UsageStatus.Ok, "o"), (free.CacheSavedPromptTokens, free.CacheSavedCompletionTokens, free.PromptTokens, free.Status, free.Provider));
        Assert.Equal("0.00", again.Header("x-ao-cost-usd"));
        Assert.Equal(first.Header("x-cache-key"), again.Header("x-cache-key"));
    }

    [Theory]
    [InlineData("\"stream\":false,\"user\":\"somebody\",\"metadata\":{\"a\":\"b\"},")]
    [InlineData("\"n\":1,")]
    [InlineData("\"stop\":null,")]
    public async Task What_does_not_determine_the_answer_is_not_asked_for(string more)
    {
        await using var scene = await CacheScene.StartAsync();
        _ = await scene.AskAsync("Hello");

        Assert.Equal(("hit", 1), ((await scene.AskAsync("Hello", more)).Cache, scene.O.Calls));
    }

    [Fact]
    public async Task The_order_of_members_escapes_and_zeros_make_no_other_question()
    {
        await using var scene = await CacheScene.StartAsync();
        _ = await scene.SendAsync("chat/completions", """{"model":"m","temperature":0,"top_p":0.5,"messages":[{"role":"user","content":"Häuser"}]}""");

        var again = await scene.SendAsync("chat/completions", """{ "messages" : [ {"content":"H\u00e4user","role":"user"} ], "top_p":0.50, "temperature":0.0, "model":"m" }""");

        Assert.Equal(("hit", 1), (again.Cache, scene.O.Calls));
    }

    [Theory]
    [InlineData("\"top_p\":0.5,")]
    [InlineData("\"max_tokens\":77,")]
    [InlineData("\"response_format\":{\"type\":\"json_object\"},")]
    [InlineData("\"stop\":[\"x\"],")]
    [InlineData("\"unknown_member\":1,")]
    public async Task What_determines_the_answer_makes_another_question(string more)
    {
        await using var scene = await CacheScene.StartAsync();
        _ = await scene.AskAsync("Hello");

        Assert.Equal(("miss", 2), ((await scene.AskAsync("Hello", more)).Cache, scene.O.Calls));
    }

    [Fact]
    public async Task Another_model_answers_by_itself_and_an_alias_is_the_model()
    {
        await using var scene = await CacheScene.StartAsync();
        _ = await scene.AskAsync("Hello");

        Assert.Equal("miss", (await scene.SendAsync("chat/completions", CacheScene.Chat("n", "Hello"))).Cache);
        Assert.Equal("miss", (await scene.SendAsync("chat/completions", CacheScene.Chat("c", "Hello"))).Cache);
        Assert.Equal("hit", (await scene.SendAsync("chat/completions", CacheScene.Chat("m", "Hello"))).Cache);
    }

    [Theory]
    [InlineData("\"temperature\":0.7,", "temperature")]
    [InlineData("\"logprobs\":true,", "extras")]
    [InlineData("\"store\":true,", "stored")]
    [InlineData("\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"f\",\"parameters\":{\"type\":\"object\"}}}],", "tools")]
    public async Task What_varies_or_lies_elsewhere_is_not_kept_and_told_why(string more, string reason)
    {
        await using var scene = await CacheScene.StartAsync();
        var body = CacheScene.Chat("m", "Hello", more).Replace(more.Contains("temperature", StringComparison.Ordinal) ? "\"temperature\":0," : "\0", "", StringComparison.Ordinal);

        _ = await scene.SendAsync("chat/completions", body);
        var again = await scene.SendAsync("chat/completions", body);

        Assert.Equal(("bypass", reason, 2), (again.Cache, again.Header("x-cache-reason"), scene.O.Calls));
        var usage = await scene.UsageAsync(again);
        Assert.Equal(("bypass", reason), (usage.CacheOutcome, usage.CacheReason));
    }

    [Fact]
    public async Task A_seed_makes_a_question_that_does_not_vary()
    {
        await using var scene = await CacheScene.StartAsync();
        const string Body = """{"model":"m","seed":7,"messages":[{"role":"user","content":"Hello"}]}""";
        _ = await scene.SendAsync("chat/completions", Body);

        Assert.Equal("hit", (await scene.SendAsync("chat/completions", Body)).Cache);
        Assert.Equal("miss", (await scene.SendAsync("chat/completions", Body.Replace("7", "8", StringComparison.Ordinal))).Cache);
    }

    [Theory]
    [InlineData("x-cache-bypass", "true")]
    [InlineData("cache-control", "no-store")]
    public async Task Whoever_wants_nothing_of_the_cache_is_neither_given_an_answer_nor_is_his_kept(string name, string value)
    {
        await using var scene = await CacheScene.StartAsync();
        var bypassed = await scene.AskAsync("Hello", headers: (name, value));
        var next = await scene.AskAsync("Hello");
        var again = await scene.AskAsync("Hello", headers: (name, value));

        Assert.Equal(("bypass", "asked", "miss", "bypass", 3), (bypassed.Cache, bypassed.Header("x-cache-reason"), next.Cache, again.Cache, scene.O.Calls));
    }

    [Fact]
    public async Task No_cache_asks_again_and_what_is_answered_takes_the_place()
    {
        await using var scene = await CacheScene.StartAsync();
        _ = await scene.AskAsync("Hello");
        var fresh = await scene.AskAsync("Hello", headers: ("cache-control", "no-cache"));
        var then = await scene.AskAsync("Hello");

        Assert.Equal(("miss", "hit", fresh.Text, 2), (fresh.Cache, then.Cache, then.Text, scene.O.Calls));
    }

    [Fact]
    public async Task An_answer_that_is_too_old_for_the_caller_or_the_policy_is_not_given()
    {
        await using var scene = await CacheScene.StartAsync("""{"level":"company","ttl_seconds":600}""");
        _ = await scene.AskAsync("Hello");
        scene.Host.Time.Advance(TimeSpan.FromSeconds(100));

        Assert.Equal(("hit", "100"), (await scene.AskAsync("Hello") is var hit ? (hit.Cache, hit.Header("age")) : default));
        Assert.Equal("hit", (await scene.AskAsync("Hello", headers: ("cache-control", "max-age=100"))).Cache);
        Assert.Equal("miss", (await scene.AskAsync("Hello", headers: ("cache-control", "max-age=99"))).Cache);
        scene.Host.Time.Advance(TimeSpan.FromSeconds(600));
        Assert.Equal("miss", (await scene.AskAsync("Hello")).Cache);
    }

    [Theory]
    [InlineData("length")]
    [InlineData("content_filter")]
    [InlineData("tool_calls")]
    public async Task An_answer_that_did_not_come_to_its_own_end_is_not_given_again(string finish)
    {
        await using var scene = await CacheScene.StartAsync();
        scene.O.Finish = finish;
        foreach (var stream in new[] { "", "\"stream\":true," })
        {
            _ = await scene.AskAsync("Hello", stream);
            Assert.Equal("miss", (await scene.AskAsync("Hello", stream)).Cache);
        }

        Assert.Equal(4, scene.O.Calls);
    }

    [Fact]
    public async Task Calls_of_functions_are_given_again_where_the_policy_has_them()
    {
        await using var scene = await CacheScene.StartAsync("""{"level":"company","tools":"called"}""");
        scene.O.Finish = "tool_calls";
        const string Tools = "\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"f\",\"parameters\":{\"type\":\"object\"}}}],";
        var first = await scene.AskAsync("Hello", Tools);
        var again = await scene.AskAsync("Hello", Tools);
        var streamed = await scene.AskAsync("Hello", Tools + "\"stream\":true,");

        Assert.Equal(("hit", first.Text, "hit", 1), (again.Cache, again.Text, streamed.Cache, scene.O.Calls));
        Assert.Contains("\"tool_calls\"", streamed.Text, StringComparison.Ordinal);
        Assert.Contains("\"finish_reason\":\"tool_calls\"", streamed.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_failure_is_not_kept()
    {
        await using var scene = await CacheScene.StartAsync();
        scene.O.Status = 400;
        Assert.Equal(HttpStatusCode.BadRequest, (await scene.AskAsync("Hello")).Message.StatusCode);
        scene.O.Status = 200;

        Assert.Equal(("miss", "hit"), ((await scene.AskAsync("Hello")).Cache, (await scene.AskAsync("Hello")).Cache));
    }

    [Fact]
    public async Task A_hit_may_be_charged_a_part_of_what_the_answer_cost()
    {
        await using var scene = await CacheScene.StartAsync("""{"level":"company","charge_percent":25}""");
        var paid = await scene.UsageAsync(await scene.AskAsync("Hello"));
        var before = await SpentAsync(scene);
        var hit = await scene.AskAsync("Hello");
        var usage = await scene.UsageAsync(hit);

        var quarter = (paid.CostNanoUsd + 3) / 4;
        Assert.Equal((quarter, paid.CostNanoUsd - quarter, "cache", quarter), (usage.CostNanoUsd, usage.CacheSavedNanoUsd, usage.UsageSource, await SpentAsync(scene) - before));
        Assert.Equal(quarter / 1e9m, decimal.Parse(hit.Header("x-ao-cost-usd")!, CultureInfo.InvariantCulture));
    }

    [Fact]
    public async Task A_hit_that_is_charged_is_refused_where_its_price_is_not_there_and_costs_nothing_then()
    {
        await using var scene = await CacheScene.StartAsync("""{"level":"company","charge_percent":100}""");
        var wallet = await scene.PutAsync("wallets", """{"name":"small","limit_usd":"0.00030"}""");
        var key = await scene.Host.Admin.PostAsync("/control/v1/keys", $$"""{"name":"k","wallet_id":"{{wallet}}"}""");
        var small = scene.Host.ClientFor(key.Json.Text("key"));
        var told = new List<Told>();
        for (var n = 0; n < 5; n++)
        {
            told.Add(await scene.AskAsync("Hello", "\"max_tokens\":10,", small));
        }

        var paid = (await scene.UsageAsync(told[0])).CostNanoUsd;
        Assert.Equal(["miss", "hit", "hit"], told.Take(3).Select(static t => t.Cache));
        Assert.Equal((97_500, HttpStatusCode.PaymentRequired, 1), (paid, told[4].Message.StatusCode, scene.O.Calls));
        Assert.Equal((0L, UsageStatus.Refused), (await scene.UsageAsync(told[4]) is var refused ? (refused.CostNanoUsd, refused.Status) : default));
    }

    [Fact]
    public async Task A_wallet_that_is_frozen_is_given_nothing()
    {
        await using var scene = await CacheScene.StartAsync();
        var wallet = await scene.PutAsync("wallets", """{"name":"w","limit_usd":null}""");
        var keys = new[] { await KeyAsync(scene, wallet), await KeyAsync(scene, wallet) };
        _ = await scene.AskAsync("Hello", client: keys[0]);
        Assert.Equal("hit", (await scene.AskAsync("Hello", client: keys[1])).Cache);
        Assert.Equal(HttpStatusCode.OK, (await scene.Host.Admin.PostAsync($"/control/v1/wallets/{wallet}/freeze", "{}")).Status);
        scene.Host.Time.Advance(TimeSpan.FromSeconds(60));
        var refused = await scene.AskAsync("Hello", client: keys[0]);

        Assert.Equal((HttpStatusCode.Forbidden, null, 1), (refused.Message.StatusCode, refused.Cache, scene.O.Calls));
        Assert.Null((await scene.UsageAsync(refused)).CacheOutcome);
    }

    [Fact]
    public async Task What_ended_for_a_reason_nobody_knows_is_not_given_again()
    {
        await using var scene = await CacheScene.StartAsync();
        scene.O.Finish = "insufficient_system_resource";
        _ = await scene.AskAsync("Hello");

        Assert.Equal(("miss", 2), ((await scene.AskAsync("Hello")).Cache, scene.O.Calls));
    }

    [Fact]
    public async Task The_policy_of_whoever_asks_says_how_old_an_answer_may_be_and_whether_it_may_call_functions()
    {
        await using var scene = await CacheScene.StartAsync("""{"level":"company","share":"company","ttl_seconds":6000,"tools":"called"}""");
        var team = await scene.PutAsync("wallets", """{"name":"team","kind":"team","limit_usd":null}""");
        await scene.PutAsync("cache/policies", $$"""{"level":"team","subject":"{{team}}","ttl_seconds":60,"tools":"offered"}""");
        var client = await KeyAsync(scene, team);
        _ = await scene.AskAsync("Hello");
        Assert.Equal("hit", (await scene.AskAsync("Hello", client: client)).Cache);
        scene.Host.Time.Advance(TimeSpan.FromSeconds(61));
        Assert.Equal("hit", (await scene.AskAsync("Hello")).Cache);
        Assert.Equal("miss", (await scene.AskAsync("Hello", client: client)).Cache);

        scene.O.Finish = "tool_calls";
        const string Tools = "\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"f\",\"parameters\":{\"type\":\"object\"}}}],";
        _ = await scene.AskAsync("Call", Tools);
        Assert.Equal(("hit", "miss"), ((await scene.AskAsync("Call", Tools)).Cache, (await scene.AskAsync("Call", Tools, client)).Cache));
    }

    private static async Task<HttpClient> KeyAsync(CacheScene scene, string wallet) =>
        scene.Host.ClientFor((await scene.Host.Admin.PostAsync("/control/v1/keys", $$"""{"name":"k","wallet_id":"{{wallet}}"}""")).Json.Text("key"));

    [Fact]
    public async Task Nothing_is_spent_by_a_hit_and_an_empty_wallet_is_given_it_all_the_same()
    {
        await using var scene = await CacheScene.StartAsync();
        _ = await scene.AskAsync("Hello");
        var before = await SpentAsync(scene);
        Assert.Equal("hit", (await scene.AskAsync("Hello")).Cache);
        Assert.Equal(before, await SpentAsync(scene));
    }

    [Fact]
    public async Task Where_the_policy_is_off_nothing_is_kept()
    {
        await using var scene = await CacheScene.StartAsync("""{"level":"company","model":"m*","mode":"off"}""");
        _ = await scene.AskAsync("Hello");
        var again = await scene.AskAsync("Hello");
        _ = await scene.SendAsync("chat/completions", CacheScene.Chat("n", "Hello"));

        Assert.Equal(("bypass", "off"), (again.Cache, again.Header("x-cache-reason")));
        Assert.Equal("hit", (await scene.SendAsync("chat/completions", CacheScene.Chat("n", "Hello"))).Cache);
    }

    [Fact]
    public async Task Embeddings_are_made_once()
    {
        await using var scene = await CacheScene.StartAsync();
        const string Body = """{"model":"vec","input":"some text"}""";
        var first = await scene.SendAsync("embeddings", Body);
        var again = await scene.SendAsync("embeddings", Body);

        Assert.Equal(("miss", "hit", first.Text, 1), (first.Cache, again.Cache, again.Text, scene.O.Asked.Count));
    }

    private static async Task<long> SpentAsync(CacheScene scene)
    {
        var wallet = await scene.Host.Admin.SendAsync(HttpMethod.Get, $"/control/v1/wallets/{scene.Host.Installation.WalletId}", null);
        return (long)(decimal.Parse(wallet.Json.Text("spent_usd"), CultureInfo.InvariantCulture) * 1_000_000_000m);
    }
}

using System.Net;
using System.Text.Json;
using AiOrchestrator.Core.Tests.Hosting;

namespace AiOrchestrator.Core.Tests.Gateway.Caching;

/// <summary>CA-01: other questions that mean the same are answered where a policy says so, and only those.</summary>
public sealed class SimilarQuestionsTests
{
    private const string Semantic = """{"level":"company","mode":"semantic","min_similarity":0.7}""";

    [Fact]
    public async Task A_question_that_means_the_same_is_given_the_answer_and_told_how_near_it_is()
    {
        await using var scene = await CacheScene.StartAsync(Semantic);
        var first = await scene.AskAsync("How do I reset my password?");
        var similar = await scene.AskAsync("Please, how do I reset my password?");

        Assert.Equal(("miss", "hit", first.Text, 1), (first.Cache, similar.Cache, similar.Text, scene.O.Calls));
        var near = double.Parse(similar.Header("x-cache-similarity")!, System.Globalization.CultureInfo.InvariantCulture);
        Assert.InRange(near, 0.7, 0.99999);
        var usage = await scene.UsageAsync(similar);
        Assert.Equal(("similar", 0L), (usage.CacheOutcome, usage.CostNanoUsd));
        Assert.Equal(near, usage.CacheSimilarityMicro / 1e6, 4);
        Assert.Equal(("hit", "miss"), ((await scene.AskAsync("Please, how do I reset my password?", "\"stream\":true,")).Cache, (await scene.AskAsync("How do I reset my PIN?")).Cache));
    }

    [Theory]
    [InlineData("What is 15 % of 240?", "What is 18 % of 240?")]
    [InlineData("Can I pay with a credit card?", "Can I not pay with a credit card?")]
    [InlineData("Is the shop in Bern open on Monday?", "Is the shop in Bern open on Sunday?")]
    [InlineData("What does `a == b` do?", "What does `a = b` do?")]
    public async Task What_is_near_and_asks_something_else_is_never_given_the_answer(string one, string other)
    {
        await using var scene = await CacheScene.StartAsync("""{"level":"company","mode":"semantic","min_similarity":0.5}""");
        _ = await scene.AskAsync(one);

        Assert.Equal(("miss", 2), ((await scene.AskAsync(other)).Cache, scene.O.Calls));
    }

    [Fact]
    public async Task Only_questions_that_differ_in_nothing_else_are_compared()
    {
        await using var scene = await CacheScene.StartAsync(Semantic);
        _ = await scene.AskAsync("How do I reset my password?");
        const string Near = "Please, how do I reset my password?";

        Assert.Equal("miss", (await scene.AskAsync(Near, "\"top_p\":0.5,")).Cache);
        Assert.Equal("miss", (await scene.SendAsync("chat/completions", CacheScene.Chat("n", Near))).Cache);
        var withSystem = CacheScene.Chat("m", Near).Replace("[{", "[{\"role\":\"system\",\"content\":\"Be brief\"},{", StringComparison.Ordinal);
        Assert.Equal("miss", (await scene.SendAsync("chat/completions", withSystem)).Cache);
        Assert.Equal("hit", (await scene.AskAsync(Near)).Cache);
    }

    [Fact]
    public async Task Without_a_policy_nothing_but_the_same_question_is_answered()
    {
        await using var scene = await CacheScene.StartAsync();
        _ = await scene.AskAsync("How do I reset my password?");

        Assert.Equal("miss", (await scene.AskAsync("Please, how do I reset my password?")).Cache);
    }

    [Fact]
    public async Task A_model_of_embeddings_is_asked_metered_and_asked_once_for_a_question()
    {
        await using var scene = await CacheScene.StartAsync("""{"level":"company","mode":"semantic","embedding":"vec"}""");
        scene.O.Embeds = static text => text.Contains("password", StringComparison.Ordinal) ? [1, 0.1f, 0] : [0, 0, 1];
        _ = await scene.AskAsync("How do I reset my password?");
        var similar = await scene.AskAsync("Please, how do I reset my password?");
        _ = await scene.AskAsync("Hi", "\"stream\":true,");

        Assert.Equal(("hit", "1"), (similar.Cache, similar.Header("x-cache-similarity")));
        var asked = scene.Host.Stream.Events.Where(static e => e.Endpoint == "embeddings").ToList();
        Assert.Equal(3, asked.Count);
        Assert.All(asked, static e => Assert.Equal(("ao-embedding", true), (e.FeatureId, e.CostNanoUsd > 0)));
        _ = await scene.AskAsync("Please, how do I reset my password?", "\"top_p\":0.5,");
        Assert.Equal(3, scene.O.Asked.Count(static a => a.Path.EndsWith("/embeddings", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Vectors_of_two_embeddings_are_never_compared()
    {
        await using var scene = await CacheScene.StartAsync("""{"level":"company","mode":"semantic","min_similarity":0.5}""");
        _ = await scene.AskAsync("How do I reset my password?");
        var policy = (await scene.Host.Admin.SendAsync(HttpMethod.Get, "/control/v1/cache/policies", null)).Json.GetProperty("data")[0].GetProperty("id").GetString();
        _ = await scene.Host.Admin.SendAsync(HttpMethod.Put, $"/control/v1/cache/policies/{policy}", """{"level":"company","mode":"semantic","min_similarity":0.5,"embedding":"vec"}""");

        Assert.Equal("miss", (await scene.AskAsync("Please, how do I reset my password?")).Cache);
    }

    [Fact]
    public async Task Where_the_embedding_fails_calls_go_on()
    {
        await using var scene = await CacheScene.StartAsync("""{"level":"company","mode":"semantic","embedding":"nowhere"}""");
        var told = await scene.AskAsync("How do I reset my password?");

        Assert.Equal((HttpStatusCode.OK, "miss"), (told.Message.StatusCode, told.Cache));
        Assert.Equal("hit", (await scene.AskAsync("How do I reset my password?")).Cache);
    }

    [Fact]
    public async Task What_was_flushed_is_not_found_by_a_question_that_is_near()
    {
        await using var scene = await CacheScene.StartAsync(Semantic);
        _ = await scene.AskAsync("How do I reset my password?");
        _ = await scene.Host.Admin.SendAsync(HttpMethod.Delete, "/v1/cache", null);

        Assert.Equal("miss", (await scene.AskAsync("Please, how do I reset my password?")).Cache);
    }

    [Fact]
    public async Task A_policy_that_cannot_be_is_refused_by_name()
    {
        await using var scene = await CacheScene.StartAsync();
        foreach (var (member, value) in new[]
        {
            ("mode", "\"always\""), ("ttl_seconds", "0"), ("max_temperature", "2.5"), ("tools", "\"x\""), ("share", "\"all\""), ("min_similarity", "0.4"), ("charge_percent", "101"), ("single_flight", "1"),
        })
        {
            var refused = await scene.Host.Admin.SendAsync(HttpMethod.Post, "/control/v1/cache/policies", $$"""{"level":"company","{{member}}":{{value}} }""");
            Assert.Equal((HttpStatusCode.BadRequest, member), (refused.Status, JsonDocument.Parse(refused.Text).RootElement.GetProperty("error").GetProperty("param").GetString()));
        }

        await scene.PutAsync("cache/policies", """{"level":"company","model":"gpt-*"}""");
        var twice = await scene.Host.Admin.SendAsync(HttpMethod.Post, "/control/v1/cache/policies", """{"level":"company","model":"gpt-*"}""");
        Assert.Equal(HttpStatusCode.BadRequest, twice.Status);
    }
}

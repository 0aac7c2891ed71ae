using System.Net;
using System.Text.Json;
using AiOrchestrator.Core.Tests.Hosting;
using AiOrchestrator.Core.Tests.Providers;
using AiOrchestrator.Core.Tests.Traffic.Decision;

namespace AiOrchestrator.Core.Tests.Gateway;

/// <summary>RT-08: what was taken for short work and is too long for its model is asked of one that reads more.</summary>
public sealed class ReclassifyTests
{
    private static readonly (int Status, string Json) TooLong =
        (400, """{"error":{"message":"This model's maximum context length is 8192 tokens.","type":"invalid_request_error","param":"messages","code":"context_length_exceeded"}}""");

    [Fact]
    public async Task A_call_whose_kind_was_guessed_and_is_too_long_for_its_model_is_decided_again_as_long_context()
    {
        await using var scene = await StartAsync();

        var (answer, _, usage) = await scene.AskAsync("auto");

        Assert.Equal((HttpStatusCode.OK, "other", "category:long_context"), (answer.StatusCode, usage.Model, usage.RouteReason));
        Assert.Equal("a/small upstream_refused 400", answer.Headers.GetValues("x-ao-attempts").Single());
        var refused = Assert.Single(scene.Host.Stream.Events, e => e.Id == usage.RetryOf);
        Assert.Equal(("small", 0L, "upstream_refused"), (refused.Model, refused.CostNanoUsd, refused.ErrorCode));
        Assert.Equal((1, 1), (scene.A.Calls, scene.B.Calls));
    }

    [Theory]
    [InlineData("small")]
    [InlineData("auto:simple")]
    public async Task What_the_caller_named_is_what_refuses_it(string model)
    {
        await using var scene = await StartAsync();

        var (answer, json, _) = await scene.AskAsync(model);

        Assert.Equal((HttpStatusCode.BadRequest, "context_length_exceeded", 0), (answer.StatusCode, json.GetProperty("error").Text("code"), scene.B.Calls));
        Assert.False(answer.Headers.Contains("x-ao-attempts"));
    }

    [Fact]
    public async Task Any_other_refusal_says_nothing_of_the_kind_of_work()
    {
        await using var scene = await StartAsync();
        scene.A.Answer = FakeProvider.Only(400);

        Assert.Equal(HttpStatusCode.BadRequest, (await scene.AskAsync("auto")).Answer.StatusCode);
        Assert.Equal(0, scene.B.Calls);
    }

    [Fact]
    public async Task Where_it_is_too_long_for_all_of_them_each_is_asked_once_and_the_last_is_told()
    {
        await using var scene = await StartAsync();
        scene.B.Answer = _ => TooLong;

        var (answer, json, usage) = await scene.AskAsync("auto");

        Assert.Equal((HttpStatusCode.BadRequest, "context_length_exceeded"), (answer.StatusCode, json.GetProperty("error").Text("code")));
        Assert.Equal("a/small upstream_refused 400; b/other upstream_refused 400", answer.Headers.GetValues("x-ao-attempts").Single());
        Assert.Equal((1, 1, 0L), (scene.A.Calls, scene.B.Calls, usage.CostNanoUsd));
        Assert.Equal("0.00", (await Http.GetAsync(scene.Host.Caller, "/v1/wallet/balance")).Json.Text("spent_usd"));
    }

    [Fact]
    public async Task Who_has_refused_it_is_not_asked_again_also_where_nobody_knows_how_much_it_reads()
    {
        await using var scene = await StartAsync();
        var blind = RoutingScene.Row("a", scene.A.Address, 1, "", "small", "eyes").Replace("\"price_as\":\"openai/gpt-4o\"", "\"price\":{\"kind\":\"chat\",\"input_usd_per_million\":\"1\",\"output_usd_per_million\":\"1\"},\"max_output_tokens\":1000", StringComparison.Ordinal);
        var put = await scene.Host.Admin.SendAsync(HttpMethod.Put, "/control/v1/providers/a", blind);
        Assert.True(put.Status == HttpStatusCode.OK, put.Text);

        var (answer, _, usage) = await scene.AskAsync("auto");

        Assert.NotEqual("small", usage.Model);
        Assert.Equal((HttpStatusCode.OK, "a/small upstream_refused 400"), (answer.StatusCode, answer.Headers.GetValues("x-ao-attempts").Single()));
    }

    [Fact]
    public async Task Where_a_rule_would_set_now_what_was_not_set_before_the_refusal_is_told()
    {
        await using var scene = await StartAsync();
        _ = await scene.PutAsync("routes", """{"name":"long","conditions":{"category":["long_context"]},"action":{"set":{"max_tokens_cap":9} } }""");

        Assert.Equal((HttpStatusCode.BadRequest, 0), ((await scene.AskAsync("auto")).Answer.StatusCode, scene.B.Calls));
    }

    [Fact]
    public async Task Where_nobody_else_reads_more_the_refusal_is_told_as_it_is()
    {
        await using var scene = await StartAsync();
        _ = await scene.Host.Admin.SendAsync(HttpMethod.Put, "/control/v1/categories/long_context", """{"entries":[{"model":"small"}]}""");

        var (answer, json, _) = await scene.AskAsync("auto");

        Assert.Equal((HttpStatusCode.BadRequest, "context_length_exceeded", 1), (answer.StatusCode, json.GetProperty("error").Text("code"), scene.A.Calls));
    }

    [Theory]
    [InlineData("prompt is too long: 200013 tokens > 199999 maximum")]
    [InlineData("The input token count (1200000) exceeds the maximum number of tokens allowed (1048576).")]
    [InlineData("Input is too long for requested model.")]
    [InlineData("Prompt contains 40000 tokens and 0 draft tokens, too large for model with 32768 maximum context length")]
    public async Task Each_provider_says_so_in_words_of_its_own(string message)
    {
        await using var scene = await StartAsync();
        scene.A.Answer = _ => (400, $$"""{"error":{"message":"{{message}}","type":"invalid_request_error"} }""");

        Assert.Equal("other", (await scene.AskAsync("auto")).Usage.Model);
    }

    /// <summary>Short work goes to <c>small</c> at <c>a</c>, which finds everything too long; long context to others, of which <c>other</c> at <c>b</c> reads more.</summary>
    private static async Task<RoutingScene> StartAsync()
    {
        var scene = await RoutingScene.StartAsync();
        scene.A.Answer = path => path.EndsWith("/chat/completions", StringComparison.Ordinal) ? TooLong : FakeProvider.Well(path);
        var wider = RoutingScene.Row("b", scene.B.Address, 2, "", "large", "other").Replace("\"up-other\",\"price_as\":\"openai/gpt-4o\"", "\"up-other\",\"price_as\":\"openai/gpt-4.1\"", StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.OK, (await scene.Host.Admin.SendAsync(HttpMethod.Put, "/control/v1/providers/b", wider)).Status);
        foreach (var (category, models) in new[] { ("simple", new[] { "small" }), ("medium", ["small"]), ("long_context", ["small", "large", "other"]) })
        {
            var entries = JsonSerializer.Serialize(new { entries = models.Select(static m => new { model = m }) });
            _ = await scene.Host.Admin.SendAsync(HttpMethod.Put, $"/control/v1/categories/{category}", entries);
        }

        return scene;
    }
}

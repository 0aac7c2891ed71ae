using System.Net;
using System.Text;
using AiOrchestrator.Core.Limits;
using AiOrchestrator.Core.Tests.Hosting;
using AiOrchestrator.Core.Tests.Providers.Chat;

namespace AiOrchestrator.Core.Tests.Providers.OpenAi;

/// <summary>OpenAI's moderations: relayed as they are, free where the price says so, written down all the same.</summary>
public sealed class ModerationsTests
{
    private const string Judged = """{"id":"modr-1","model":"omni-moderation-2024-09-26","results":[{"flagged":true,"categories":{"violence":true},"category_scores":{"violence":0.9},"category_applied_input_types":{"violence":["text"]}}]}""";

    [Theory]
    [InlineData("\"some text here\"", 3)]
    [InlineData("[\"some text here\",\"and more\"]", 5)]
    [InlineData("[{\"type\":\"text\",\"text\":\"some text here\"},{\"type\":\"image_url\",\"image_url\":{\"url\":\"https://example.com/a.png\"}}]", 3)]
    public async Task An_answer_passes_byte_for_byte_and_nothing_is_charged(string input, long tokens)
    {
        await using var upstream = await RecordedUpstream.StartAsync("application/json", Encoding.UTF8.GetBytes(Judged));
        await using var host = await StartAsync(upstream, "openai", "{\"id\":\"omni-moderation-latest\"}");

        var answer = await host.Caller.PostAsync("/v1/moderations", $$"""{"input":{{input}}}""");

        Assert.Equal((HttpStatusCode.OK, Judged), (answer.Status, answer.Text));
        var (path, headers, body) = Assert.Single(upstream.Asked);
        Assert.Equal(("/v1/moderations", "Bearer sk-secret", $$"""{"input":{{input}},"model":"omni-moderation-latest"}"""), (path, headers["Authorization"], body));
        await host.StopAsync();
        var used = host.Stream.Last;
        Assert.Equal(("moderations", "counted", (string?)null, 0L, 0L), (used.Endpoint, used.UsageSource, used.UsageAnomaly, used.HoldNanoUsd, used.CostNanoUsd));
        Assert.Equal((tokens, "omni-moderation-latest"), (used.PromptTokens, used.Model));
    }

    [Fact]
    public async Task A_provider_that_charges_for_it_is_paid_what_it_reports()
    {
        var sent = Judged.Replace("{\"id\"", "{\"usage\":{\"prompt_tokens\":40,\"total_tokens\":40,\"completion_tokens\":0},\"id\"", StringComparison.Ordinal);
        await using var upstream = await RecordedUpstream.StartAsync("application/json", Encoding.UTF8.GetBytes(sent));
        await using var host = await StartAsync(upstream, "mistral", "{\"id\":\"omni-moderation-latest\",\"upstream_id\":\"mistral-moderation-latest\"}");

        var answer = await host.Caller.PostAsync("/v1/moderations", """{"input":["some text that is to be judged, and is long enough"],"model":"omni-moderation-latest"}""");

        Assert.Equal((HttpStatusCode.OK, sent), (answer.Status, answer.Text));
        Assert.Contains("\"model\":\"mistral-moderation-latest\"", Assert.Single(upstream.Asked).Body, StringComparison.Ordinal);
        await host.StopAsync();
        Assert.Equal(("reported", 40L, 4_000L), (host.Stream.Last.UsageSource, host.Stream.Last.PromptTokens, host.Stream.Last.CostNanoUsd));
    }

    [Fact]
    public async Task An_image_of_unknown_size_is_refused_where_it_would_be_charged()
    {
        await using var upstream = await RecordedUpstream.StartAsync("application/json", Encoding.UTF8.GetBytes(Judged));
        await using var host = await StartAsync(upstream, "mistral", "{\"id\":\"mistral-moderation-latest\"}");

        var answer = await host.Caller.PostAsync("/v1/moderations", """{"model":"mistral-moderation-latest","input":[{"type":"image_url","image_url":{"url":"https://example.com/a.png"}}]}""");

        Assert.Equal((HttpStatusCode.BadRequest, "cost_unbounded"), (answer.Status, answer.Code));
        Assert.Empty(upstream.Asked);
    }

    [Theory]
    [InlineData("""{}""", "input")]
    [InlineData("""{"input":[]}""", "input")]
    [InlineData("""{"input":7}""", "input")]
    [InlineData("""{"input":[7]}""", "input")]
    [InlineData("""{"input":"a","model":""}""", "model")]
    [InlineData("""{"input":"a","model":"echo"}""", "model")]
    public async Task What_is_wrong_is_refused_by_name(string body, string param)
    {
        await using var upstream = await RecordedUpstream.StartAsync("application/json", []);
        await using var host = await StartAsync(upstream, "openai", "{\"id\":\"omni-moderation-latest\"}");

        var answer = await host.Caller.PostAsync("/v1/moderations", body);

        Assert.Equal((HttpStatusCode.BadRequest, param), (answer.Status, answer.Param));
        Assert.Empty(upstream.Asked);
    }

    private static async Task<CoreHost> StartAsync(RecordedUpstream upstream, string prices, string model)
    {
        var host = await CoreHost.StartAsync(new() { ["KEY"] = "sk-secret" }, compose: static services => services.AddInProcessRates());
        var row = $$"""{"id":"p","base_url":"{{upstream.Address}}/v1","api_key_ref":"env:KEY","price_provider":"{{prices}}","models":[{{model}}]}""";
        var created = await host.Admin.PostAsync("/control/v1/providers", row);
        Assert.True(created.Status == HttpStatusCode.Created, created.Text);
        return host;
    }
}

using System.Net;
using AiOrchestrator.Core.Tests.Hosting;
using AiOrchestrator.Core.Tests.Metering;
using static AiOrchestrator.Core.Tests.Providers.Reranking.RerankScene;

namespace AiOrchestrator.Core.Tests.Providers.Reranking;

/// <summary>Documents ordered by Cohere, on Bedrock, and below OpenAI-compatible base URLs: real sockets on both sides, one shape for callers.</summary>
public sealed class RerankTests
{
    [Theory]
    [InlineData("/v1/rerank")]
    [InlineData("/v2/rerank")]
    public async Task Cohere_is_asked_in_its_words_and_charged_by_the_searches_it_bills(string path)
    {
        var json = await File.ReadAllTextAsync(RecordedData.PathOf("provider-streams", "cohere", "reranking__cohere-reranking.1.json"), TestContext.Current.CancellationToken);
        await using var upstream = await UpstreamAsync(json);
        await using var host = await StartAsync(upstream, "cohere", "rerank-v3.5", "\"price_as\":\"cohere/rerank-v3.5\"");

        var answer = await host.Caller.PostAsync(path, """{"model":"m","query":"rain","documents":["sunny day",{"text":"rainy \u0064ay","title":"x"}],"top_n":5,"max_tokens_per_doc":100,"priority":3,"rank_fields":["title"],"return_documents":true}""");

        Assert.Equal(
            """{"id":"b44fe75b-e3d3-489a-b61e-1a1aede3ef72","model":"m","results":[{"index":1,"relevance_score":0.10183054,"document":{"text":"rainy \u0064ay"}},{"index":0,"relevance_score":0.03762639,"document":{"text":"sunny day"}}],"meta":{"api_version":{"version":"2"},"billed_units":{"search_units":1}}}""",
            answer.Text);
        Assert.Equal("rank_fields, documents[].title", answer.Message.Headers.GetValues("x-ao-dropped").Single());
        Assert.Equal("0.002", answer.Message.Headers.GetValues("x-ao-cost-usd").Single());
        var (asked, headers, body) = Assert.Single(upstream.Asked);
        Assert.Equal(("/v2/rerank", "Bearer AKID:secret"), (asked, headers["Authorization"]));
        Assert.Equal("""{"model":"rerank-v3.5","query":"rain","documents":["sunny day","rainy \u0064ay"],"top_n":2,"max_tokens_per_doc":100,"priority":3}""", body);
        await host.StopAsync();
        var used = host.Stream.Last;
        Assert.Equal(("reported", "rerank", "file_search=1", 2_000_000L, 2_000_000L, 2), (used.UsageSource, used.Endpoint, used.Units, used.HoldNanoUsd, used.CostNanoUsd, used.Messages));
    }

    [Theory]
    [InlineData("cohere.rerank-v3-5:0", """{"api_version":2,"query":"rain","documents":["sunny day","rainy \u0064ay"],"top_n":2,"max_tokens_per_doc":9}""", "", 2_000_000)]
    [InlineData("amazon.rerank-v1:0", """{"query":"rain","documents":["sunny day","rainy \u0064ay"],"top_n":2}""", "max_tokens_per_doc", 1_000_000)]
    public async Task Bedrock_is_asked_signed_and_charged_by_the_searches_we_count(string model, string sent, string dropped, long costNanoUsd)
    {
        await using var upstream = await UpstreamAsync("""{"results":[{"index":1,"relevance_score":0.9}]}""");
        await using var host = await StartAsync(upstream, "bedrock", model, $"\"price_as\":\"aws/{model}\"");

        var answer = await host.Caller.PostAsync("/v1/rerank", Ask.Replace("\"top_n\"", "\"max_tokens_per_doc\":9,\"top_n\"", StringComparison.Ordinal));

        Assert.Equal(HttpStatusCode.OK, answer.Status);
        Assert.EndsWith(""","results":[{"index":1,"relevance_score":0.9}],"meta":{"api_version":{"version":"2"},"billed_units":{"search_units":1}}}""", answer.Text, StringComparison.Ordinal);
        Assert.Equal(dropped, answer.Message.Headers.TryGetValues("x-ao-dropped", out var names) ? names.Single() : "");
        var (path, headers, body) = Assert.Single(upstream.Asked);
        Assert.Equal(($"/v2/model/{Uri.EscapeDataString(model)}/invoke", sent), (path, body));
        Assert.StartsWith("AWS4-HMAC-SHA256 Credential=AKID/", headers["Authorization"], StringComparison.Ordinal);
        await host.StopAsync();
        Assert.Equal(("counted", (string?)null, costNanoUsd), (host.Stream.Last.UsageSource, host.Stream.Last.UsageAnomaly, host.Stream.Last.CostNanoUsd));
    }

    [Fact]
    public async Task The_answer_of_AWS_own_service_is_read_as_well()
    {
        var json = await File.ReadAllTextAsync(RecordedData.PathOf("provider-streams", "amazon-bedrock", "reranking__amazon-bedrock-reranking.1.json"), TestContext.Current.CancellationToken);
        await using var upstream = await UpstreamAsync(json);
        await using var host = await StartAsync(upstream, "bedrock", "amazon.rerank-v1:0", "\"price_as\":\"aws/amazon.rerank-v1:0\"");

        var answer = await host.Caller.PostAsync("/v1/rerank", """{"model":"m","query":"q","documents":["a","b","c","d","e","f"]}""");

        Assert.Equal([(0, 0.5110583305358887), (5, 0.30241215229034424)], answer.Json.GetProperty("results").EnumerateArray().Select(static r => (r.GetProperty("index").GetInt32(), r.GetProperty("relevance_score").GetDouble())));
    }

    [Theory]
    [InlineData("""{"model":"jina","usage":{"total_tokens":815},"results":[{"index":1,"document":{"text":"rainy day"},"relevance_score":0.9}]}""", ",\"document\":{\"text\":\"rainy day\"}")]
    [InlineData("""{"object":"list","data":[{"relevance_score":0.9,"index":1}],"model":"rerank-2.5","usage":{"total_tokens":815}}""", "")]
    [InlineData("""{"object":"rerank","id":"x","results":[{"index":1,"relevance_score":0.9,"document":"rainy day"}],"usage":{"prompt_tokens":815,"completion_tokens":0,"total_tokens":815}}""", ",\"document\":{\"text\":\"rainy day\"}")]
    public async Task Others_are_asked_as_the_caller_asks_and_charged_by_their_tokens(string sent, string document)
    {
        await using var upstream = await UpstreamAsync(sent);
        await using var host = await StartAsync(upstream, "openai", "reranker", ByTokens, ",\"rename_members\":{\"top_n\":\"top_k\"}");

        var answer = await host.Caller.PostAsync("/v1/rerank", Ask.Replace("\"top_n\"", "\"truncation\":{\"a\":\"\\ud800\"},\"top_n\"", StringComparison.Ordinal));

        Assert.Contains($"\"results\":[{{\"index\":1,\"relevance_score\":0.9{document}}}],", answer.Text, StringComparison.Ordinal);
        Assert.EndsWith("\"billed_units\":{\"input_tokens\":815}},\"usage\":{\"prompt_tokens\":815,\"total_tokens\":815}}", answer.Text, StringComparison.Ordinal);
        var (path, _, body) = Assert.Single(upstream.Asked);
        Assert.Equal(("/v2/rerank", """{"model":"reranker","query":"rain","documents":["sunny day","rainy \u0064ay"],"truncation":{"a":"\ud800"},"top_k":5}"""), (path, body));
        await host.StopAsync();
        var used = host.Stream.Last;
        Assert.Equal(("reported", 815L), (used.UsageSource, used.PromptTokens));
        Assert.Equal(used.UsageAnomaly is null ? 815 * 50L : used.HoldNanoUsd, used.CostNanoUsd);
    }

    [Fact]
    public async Task What_is_held_by_tokens_is_the_query_beside_each_document()
    {
        await using var upstream = await UpstreamAsync("""{"results":[]}""");
        await using var host = await StartAsync(upstream, "openai", "reranker", ByTokens);

        _ = await host.Caller.PostAsync("/v1/rerank", """{"model":"m","query":"abcde","documents":["fg","h"]}""");

        await host.StopAsync();
        var used = host.Stream.Last;

        // A token for each byte: twice the query and both documents; 16 for each document and for the request.
        Assert.Equal(((2 * 5) + 3 + (3 * 16), "missing", "counted"), (used.PromptTokensMax, used.UsageAnomaly, used.UsageSource));
        Assert.Equal(used.PromptTokensMax * 50, used.HoldNanoUsd);
    }

    [Theory]
    [InlineData("{}", HttpStatusCode.BadGateway)]
    [InlineData("""{"results":[{"index":2,"relevance_score":1}]}""", HttpStatusCode.BadGateway)]
    [InlineData("""{"results":[{"index":0,"relevance_score":"1"}]}""", HttpStatusCode.BadGateway)]
    [InlineData("""{"results":[{"index":0,"relevance_score":1},{"index":1,"relevance_score":1},{"index":1,"relevance_score":1}]}""", HttpStatusCode.BadGateway)]
    [InlineData("[1]", HttpStatusCode.BadGateway)]
    [InlineData("""{"results":[]}""", HttpStatusCode.OK)]
    public async Task An_answer_that_is_none_is_an_error_and_charged_as_counted(string sent, HttpStatusCode status)
    {
        await using var upstream = await UpstreamAsync(sent);
        await using var host = await StartAsync(upstream, "cohere", "rerank-v3.5", "\"price_as\":\"cohere/rerank-v3.5\"");

        var answer = await host.Caller.PostAsync("/v1/rerank", Ask);

        Assert.Equal((status, status == HttpStatusCode.OK ? null : "upstream_invalid_answer"), (answer.Status, status == HttpStatusCode.OK ? null : answer.Code));
        await host.StopAsync();
        Assert.Equal(("counted", 2_000_000L), (host.Stream.Last.UsageSource, host.Stream.Last.CostNanoUsd));
    }

    [Fact]
    public async Task What_the_provider_refuses_is_said_in_its_words_and_costs_nothing()
    {
        await using var upstream = await UpstreamAsync("""{"message":"model 'x' not found for AKID:secret"}""", status: 404);
        await using var host = await StartAsync(upstream, "cohere", "rerank-v3.5", "\"price_as\":\"cohere/rerank-v3.5\"");

        var answer = await host.Caller.PostAsync("/v1/rerank", Ask);

        Assert.Equal((HttpStatusCode.NotFound, "upstream_refused", "row: model 'x' not found for [credential]"), (answer.Status, answer.Code, answer.ErrorText));
        await host.StopAsync();
        Assert.Equal(0, host.Stream.Last.CostNanoUsd);
    }

    [Theory]
    [InlineData("""{"model":"m","documents":["a"]}""", "query")]
    [InlineData("""{"model":"m","query":["a"],"documents":["a"]}""", "query")]
    [InlineData("""{"model":"m","query":"a"}""", "documents")]
    [InlineData("""{"model":"m","query":"a","documents":[]}""", "documents")]
    [InlineData("""{"model":"m","query":"a","documents":"b"}""", "documents")]
    [InlineData("""{"model":"m","query":"a","documents":["b",1]}""", "documents[1]")]
    [InlineData("""{"model":"m","query":"a","documents":["b",{"title":"c"}]}""", "documents[1].text")]
    [InlineData("""{"model":"m","query":"a","documents":[{"text":"b","image":"https://x"}]}""", "documents[0].image")]
    [InlineData("""{"model":"m","query":"a","documents":[{"text":"b","text":"c"}]}""", "documents[0].text")]
    [InlineData("""{"model":"m","query":"a","documents":[{"text":7}]}""", "documents[0].text")]
    [InlineData("""{"model":"m","query":"a","documents":[{"text":"b","\ud800":1}]}""", null)]
    [InlineData("""{"model":"m","query":"a","documents":["b"],"top_n":0}""", "top_n")]
    [InlineData("""{"model":"m","query":"a","documents":["b"],"max_tokens_per_doc":"1"}""", "max_tokens_per_doc")]
    [InlineData("""{"model":"m","query":"a","documents":["b"],"return_documents":1}""", "return_documents")]
    public async Task What_is_wrong_is_refused_by_name(string body, string? param)
    {
        await using var upstream = await UpstreamAsync("{}");
        await using var host = await StartAsync(upstream, "cohere", "rerank-v3.5", "\"price_as\":\"cohere/rerank-v3.5\"");

        var answer = await host.Caller.PostAsync("/v1/rerank", body);

        Assert.Equal((HttpStatusCode.BadRequest, param), (answer.Status, answer.Param));
        Assert.Empty(upstream.Asked);
    }

    [Fact]
    public async Task A_reranker_without_a_price_for_searches_or_tokens_is_not_asked()
    {
        await using var upstream = await UpstreamAsync("{}");
        await using var host = await StartAsync(upstream, "cohere", "rerank-x", "\"price\":{\"kind\":\"rerank\",\"period\":{\"usd_each\":{\"page\":\"1\"}}}");

        var answer = await host.Caller.PostAsync("/v1/rerank", Ask);

        Assert.Equal((HttpStatusCode.BadRequest, "unit_price_unknown"), (answer.Status, answer.Code));
        Assert.Empty(upstream.Asked);
    }
}

using System.Net;
using AiOrchestrator.Core.Limits;
using AiOrchestrator.Core.Tests.Hosting;
using AiOrchestrator.Core.Tests.Metering;
using AiOrchestrator.Core.Tests.Providers.Chat;

namespace AiOrchestrator.Core.Tests.Providers.Cohere;

/// <summary>Embeddings of Cohere and of Bedrock's Titan behind OpenAI's endpoint: real sockets on both sides.</summary>
public sealed class OtherEmbeddingsTests
{
    [Fact]
    public async Task Cohere_is_asked_in_its_words_and_charged_by_what_it_bills()
    {
        var json = await File.ReadAllBytesAsync(RecordedData.PathOf("provider-streams", "cohere", "cohere-embedding.json"), TestContext.Current.CancellationToken);
        await using var upstream = await RecordedUpstream.StartAsync("application/json", json);
        await using var host = await StartAsync(upstream, "cohere", "embed-v4.0", "cohere/embed-v4.0");

        var answer = await host.Caller.PostAsync("/v1/embeddings", """{"model":"m","input":["a","b"],"dimensions":256,"user":"u","input_type":"classification"}""");

        Assert.Equal(HttpStatusCode.OK, answer.Status);
        Assert.Contains("[0.03302002,0.020904541", answer.Text, StringComparison.Ordinal);
        Assert.Contains("\"prompt_tokens\":10", answer.Text, StringComparison.Ordinal);
        var (path, headers, body) = Assert.Single(upstream.Asked);
        Assert.Equal(("/v2/embed", "Bearer AKID"), (path, headers["Authorization"]));
        Assert.Equal("""{"model":"embed-v4.0","texts":["a","b"],"input_type":"classification","embedding_types":["float"],"output_dimension":256}""", body);
        await host.StopAsync();
        Assert.Equal(("reported", 1_200L), (host.Stream.Last.UsageSource, host.Stream.Last.CostNanoUsd));
    }

    [Fact]
    public async Task Titan_is_asked_for_one_text_and_charged_by_its_count()
    {
        await using var upstream = await RecordedUpstream.StartAsync("application/json", """{"embedding":[0.5,-1],"inputTextTokenCount":7}"""u8.ToArray());
        await using var host = await StartAsync(upstream, "bedrock", "amazon.titan-embed-text-v2:0", "aws/amazon.titan-embed-text-v1");

        var refused = await host.Caller.PostAsync("/v1/embeddings", """{"model":"m","input":["a","b"]}""");
        var answer = await host.Caller.PostAsync("/v1/embeddings", """{"model":"m","input":"a"}""");

        Assert.Contains("\"embedding\":[0.5,-1]", answer.Text, StringComparison.Ordinal);
        Assert.Equal((HttpStatusCode.BadRequest, "input"), (refused.Status, refused.Param));
        var (path, _, body) = Assert.Single(upstream.Asked);
        Assert.Equal(("/v2/model/amazon.titan-embed-text-v2%3A0/invoke", """{"inputText":"a"}"""), (path, body));
        await host.StopAsync();
        Assert.Equal(("reported", 700L), (host.Stream.Last.UsageSource, host.Stream.Last.CostNanoUsd));
    }

    private static async Task<CoreHost> StartAsync(RecordedUpstream upstream, string format, string model, string priceAs)
    {
        var host = await CoreHost.StartAsync(new() { ["KEY"] = "AKID" }, compose: static services => services.AddInProcessRates());
        var row = $$"""{"id":"row","wire_format":"{{format}}","region":"us-east-1","base_url":"{{upstream.Address}}/v2","api_key_ref":"env:KEY","models":[{"id":"m","upstream_id":"{{model}}","price_as":"{{priceAs}}"}]}""";
        var created = await host.Admin.PostAsync("/control/v1/providers", row);
        Assert.True(created.Status == HttpStatusCode.Created, created.Text);
        return host;
    }
}

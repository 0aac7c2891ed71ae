using System.Net;
using System.Text;
using AiOrchestrator.Core.Limits;
using AiOrchestrator.Core.Tests.Hosting;
using AiOrchestrator.Core.Tests.Providers.Chat;

namespace AiOrchestrator.Core.Tests.Providers.Reranking;

/// <summary>A gateway with one provider on a real socket, asked to order documents.</summary>
internal static class RerankScene
{
    /// <summary>What a caller asks.</summary>
    public const string Ask = """{"model":"m","query":"rain","documents":["sunny day","rainy \u0064ay"],"top_n":5}""";

    /// <summary>A price by tokens.</summary>
    public const string ByTokens = "\"price\":{\"kind\":\"rerank\",\"input_usd_per_million\":\"0.05\"}";

    /// <summary>A provider that answers so.</summary>
    public static Task<RecordedUpstream> UpstreamAsync(string answer, int status = 200) =>
        RecordedUpstream.StartAsync("application/json", Encoding.UTF8.GetBytes(answer), status: status);

    /// <summary>A gateway whose only provider it is.</summary>
    /// <param name="upstream">The provider.</param>
    /// <param name="format">What it speaks.</param>
    /// <param name="model">What the model is called there.</param>
    /// <param name="price">Members of the model that say what it costs.</param>
    /// <param name="more">More members of the row, with a comma before them.</param>
    public static async Task<CoreHost> StartAsync(RecordedUpstream upstream, string format, string model, string price, string more = "")
    {
        var host = await CoreHost.StartAsync(new() { ["KEY"] = "AKID:secret" }, compose: static services => services.AddInProcessRates());
        var row = $$"""{"id":"row","wire_format":"{{format}}","region":"us-east-1","base_url":"{{upstream.Address}}/v2","api_key_ref":"env:KEY"{{more}},"models":[{"id":"m","upstream_id":"{{model}}",{{price}}}]}""";
        var created = await host.Admin.PostAsync("/control/v1/providers", row);
        Assert.True(created.Status == HttpStatusCode.Created, created.Text);
        return host;
    }
}

using System.Net;
using AiOrchestrator.Core.Limits;
using AiOrchestrator.Core.Tests.Hosting;
using AiOrchestrator.Core.Tests.Providers.Chat;

namespace AiOrchestrator.Core.Tests.Providers.Gemini;

/// <summary>The product with a row that speaks Gemini's wire format to a recorded provider.</summary>
internal static class GeminiScene
{
    public const string Ask = """{"model":"m","messages":[{"role":"user","content":"Hi"}],"max_tokens":50}""";
    public const string AskStream = """{"model":"m","messages":[{"role":"user","content":"Hi"}],"max_tokens":4000,"stream":true,"stream_options":{"include_usage":true}}""";
    public const string Answer = """{"candidates":[{"content":{"parts":[{"text":"Hello"}]},"finishReason":"STOP"}],"usageMetadata":{"promptTokenCount":3,"candidatesTokenCount":1,"totalTokenCount":4}}""";
    public const string StudioPath = "/v1beta";
    public const string VertexPath = "/v1/projects/p/locations/europe-west4/publishers/google";

    /// <summary>Starts it: a chat model <c>m</c> and an embedding model <c>e</c>.</summary>
    public static async Task<CoreHost> StartAsync(RecordedUpstream upstream, string path = StudioPath, string secret = "sk-secret")
    {
        var host = await CoreHost.StartAsync(new() { ["KEY"] = secret }, compose: static services => services.AddInProcessRates());
        var created = await host.Admin.PostAsync("/control/v1/providers", Row(upstream, path));
        Assert.True(created.Status == HttpStatusCode.Created, created.Text);
        return host;
    }

    /// <summary>The row.</summary>
    public static string Row(RecordedUpstream upstream, string path) => $$"""
        {"id":"gem","wire_format":"gemini","base_url":"{{upstream.Address}}{{path}}","api_key_ref":"env:KEY","price_provider":"google",
         "models":[{"id":"m","upstream_id":"gemini-2.5-flash"},{"id":"e","upstream_id":"gemini-embedding-001"}]}
        """;

    /// <summary>A provider that answers this.</summary>
    public static Task<RecordedUpstream> UpstreamAsync(string answer, int status = 200) =>
        RecordedUpstream.StartAsync("application/json", System.Text.Encoding.UTF8.GetBytes(answer), status: status);
}

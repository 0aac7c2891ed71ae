using System.Net;
using System.Text;
using AiOrchestrator.Core.Limits;
using AiOrchestrator.Core.Tests.Hosting;
using AiOrchestrator.Core.Tests.Metering;

namespace AiOrchestrator.Core.Tests.Providers.Chat;

/// <summary>A gateway with one provider on a real socket, asked in Anthropic's dialect.</summary>
internal static class MessagesScene
{
    /// <summary>What a caller asks; the model is <c>m</c> here and another name upstream.</summary>
    public const string Ask = """{ "model": "m", "max_tokens":50, "messages":[{"role":"user","content":"H\u0069"}], "unheard_of": 1.50 }""";

    /// <summary>The same as a stream.</summary>
    public const string AskStream = """{"model":"m","max_tokens":4000,"stream":true,"messages":[{"role":"user","content":"Hi"}]}""";

    /// <summary>A gateway whose only provider is the upstream.</summary>
    public static async Task<CoreHost> StartAsync(RecordedUpstream upstream, string format)
    {
        var host = await CoreHost.StartAsync(new() { ["KEY"] = "sk-secret" }, compose: static services => services.AddInProcessRates());
        var (model, prices) = format == "anthropic" ? ("claude-haiku-4-5", "anthropic") : ("gpt-4o-mini", "openai");
        var row = $$"""{"id":"p","wire_format":"{{format}}","base_url":"{{upstream.Address}}/v1","api_key_ref":"env:KEY","price_provider":"{{prices}}","models":[{"id":"m","upstream_id":"{{model}}"}]}""";
        var created = await host.Admin.PostAsync("/control/v1/providers", row);
        Assert.True(created.Status == HttpStatusCode.Created, created.Text);
        return host;
    }

    /// <summary>A key that pays from a wallet of its own.</summary>
    public static async Task<HttpClient> PurseAsync(CoreHost host, string limitUsd)
    {
        var wallet = await host.Admin.PostAsync("/control/v1/wallets", $$"""{"name":"small","limit_usd":"{{limitUsd}}"}""");
        var key = await host.Admin.PostAsync("/control/v1/keys", $$"""{"name":"small","wallet_id":"{{wallet.Json.Text("id")}}"}""");
        return host.ClientFor(key.Json.Text("key"));
    }

    /// <summary>A recorded stream of Anthropic's.</summary>
    public static List<string> Recorded(string name) =>
        [.. File.ReadLines(RecordedData.PathOf("provider-streams", "anthropic", $"{name}.chunks.txt")).Where(static l => l.Length > 0)];

    /// <summary>A recorded answer of Anthropic's.</summary>
    public static byte[] RecordedWhole(string name) => File.ReadAllBytes(RecordedData.PathOf("provider-streams", "anthropic", $"{name}.json"));

    /// <summary>Chunks of a chat completion as a stream: the texts of each, the end, the usage.</summary>
    public static byte[] Chunks(params string[] choices) => Encoding.UTF8.GetBytes(string.Concat(choices.Select(static c =>
        $$"""data: {"id":"chatcmpl-1","model":"gpt-4o-mini-2024","choices":[{"index":0,{{c}}}]}""" + "\n\n"))
        + """data: {"id":"chatcmpl-1","choices":[],"usage":{"prompt_tokens":100,"completion_tokens":7,"total_tokens":107,"prompt_tokens_details":{"cached_tokens":60}}}""" + "\n\ndata: [DONE]\n\n");
}

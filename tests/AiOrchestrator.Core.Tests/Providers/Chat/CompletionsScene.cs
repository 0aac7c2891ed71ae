using System.Net;
using AiOrchestrator.Core.Limits;
using AiOrchestrator.Core.Tests.Hosting;
using AiOrchestrator.Core.Tests.Metering;

namespace AiOrchestrator.Core.Tests.Providers.Chat;

/// <summary>A gateway with one provider on a real socket, asked for legacy completions.</summary>
internal static class CompletionsScene
{
    /// <summary>A gateway whose only provider is the upstream, with one model of a name upstream, priced as OpenAI's or Anthropic's of that name.</summary>
    /// <param name="upstream">The provider.</param>
    /// <param name="format">What it speaks.</param>
    /// <param name="model">What the model is called there.</param>
    /// <param name="more">More members of the row, with a comma before them.</param>
    public static async Task<CoreHost> StartAsync(RecordedUpstream upstream, string format, string model, string more = "")
    {
        var host = await CoreHost.StartAsync(new() { ["KEY"] = "sk-secret" }, compose: static services => services.AddInProcessRates());
        var row = $$"""{"id":"p","wire_format":"{{format}}","base_url":"{{upstream.Address}}/v1","api_key_ref":"env:KEY","price_provider":"{{(format == "anthropic" ? format : "openai")}}","models":[{"id":"m","upstream_id":"{{model}}"}]{{more}}}""";
        var created = await host.Admin.PostAsync("/control/v1/providers", row);
        Assert.True(created.Status == HttpStatusCode.Created, created.Text);
        return host;
    }

    /// <summary>OpenAI's recorded completion, as events or as a whole answer.</summary>
    public static string Recorded(string ending) => File.ReadAllText(RecordedData.PathOf("provider-streams", "openai", $"completion__openai-completion-text.{ending}"));

    /// <summary>The same as OpenAI frames it.</summary>
    public static byte[] RecordedStream() => RecordedUpstream.Sse([.. Recorded("chunks.txt").Split('\n', StringSplitOptions.RemoveEmptyEntries), "[DONE]"], named: false);
}

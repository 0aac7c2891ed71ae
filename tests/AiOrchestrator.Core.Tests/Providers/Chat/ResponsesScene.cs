using System.Net;
using System.Text;
using System.Text.RegularExpressions;
using AiOrchestrator.Core.Limits;
using AiOrchestrator.Core.Tests.Hosting;
using AiOrchestrator.Core.Tests.Metering;

namespace AiOrchestrator.Core.Tests.Providers.Chat;

/// <summary>A gateway with one provider on a real socket, asked in the dialect of OpenAI's responses, and answers as OpenAI gives them.</summary>
internal static partial class ResponsesScene
{
    public const string Created = """{"type":"response.created","sequence_number":0,"response":{"id":"resp_1","model":"gpt-4o-mini-2024","status":"in_progress","output":[],"usage":null,"service_tier":"auto"}}""";
    public const string Item = """{"type":"response.output_item.added","sequence_number":1,"output_index":0,"item":{"id":"msg_1","type":"message","status":"in_progress","role":"assistant","content":[]}}""";
    public const string Delta = """{"type":"response.output_text.delta","sequence_number":2,"item_id":"msg_1","output_index":0,"content_index":0,"delta":"Hello there"}""";
    public const string Completed = """{"type":"response.completed","sequence_number":3,"response":{"id":"resp_1","status":"completed","service_tier":"default","output":[],"usage":{"input_tokens":100,"input_tokens_details":{"cached_tokens":60},"output_tokens":7,"output_tokens_details":{"reasoning_tokens":2},"total_tokens":107}}}""";

    /// <summary>What a caller asks; the model is <c>m</c> here and another name upstream.</summary>
    public const string Ask = """{ "model": "m", "max_output_tokens":50, "input":"H\u0069", "unheard_of": 1.50 }""";

    /// <summary>The same as a stream.</summary>
    public const string AskStream = """{"model":"m","max_output_tokens":4000,"stream":true,"input":[{"role":"user","content":"Hi"}]}""";

    /// <summary>A gateway whose only provider is the upstream; <c>native</c> for one of chat completions that has responses, too.</summary>
    public static async Task<CoreHost> StartAsync(RecordedUpstream upstream, string format)
    {
        var host = await CoreHost.StartAsync(new() { ["KEY"] = "sk-secret" }, compose: static services => services.AddInProcessRates());
        var spoken = format == "native" ? "\"openai\",\"responses\":true" : $"\"{format}\"";
        var (model, prices) = format == "anthropic" ? ("claude-haiku-4-5", "anthropic") : ("gpt-4o-mini", "openai");
        var row = $$"""{"id":"p","wire_format":{{spoken}},"base_url":"{{upstream.Address}}/v1","api_key_ref":"env:KEY","price_provider":"{{prices}}","models":[{"id":"m","upstream_id":"{{model}}"}]}""";
        var created = await host.Admin.PostAsync("/control/v1/providers", row);
        Assert.True(created.Status == HttpStatusCode.Created, created.Text);
        return host;
    }

    /// <summary>What a provider sends, with the name its response has in an answer to the caller.</summary>
    public static string AsSeen(byte[] sent, string answer)
    {
        var text = Encoding.UTF8.GetString(sent);
        var (theirs, ours) = (NameIn(text), NameIn(answer));
        Assert.NotEqual(theirs, ours);
        return text.Replace($"\"{theirs}\"", $"\"{ours}\"", StringComparison.Ordinal);
    }

    /// <summary>The first name of a response in a text.</summary>
    public static string NameIn(string text) => ResponseName().Match(text) is { Success: true } found ? found.Groups["name"].Value : throw new InvalidDataException(text);

    [GeneratedRegex("\"(?<name>resp_[^\"]+)\"", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex ResponseName();

    /// <summary>A recorded stream of OpenAI's.</summary>
    public static List<string> Recorded(string name) =>
        [.. File.ReadLines(RecordedData.PathOf("provider-streams", "openai", $"responses__{name}.chunks.txt")).Where(static l => l.Length > 0)];

    /// <summary>A recorded answer of OpenAI's.</summary>
    public static byte[] RecordedWhole(string name) => File.ReadAllBytes(RecordedData.PathOf("provider-streams", "openai", $"responses__{name}.json"));
}

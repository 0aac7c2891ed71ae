using System.Collections.Concurrent;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace AiOrchestrator.Core.Tests.Gateway.Caching;

/// <summary>
/// A provider on a real socket whose every answer is another: it says which call of all it is, and to what. Conversations of OpenAI's and Anthropic's formats, whole
/// and streamed, legacy completions and embeddings.
/// </summary>
internal sealed class TalkingProvider : IAsyncDisposable
{
    private readonly WebApplication _app;

    private TalkingProvider(WebApplication app) => _app = app;

    /// <summary>Where it is.</summary>
    public string Address => _app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();

    /// <summary>The bodies it was asked with, in order.</summary>
    public ConcurrentQueue<(string Path, string Body)> Asked { get; } = [];

    /// <summary>How often it was asked for anything but embeddings.</summary>
    public int Calls => Asked.Count(static a => !a.Path.EndsWith("/embeddings", StringComparison.Ordinal));

    /// <summary>Why its answers end, in OpenAI's word.</summary>
    public string Finish { get; set; } = "stop";

    /// <summary>The status it answers with.</summary>
    public int Status { get; set; } = 200;

    /// <summary>What it waits for before it answers.</summary>
    public Func<Task> Wait { get; set; } = static () => Task.CompletedTask;

    /// <summary>What it says; which call it is, and to what, where nothing is said.</summary>
    public Func<int, string, string> Says { get; set; } = static (number, question) => $"No. {number} to {question}";

    /// <summary>The vector of a text.</summary>
    public Func<string, float[]> Embeds { get; set; } = static text => [text.Length, 1, 0];

    public static async Task<TalkingProvider> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var provider = new TalkingProvider(builder.Build());
        provider._app.Run(provider.AnswerAsync);
        await provider._app.StartAsync(TestContext.Current.CancellationToken);
        return provider;
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private async Task AnswerAsync(HttpContext context)
    {
        using var reader = new StreamReader(context.Request.Body, Encoding.UTF8);
        var body = await reader.ReadToEndAsync(context.RequestAborted);
        var path = context.Request.Path.Value!;
        var number = 0;
        lock (Asked)
        {
            Asked.Enqueue((path, body));
            number = Calls;
        }

        await Wait().WaitAsync(context.RequestAborted);
        context.Response.StatusCode = Status;
        context.Response.ContentType = "application/json";
        if (Status != 200)
        {
            await context.Response.WriteAsync("""{"error":{"message":"no","type":"server_error"}}""", context.RequestAborted);
            return;
        }

        var root = JsonDocument.Parse(body).RootElement;
        var streams = root.TryGetProperty("stream", out var stream) && stream.ValueKind == JsonValueKind.True;
        if (streams)
        {
            context.Response.ContentType = "text/event-stream";
        }

        var text = JsonSerializer.Serialize(Says(number, QuestionOf(root)));
        await context.Response.WriteAsync(
            path.EndsWith("/embeddings", StringComparison.Ordinal) ? Embeddings(root)
            : path.EndsWith("/messages", StringComparison.Ordinal) ? Message(text, number, streams)
            : path.EndsWith("/completions", StringComparison.Ordinal) && !path.Contains("/chat/", StringComparison.Ordinal) ? Completion(text, number, streams)
            : Chat(text, number, streams),
            context.RequestAborted);
    }

    private static string QuestionOf(JsonElement root)
    {
        var last = root.TryGetProperty("messages", out var messages) ? messages[messages.GetArrayLength() - 1].GetProperty("content")
            : root.TryGetProperty("input", out var input) ? input
            : root.GetProperty("prompt");
        return last.ValueKind == JsonValueKind.String ? last.GetString()! : last[last.GetArrayLength() - 1].GetProperty("text").GetString()!;
    }

    private string Embeddings(JsonElement root)
    {
        var vector = string.Join(',', Embeds(root.GetProperty("input").GetString()!).Select(static v => v.ToString("R", System.Globalization.CultureInfo.InvariantCulture)));
        return $$"""{"object":"list","model":"e","data":[{"object":"embedding","index":0,"embedding":[{{vector}}] }],"usage":{"prompt_tokens":4,"total_tokens":4} }""";
    }

    private string Chat(string text, int number, bool streams)
    {
        const string Usage = "\"usage\":{\"prompt_tokens\":11,\"completion_tokens\":7,\"total_tokens\":18}";
        var tool = Finish == "tool_calls" ? """,{"index":0,"id":"t","type":"function","function":{"name":"f","arguments":"{}"}}""" : "";
        if (!streams)
        {
            var calls = tool.Length > 0 ? $",\"tool_calls\":[{tool[1..]}]" : "";
            return $$"""{"id":"chatcmpl-{{number}}","object":"chat.completion","created":1,"model":"up","x_odd":[1],"choices":[{"index":0,"message":{"role":"assistant","content":{{text}}{{calls}} },"finish_reason":"{{Finish}}"}],{{Usage}} }""";
        }

        var begin = $$"""{"id":"chatcmpl-{{number}}","object":"chat.completion.chunk","created":1,"model":"up","choices":[{"index":0,"delta":""";
        var delta = tool.Length > 0 ? $$"""{"tool_calls":[{{tool[1..]}}]}""" : "{}";
        var events = new StringBuilder();
        foreach (var data in new[]
        {
            $$"""{{begin}}{"role":"assistant","content":"" },"finish_reason":null}]}""",
            $$"""{{begin}}{"content":{{text[..(text.Length / 2)]}}" },"finish_reason":null}]}""",
            $$"""{{begin}}{"content":"{{text[(text.Length / 2)..]}} },"finish_reason":null}]}""",
            $$"""{{begin}}{{delta}},"finish_reason":"{{Finish}}"}]}""",
            $$"""{"id":"chatcmpl-{{number}}","object":"chat.completion.chunk","created":1,"model":"up","choices":[],{{Usage}} }""",
            "[DONE]",
        })
        {
            events.Append("data: ").Append(data).Append("\n\n");
        }

        return events.ToString();
    }

    private static string Completion(string text, int number, bool streams)
    {
        var whole = $$"""{"id":"cmpl-{{number}}","object":"text_completion","created":1,"model":"up","choices":[{"index":0,"text":{{text}},"logprobs":null,"finish_reason":"stop"}],"usage":{"prompt_tokens":11,"completion_tokens":7,"total_tokens":18} }""";
        return streams ? $"data: {whole}\n\ndata: [DONE]\n\n" : whole;
    }

    private static string Message(string text, int number, bool streams)
    {
        if (!streams)
        {
            return $$"""{"id":"msg_{{number}}","type":"message","role":"assistant","model":"claude","content":[{"type":"text","text":{{text}} }],"stop_reason":"end_turn","stop_sequence":null,"usage":{"input_tokens":11,"output_tokens":7} }""";
        }

        var events = new StringBuilder();
        foreach (var (name, data) in new[]
        {
            ("message_start", $$"""{"type":"message_start","message":{"id":"msg_{{number}}","type":"message","role":"assistant","model":"claude","content":[],"stop_reason":null,"stop_sequence":null,"usage":{"input_tokens":11,"output_tokens":1} } }"""),
            ("content_block_start", """{"type":"content_block_start","index":0,"content_block":{"type":"text","text":""} }"""),
            ("content_block_delta", $$"""{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":{{text}} } }"""),
            ("content_block_stop", """{"type":"content_block_stop","index":0}"""),
            ("message_delta", """{"type":"message_delta","delta":{"stop_reason":"end_turn","stop_sequence":null},"usage":{"output_tokens":7} }"""),
            ("message_stop", """{"type":"message_stop"}"""),
        })
        {
            events.Append("event: ").Append(name).Append("\ndata: ").Append(data).Append("\n\n");
        }

        return events.ToString();
    }
}

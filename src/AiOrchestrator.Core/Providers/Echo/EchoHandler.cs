using System.Buffers;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using AiOrchestrator.Core.Metering;
using AiOrchestrator.Core.Metering.Counting;
using AiOrchestrator.Core.Providers.OpenAi;

namespace AiOrchestrator.Core.Providers.Echo;

/// <summary>
/// The built-in provider: says back what the last user message said, in OpenAI's wire format, without leaving the process. It makes the
/// first call work with no account; everything else about the call (hold, journal, metering, charge) is as with any provider.
/// </summary>
internal sealed class EchoHandler(TimeProvider time) : HttpMessageHandler
{
    public const string WireFormat = "echo";

    /// <summary>What the catalogue says of the echo model's output.</summary>
    private const int MaxOutputTokens = 4096;

    private static readonly ModelFamily Family = ModelFamilies.Of(WireFormat, WireFormat);
    private static readonly ModelLimits Limits = new(null, null, 85);

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var body = await request.Content!.ReadAsByteArrayAsync(cancellationToken);

        // The answer is made here and now: whoever said that the start is durable has others to tell.
        await Task.Yield();
        var facts = new RequestFacts();
        var shape = default(PromptShape);
        if ((OpenAiRequestReader.Read(body, ModelCall.ChatCompletions, facts)
            ?? OpenAiPromptCounter.Count(body, ModelCall.ChatCompletions, facts, Family, Limits, out shape)) is { } failure)
        {
            return Answer(HttpStatusCode.BadRequest, Encoding.UTF8.GetBytes($$$"""{"error":{"message":{{{Text(failure.Message)}}}}}"""), "application/json");
        }

        if (!TryReadLastUserText(body, out var text))
        {
            return Answer(HttpStatusCode.BadRequest, """{"error":{"message":"A message holds an escape that is half a surrogate pair."}}"""u8.ToArray(), "application/json");
        }

        var words = Words($"You said: {text}");
        var limit = (int)Math.Min(facts.RequestedOutputTokens ?? MaxOutputTokens, MaxOutputTokens);
        var finish = words.Count > limit ? "length" : "stop";
        var said = words.Take(limit).ToList();
        var prompt = PromptEstimator.Estimate(shape, Family, Limits).PromptTokensExpected;
        var usage = $$"""{"prompt_tokens":{{prompt}},"completion_tokens":{{said.Count * facts.Choices}},"total_tokens":{{prompt + (said.Count * facts.Choices)}}}""";
        var head = $"\"id\":\"chatcmpl-echo\",\"created\":{time.GetUtcNow().ToUnixTimeSeconds()},\"model\":\"echo\"";
        return facts.Stream
            ? Answer(HttpStatusCode.OK, Stream(head, said, finish, facts, usage), "text/event-stream")
            : Answer(HttpStatusCode.OK, Whole(head, said, finish, facts, usage), "application/json");
    }

    private static byte[] Whole(string head, List<string> said, string finish, RequestFacts facts, string usage)
    {
        var content = Text(string.Concat(said));
        var choices = Enumerable.Range(0, facts.Choices).Select(i =>
            $$"""{"index":{{i}},"message":{"role":"assistant","content":{{content}},"refusal":null},"logprobs":null,"finish_reason":"{{finish}}"}""");
        return Encoding.UTF8.GetBytes($$"""{{{head}},"object":"chat.completion","choices":[{{string.Join(',', choices)}}],"usage":{{usage}}}""");
    }

    private static byte[] Stream(string head, List<string> said, string finish, RequestFacts facts, string usage)
    {
        var stream = new ArrayBufferWriter<byte>(256 * (said.Count + 4));
        head += ",\"object\":\"chat.completion.chunk\"";
        for (var choice = 0; choice < facts.Choices; choice++)
        {
            Chunk($$"""{"index":{{choice}},"delta":{"role":"assistant","content":""},"finish_reason":null}""");
            foreach (var word in said)
            {
                Chunk($$"""{"index":{{choice}},"delta":{"content":{{Text(word)}}},"finish_reason":null}""");
            }

            Chunk($$"""{"index":{{choice}},"delta":{},"finish_reason":"{{finish}}"}""");
        }

        // The gateway asks every upstream for usage; a caller of its own who does not ask never sees this chunk.
        Encoding.UTF8.GetBytes($"data: {{{head},\"choices\":[],\"usage\":{usage}}}\n\ndata: [DONE]\n\n", stream);
        return stream.WrittenSpan.ToArray();

        void Chunk(string choice) => Encoding.UTF8.GetBytes($"data: {{{head},\"choices\":[{choice}],\"usage\":null}}\n\n", stream);
    }

    private static List<string> Words(string text)
    {
        var words = new List<string>();
        var start = 0;
        for (var i = 1; i <= text.Length; i++)
        {
            // A word keeps the space before it, as models' tokens do.
            if (i == text.Length || (text[i] == ' ' && text[i - 1] != ' '))
            {
                words.Add(text[start..i]);
                start = i;
            }
        }

        return words;
    }

    private static bool TryReadLastUserText(byte[] body, out string text)
    {
        using var document = JsonDocument.Parse(body, new JsonDocumentOptions { MaxDepth = OpenAiRequestReader.MaxDepth });
        try
        {
            text = LastUserText(document.RootElement);
            return true;
        }
        catch (InvalidOperationException)
        {
            // A lone \ud800 is JSON, but not text.
            text = "";
            return false;
        }
    }

    private static string LastUserText(JsonElement request)
    {
        var messages = request.GetProperty("messages");
        for (var i = messages.GetArrayLength() - 1; i >= 0; i--)
        {
            var message = messages[i];
            if (message.GetProperty("role").ValueEquals("user") && message.TryGetProperty("content", out var content))
            {
                return ContentText(content);
            }
        }

        return "";
    }

    private static string ContentText(JsonElement content) => content.ValueKind switch
    {
        JsonValueKind.String => content.GetString()!,
        JsonValueKind.Array => string.Join(' ', content.EnumerateArray()
            .Where(static p => p.TryGetProperty("text", out var text) && text.ValueKind == JsonValueKind.String)
            .Select(static p => p.GetProperty("text").GetString())),
        _ => "",
    };

    private static string Text(string text) => JsonSerializer.Serialize(text, UpstreamJson.Default.String);

    private static HttpResponseMessage Answer(HttpStatusCode status, byte[] body, string type)
    {
        var content = new ByteArrayContent(body);
        content.Headers.ContentType = new MediaTypeHeaderValue(type);
        return new HttpResponseMessage(status) { Content = content };
    }
}

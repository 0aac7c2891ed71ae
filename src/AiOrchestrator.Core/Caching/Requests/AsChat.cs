using System.Buffers;
using System.Text.Json;
using AiOrchestrator.Core.Providers;
using AiOrchestrator.Core.Providers.Chat;
using AiOrchestrator.Core.Providers.OpenAi;

namespace AiOrchestrator.Core.Caching.Requests;

/// <summary>
/// Says a request of another dialect as a chat completion, so that the same question is the same in whatever dialect it is asked. Only where nothing is lost: what
/// chat completions cannot say, or say less exactly, stays a question of its own dialect.
/// </summary>
internal static class AsChat
{
    private static readonly ChatFormat Chat = new OpenAiChatFormat();

    /// <summary>The body of the chat completion and what parsing finds in it; null where something would be lost.</summary>
    /// <param name="body">The whole body.</param>
    /// <param name="call">Which call it is for.</param>
    /// <param name="request">What parsing found in it.</param>
    /// <param name="model">The model that is to answer.</param>
    public static (byte[] Body, RequestFacts Facts)? Write(ReadOnlyMemory<byte> body, ModelCall call, RequestFacts request, ServedModel model)
    {
        if (call is not (ModelCall.Messages or ModelCall.Responses or ModelCall.Completions) || ChatFormats.DialectOf(call) is not { } dialect)
        {
            return null;
        }

        using var said = new ChatRequest(JsonDocument.Parse(body, new JsonDocumentOptions { MaxDepth = OpenAiRequestReader.MaxDepth }));
        if (dialect.Read(said.Root, said) is not null || said.Reasoning is not null || said.Others.Count > 0
            || (said.MaxOutputTokens is not null && model.OutputLimitMember is null))
        {
            return null;
        }

        var dropped = new List<string>();
        var written = new ArrayBufferWriter<byte>(body.Length + 128);
        using (var writer = new Utf8JsonWriter(written, ChatJson.Writing))
        {
            if (Chat.Write(said, new UpstreamTerms(model, request.RequestedOutputTokens ?? 1, Stream: false), writer, dropped) is not null || dropped.Count > 0)
            {
                writer.Reset(new ArrayBufferWriter<byte>());
                return null;
            }
        }

        var facts = new RequestFacts();
        return OpenAiRequestReader.Read(written.WrittenSpan, ModelCall.ChatCompletions, facts) is null ? (written.WrittenSpan.ToArray(), facts) : null;
    }
}

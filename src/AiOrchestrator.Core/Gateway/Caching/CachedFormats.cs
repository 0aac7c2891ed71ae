using System.Runtime.InteropServices;
using System.Text.Json;
using AiOrchestrator.Core.Providers;
using AiOrchestrator.Core.Providers.Chat;
using AiOrchestrator.Core.Providers.OpenAi;

namespace AiOrchestrator.Core.Gateway.Caching;

/// <summary>Reads kept answers by the name of the format they are in.</summary>
internal static class CachedFormats
{
    /// <summary>A reader for answers in a format; null where they are no conversation's.</summary>
    public static ChatAnswerReader? CreateReader(string format) =>
        format == OpenAiCompletionsDialect.Instance.Format ? new CompletionsReader() : ChatFormats.Named(format)?.CreateReader();

    /// <summary>The format a call's answer comes in, as it is relayed.</summary>
    public static string Of(Exchange exchange) => ChatFormats.DialectOf(exchange.Call) is not { } dialect ? exchange.Call.Traits().Name
        : exchange.Format?.Name ?? (exchange.Call == ModelCall.Completions ? dialect.Format : OpenAiChatFormat.FormatName);
}

/// <summary>Reads answers of OpenAI's legacy completions, whole and streamed: both have the same shape (https://platform.openai.com/docs/api-reference/completions/object).</summary>
internal sealed class CompletionsReader : ChatAnswerReader
{
    /// <inheritdoc/>
    protected override AnswerPiece Whole(ref Utf8JsonReader reader, ReadOnlySpan<byte> json, ChatSink sink) =>
        Read(ref reader, sink) is var piece && piece != AnswerPiece.Content ? piece : sink.Facts.FinishReason is null ? AnswerPiece.Invalid : AnswerPiece.End;

    /// <inheritdoc/>
    protected override AnswerPiece Event(ref Utf8JsonReader reader, ReadOnlySpan<byte> name, ReadOnlySpan<byte> json, ChatSink sink) => Read(ref reader, sink);

    /// <inheritdoc/>
    protected override AnswerPiece Other(ReadOnlySpan<byte> data, ChatSink sink) =>
        data.Trim(" \r\n"u8).SequenceEqual("[DONE]"u8) ? AnswerPiece.End : AnswerPiece.Invalid;

    private static AnswerPiece Read(ref Utf8JsonReader reader, ChatSink sink)
    {
        using var document = JsonDocument.ParseValue(ref reader);
        var root = document.RootElement;
        if (root.Member("error"u8) is not null)
        {
            return AnswerPiece.Error;
        }

        if (root.Member("usage"u8, JsonValueKind.Object) is { } usage)
        {
            var json = JsonMarshal.GetRawUtf8Value(usage);
            var counts = new Utf8JsonReader(json);
            counts.Read();
            _ = sink.Facts.Take(ref counts, json, sink.Facts.Format);
        }

        if (root.Member("choices"u8, JsonValueKind.Array) is not { } choices)
        {
            return AnswerPiece.Content;
        }

        sink.Begin(root.InsideOf("id"u8), root.InsideOf("model"u8));
        foreach (var choice in choices.EnumerateArray())
        {
            var index = choice.Member("index"u8, JsonValueKind.Number) is { } number && number.TryGetInt32(out var known) ? known : 0;
            sink.Text(index, choice.InsideOf("text"u8));
            if (choice.TextOf("finish_reason"u8) is { } word)
            {
                sink.Finish(index, word == "stop" ? ChatFinish.Stop : word == "length" ? ChatFinish.Length : ChatFinish.ContentFilter);
            }
        }

        return AnswerPiece.Content;
    }
}

using System.Runtime.InteropServices;
using System.Text.Json;
using AiOrchestrator.Core.Metering.Extraction;
using AiOrchestrator.Core.Providers.Chat;

namespace AiOrchestrator.Core.Providers.Gemini;

/// <summary>
/// Reads answers of Gemini's generateContent (https://ai.google.dev/api/generate-content#generatecontentresponse). Each event of a stream is a whole
/// answer with the next parts in it; none says that it is the last. What a provider's own tools did is left out.
/// </summary>
internal sealed class GeminiAnswerReader : ChatAnswerReader
{
    private readonly List<Candidate> _candidates = [];

    /// <inheritdoc/>
    protected override AnswerPiece Whole(ref Utf8JsonReader reader, ReadOnlySpan<byte> json, ChatSink sink)
    {
        var piece = Read(ref reader, sink, out var isAnswer);
        if (piece != AnswerPiece.Content)
        {
            return piece;
        }

        foreach (var candidate in _candidates)
        {
            EndCall(candidate, sink);
        }

        return isAnswer ? AnswerPiece.End : AnswerPiece.Invalid;
    }

    /// <inheritdoc/>
    protected override AnswerPiece Event(ref Utf8JsonReader reader, ReadOnlySpan<byte> name, ReadOnlySpan<byte> json, ChatSink sink) =>
        Read(ref reader, sink, out _);

    private AnswerPiece Read(ref Utf8JsonReader reader, ChatSink sink, out bool isAnswer)
    {
        using var document = JsonDocument.ParseValue(ref reader);
        var root = document.RootElement;
        isAnswer = false;
        if (root.Member("error"u8) is not null)
        {
            Error = new GeminiFormat().ReadError(root) ?? new ProviderError(null, "The provider gave no reason.");
            return AnswerPiece.Error;
        }

        TakeUsage(root, sink);
        var candidates = root.Member("candidates"u8, JsonValueKind.Array);
        var blocked = root.Member("promptFeedback"u8)?.Member("blockReason"u8, JsonValueKind.String) is not null;
        if (candidates is null && !blocked)
        {
            return AnswerPiece.Content;
        }

        isAnswer = true;
        sink.Begin(root.InsideOf("responseId"u8), root.InsideOf("modelVersion"u8));
        if (candidates is { } answers && answers.GetArrayLength() > 0)
        {
            foreach (var answer in answers.EnumerateArray())
            {
                if (ReadCandidate(answer, sink) is var piece and not AnswerPiece.Content)
                {
                    return piece;
                }
            }
        }
        else if (blocked)
        {
            sink.Finish(0, ChatFinish.ContentFilter);
        }

        return AnswerPiece.Content;
    }

    private static void TakeUsage(JsonElement root, ChatSink sink)
    {
        if (root.Member("usageMetadata"u8, JsonValueKind.Object) is { } usage)
        {
            var json = JsonMarshal.GetRawUtf8Value(usage);
            var reader = new Utf8JsonReader(json);
            reader.Read();
            _ = sink.Facts.Take(ref reader, json, UsageFormat.Gemini);
        }
    }

    private AnswerPiece ReadCandidate(JsonElement answer, ChatSink sink)
    {
        var index = answer.Member("index"u8, JsonValueKind.Number) is { } number && number.TryGetInt32(out var at) && at is >= 0 and < 128 ? at : 0;
        while (_candidates.Count <= index)
        {
            _candidates.Add(new Candidate(_candidates.Count));
        }

        var candidate = _candidates[index];
        if (answer.Member("content"u8)?.Member("parts"u8, JsonValueKind.Array) is { } parts)
        {
            foreach (var part in parts.EnumerateArray())
            {
                if (!ReadPart(part, candidate, sink))
                {
                    return AnswerPiece.Invalid;
                }
            }
        }

        ReadSources(answer, candidate, sink);
        if (answer.TextOf("finishReason"u8) is not { } reason || reason == "FINISH_REASON_UNSPECIFIED")
        {
            return AnswerPiece.Content;
        }

        EndCall(candidate, sink);
        if (FinishOf(reason, candidate) is { } finish)
        {
            sink.Finish(index, finish);
            return AnswerPiece.Content;
        }

        Error = new ProviderError(reason, answer.TextOf("finishMessage"u8) is { Length: > 0 } why ? why : $"The model's answer ended with {reason}.");
        return AnswerPiece.Error;
    }

    private static bool ReadPart(JsonElement part, Candidate candidate, ChatSink sink)
    {
        if (part.Member("functionCall"u8, JsonValueKind.Object) is { } call)
        {
            return ReadCall(call, part.InsideOf("thoughtSignature"u8), candidate, sink);
        }

        if (part.Member("text"u8, JsonValueKind.String) is not { } text)
        {
            return true;
        }

        EndCall(candidate, sink);
        if (part.FlagOf("thought"u8) == true)
        {
            sink.Reasoning(candidate.Index, ChatJson.Inside(text));
        }
        else
        {
            sink.Text(candidate.Index, ChatJson.Inside(text));
        }

        if (part.InsideOf("thoughtSignature"u8) is { IsEmpty: false } seal)
        {
            sink.ReasoningSignature(candidate.Index, GeminiSeals.Close(seal));
        }

        return true;
    }

    /// <summary>A function: whole, or its beginning, some of its arguments, or its end.</summary>
    private static bool ReadCall(JsonElement call, ReadOnlySpan<byte> seal, Candidate candidate, ChatSink sink)
    {
        if (call.InsideOf("name"u8) is { IsEmpty: false } name)
        {
            EndCall(candidate, sink);
            candidate.Open = new GeminiPartialArgs();
            sink.ToolCall(candidate.Index, candidate.Calls++, call.InsideOf("id"u8), name, seal);
        }

        if (candidate.Open is not { } open)
        {
            return true;
        }

        if (call.Member("args"u8, JsonValueKind.Object) is { } args && args.EnumerateObject().Any())
        {
            sink.ToolArguments(candidate.Index, candidate.Calls - 1, ChatJson.Quoted(JsonMarshal.GetRawUtf8Value(args)));
        }

        if (call.Member("partialArgs"u8, JsonValueKind.Array) is { } values)
        {
            foreach (var value in values.EnumerateArray())
            {
                if (!open.Add(value))
                {
                    return false;
                }
            }

            sink.ToolArguments(candidate.Index, candidate.Calls - 1, open.Take());
        }

        if (call.FlagOf("willContinue"u8) != true)
        {
            EndCall(candidate, sink);
        }

        return true;
    }

    private static void EndCall(Candidate candidate, ChatSink sink)
    {
        if (candidate.Open is { } open)
        {
            candidate.Open = null;
            open.End();
            sink.ToolArguments(candidate.Index, candidate.Calls - 1, open.Take());
        }
    }

    /// <summary>What an answer rests on; a stream may repeat what it has said.</summary>
    private static void ReadSources(JsonElement answer, Candidate candidate, ChatSink sink)
    {
        var citations = answer.Member("citationMetadata"u8);
        candidate.Cited = ReadSources(citations?.Member("citationSources"u8) ?? citations?.Member("citations"u8), candidate, candidate.Cited, sink);
        candidate.Grounded = ReadSources(answer.Member("groundingMetadata"u8)?.Member("groundingChunks"u8), candidate, candidate.Grounded, sink);
    }

    private static int ReadSources(JsonElement? sources, Candidate candidate, int seen, ChatSink sink)
    {
        if (sources is not { ValueKind: JsonValueKind.Array } list)
        {
            return seen;
        }

        var at = 0;
        foreach (var source in list.EnumerateArray())
        {
            var place = source.Member("web"u8) ?? source.Member("retrievedContext"u8) ?? source;
            if (at++ >= seen && place.InsideOf("uri"u8) is { IsEmpty: false } uri)
            {
                sink.Citation(candidate.Index, new ChatCitation { Url = uri, Title = place.InsideOf("title"u8) });
            }
        }

        return Math.Max(seen, at);
    }

    /// <summary>Why it ended; null where it ended in a failure of the model, which nothing that was said makes good.</summary>
    private static ChatFinish? FinishOf(string reason, Candidate candidate) => reason switch
    {
        "STOP" => candidate.Calls > 0 ? ChatFinish.ToolCalls : ChatFinish.Stop,
        "MAX_TOKENS" => ChatFinish.Length,
        "SAFETY" or "RECITATION" or "LANGUAGE" or "BLOCKLIST" or "PROHIBITED_CONTENT" or "SPII" or "MODEL_ARMOR"
            or "IMAGE_SAFETY" or "IMAGE_PROHIBITED_CONTENT" or "IMAGE_RECITATION" => ChatFinish.ContentFilter,
        "MALFORMED_FUNCTION_CALL" or "UNEXPECTED_TOOL_CALL" or "TOO_MANY_TOOL_CALLS" or "MISSING_THOUGHT_SIGNATURE" or "MALFORMED_RESPONSE" => null,
        _ => ChatFinish.Other,
    };

    private sealed class Candidate(int index)
    {
        public int Index => index;

        public int Calls { get; set; }

        public GeminiPartialArgs? Open { get; set; }

        public int Cited { get; set; }

        public int Grounded { get; set; }
    }
}

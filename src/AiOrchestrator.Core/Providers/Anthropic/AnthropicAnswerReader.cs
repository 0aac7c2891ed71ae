using System.Text.Json;
using AiOrchestrator.Core.Metering.Extraction;
using AiOrchestrator.Core.Providers.Chat;

namespace AiOrchestrator.Core.Providers.Anthropic;

/// <summary>
/// Reads answers of Anthropic's messages (https://docs.claude.com/en/api/messages, …/messages-streaming). What a provider's own tools did is
/// not the caller's to run and is left out; what was said about it is text like all else.
/// </summary>
internal sealed class AnthropicAnswerReader : ChatAnswerReader
{
    private BlockKind _open;
    private bool _hasBegun;
    private bool _hasBlocks;
    private int _calls;

    private enum BlockKind
    {
        Other,
        Text,
        Thinking,
        ToolUse,
    }

    /// <inheritdoc/>
    protected override AnswerPiece Whole(ref Utf8JsonReader reader, ReadOnlySpan<byte> json, ChatSink sink)
    {
        Utf8JsonReader content = default, usage = default;
        ReadOnlySpan<byte> id = default, model = default, reason = default, sequence = default;
        bool hasContent = false, hasUsage = false;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = reader.ValueSpan;
            reader.Read();
            if (name.SequenceEqual("content"u8) && reader.TokenType == JsonTokenType.StartArray)
            {
                content = reader;
                hasContent = true;
            }
            else if (name.SequenceEqual("usage"u8))
            {
                usage = reader;
                hasUsage = true;
            }
            else if (name.SequenceEqual("error"u8) && reader.TokenType == JsonTokenType.StartObject)
            {
                return Fail(ref reader);
            }
            else if (reader.TokenType == JsonTokenType.String)
            {
                _ = Take(name, "id"u8, ref id, reader.ValueSpan) || Take(name, "model"u8, ref model, reader.ValueSpan)
                    || Take(name, "stop_reason"u8, ref reason, reader.ValueSpan) || Take(name, "stop_sequence"u8, ref sequence, reader.ValueSpan);
            }

            reader.Skip();
        }

        if (!hasContent)
        {
            return AnswerPiece.Invalid;
        }

        sink.Begin(id, model);
        ReadBlocks(ref content, json, sink);
        if (hasUsage)
        {
            _ = sink.Facts.Take(ref usage, json, UsageFormat.Anthropic);
        }

        Finish(reason, sequence, sink);
        return AnswerPiece.End;
    }

    /// <inheritdoc/>
    protected override AnswerPiece Event(ref Utf8JsonReader reader, ReadOnlySpan<byte> name, ReadOnlySpan<byte> json, ChatSink sink)
    {
        ReadOnlySpan<byte> type = default;
        Utf8JsonReader detail = default, usage = default;
        bool hasDetail = false, hasUsage = false;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var member = reader.ValueSpan;
            reader.Read();
            if (member.SequenceEqual("type"u8))
            {
                type = reader.ValueSpan;
            }
            else if (member.SequenceEqual("usage"u8))
            {
                usage = reader;
                hasUsage = true;
            }
            else if (reader.TokenType == JsonTokenType.StartObject
                && (member.SequenceEqual("message"u8) || member.SequenceEqual("content_block"u8) || member.SequenceEqual("delta"u8) || member.SequenceEqual("error"u8)))
            {
                detail = reader;
                hasDetail = true;
            }

            reader.Skip();
        }

        var piece = hasDetail ? Detail(type, ref detail, json, sink) : type.SequenceEqual("message_stop"u8) ? AnswerPiece.End : AnswerPiece.Content;
        if (hasUsage && type.SequenceEqual("message_delta"u8))
        {
            _ = sink.Facts.Take(ref usage, json, UsageFormat.Anthropic);
        }

        return piece;
    }

    private AnswerPiece Detail(ReadOnlySpan<byte> type, ref Utf8JsonReader detail, ReadOnlySpan<byte> json, ChatSink sink)
    {
        if (type.SequenceEqual("content_block_delta"u8))
        {
            Delta(ref detail, sink);
        }
        else if (type.SequenceEqual("content_block_start"u8))
        {
            StartBlock(ref detail, json, sink);
        }
        else if (type.SequenceEqual("message_start"u8))
        {
            return Begin(ref detail, json, sink);
        }
        else if (type.SequenceEqual("message_delta"u8))
        {
            End(ref detail, sink);
        }
        else if (type.SequenceEqual("error"u8))
        {
            return Fail(ref detail);
        }

        return AnswerPiece.Content;
    }

    private AnswerPiece Begin(ref Utf8JsonReader message, ReadOnlySpan<byte> json, ChatSink sink)
    {
        if (_hasBlocks)
        {
            // A second message in the middle of the first: neither can be told from the other any more.
            return AnswerPiece.Invalid;
        }

        ReadOnlySpan<byte> id = default, model = default;
        while (message.Read() && message.TokenType == JsonTokenType.PropertyName)
        {
            var name = message.ValueSpan;
            message.Read();
            if (name.SequenceEqual("usage"u8))
            {
                _ = sink.Facts.Take(ref message, json, UsageFormat.Anthropic);
                continue;
            }

            if (message.TokenType == JsonTokenType.String)
            {
                _ = Take(name, "id"u8, ref id, message.ValueSpan) || Take(name, "model"u8, ref model, message.ValueSpan);
            }

            message.Skip();
        }

        if (!_hasBegun)
        {
            _hasBegun = true;
            sink.Begin(id, model);
        }

        return AnswerPiece.Content;
    }

    private void ReadBlocks(ref Utf8JsonReader content, ReadOnlySpan<byte> json, ChatSink sink)
    {
        while (content.Read() && content.TokenType != JsonTokenType.EndArray)
        {
            if (content.TokenType == JsonTokenType.StartObject)
            {
                StartBlock(ref content, json, sink);
            }
            else
            {
                content.Skip();
            }
        }
    }

    /// <summary>A block as a stream begins it, or a whole one; moves to its end.</summary>
    private void StartBlock(ref Utf8JsonReader block, ReadOnlySpan<byte> json, ChatSink sink)
    {
        _hasBlocks = true;
        ReadOnlySpan<byte> type = default, text = default, thinking = default, signature = default, data = default, id = default, tool = default, input = default;
        Utf8JsonReader citations = default;
        var hasCitations = false;
        while (block.Read() && block.TokenType == JsonTokenType.PropertyName)
        {
            var name = block.ValueSpan;
            block.Read();
            if (block.TokenType == JsonTokenType.String)
            {
                _ = Take(name, "type"u8, ref type, block.ValueSpan) || Take(name, "text"u8, ref text, block.ValueSpan)
                    || Take(name, "thinking"u8, ref thinking, block.ValueSpan) || Take(name, "signature"u8, ref signature, block.ValueSpan)
                    || Take(name, "data"u8, ref data, block.ValueSpan) || Take(name, "id"u8, ref id, block.ValueSpan) || Take(name, "name"u8, ref tool, block.ValueSpan);
            }
            else if (name.SequenceEqual("citations"u8) && block.TokenType == JsonTokenType.StartArray)
            {
                citations = block;
                hasCitations = true;
            }
            else if (name.SequenceEqual("input"u8) && block.TokenType == JsonTokenType.StartObject)
            {
                var start = (int)block.TokenStartIndex;
                block.Skip();
                input = json[start..(int)block.BytesConsumed];
            }

            block.Skip();
        }

        _open = type.SequenceEqual("text"u8) ? BlockKind.Text
            : type.SequenceEqual("thinking"u8) ? BlockKind.Thinking
            : type.SequenceEqual("tool_use"u8) ? BlockKind.ToolUse
            : BlockKind.Other;
        switch (_open)
        {
            case BlockKind.Text:
                sink.Text(0, text);
                ReadCitations(ref citations, hasCitations, sink);
                break;
            case BlockKind.Thinking:
                sink.Reasoning(0, thinking);
                Sign(signature, sink);
                break;
            case BlockKind.ToolUse:
                sink.ToolCall(0, _calls++, id, tool);
                WriteInput(input, sink);
                break;
            case BlockKind.Other when type.SequenceEqual("redacted_thinking"u8):
                sink.ReasoningRedacted(0, data);
                break;
        }
    }

    private void Delta(ref Utf8JsonReader delta, ChatSink sink)
    {
        while (delta.Read() && delta.TokenType == JsonTokenType.PropertyName)
        {
            var name = delta.ValueSpan;
            delta.Read();
            if (delta.TokenType == JsonTokenType.String)
            {
                DeltaText(name, delta.ValueSpan, sink);
            }
            else if (name.SequenceEqual("citation"u8) && delta.TokenType == JsonTokenType.StartObject)
            {
                ReadCitation(ref delta, sink);
                continue;
            }

            delta.Skip();
        }
    }

    private void DeltaText(ReadOnlySpan<byte> name, ReadOnlySpan<byte> text, ChatSink sink)
    {
        switch (_open)
        {
            case BlockKind.Text when name.SequenceEqual("text"u8):
                sink.Text(0, text);
                break;
            case BlockKind.Thinking when name.SequenceEqual("thinking"u8):
                sink.Reasoning(0, text);
                break;
            case BlockKind.Thinking when name.SequenceEqual("signature"u8):
                Sign(text, sink);
                break;
            case BlockKind.ToolUse when name.SequenceEqual("partial_json"u8):
                sink.ToolArguments(0, _calls - 1, text);
                break;
        }
    }

    private static void Sign(ReadOnlySpan<byte> signature, ChatSink sink)
    {
        if (!signature.IsEmpty)
        {
            sink.ReasoningSignature(0, signature);
        }
    }

    /// <summary>Arguments that came as an object; a stream begins with an empty one and sends them after it.</summary>
    private void WriteInput(ReadOnlySpan<byte> input, ChatSink sink)
    {
        if (input.Length > 2)
        {
            sink.ToolArguments(0, _calls - 1, ChatJson.Quoted(input));
        }
    }

    private static void ReadCitations(ref Utf8JsonReader citations, bool hasCitations, ChatSink sink)
    {
        while (hasCitations && citations.Read() && citations.TokenType == JsonTokenType.StartObject)
        {
            ReadCitation(ref citations, sink);
        }
    }

    private static void ReadCitation(ref Utf8JsonReader citation, ChatSink sink)
    {
        ReadOnlySpan<byte> url = default, title = default, document = default, cited = default;
        while (citation.Read() && citation.TokenType == JsonTokenType.PropertyName)
        {
            var name = citation.ValueSpan;
            citation.Read();
            if (citation.TokenType == JsonTokenType.String)
            {
                _ = Take(name, "url"u8, ref url, citation.ValueSpan) || Take(name, "title"u8, ref title, citation.ValueSpan)
                    || Take(name, "document_title"u8, ref document, citation.ValueSpan) || Take(name, "cited_text"u8, ref cited, citation.ValueSpan);
            }

            citation.Skip();
        }

        sink.Citation(0, new ChatCitation { Url = url, Title = title.IsEmpty ? document : title, CitedText = cited });
    }

    private static void End(ref Utf8JsonReader delta, ChatSink sink)
    {
        ReadOnlySpan<byte> reason = default, sequence = default;
        while (delta.Read() && delta.TokenType == JsonTokenType.PropertyName)
        {
            var name = delta.ValueSpan;
            delta.Read();
            if (delta.TokenType == JsonTokenType.String)
            {
                _ = Take(name, "stop_reason"u8, ref reason, delta.ValueSpan) || Take(name, "stop_sequence"u8, ref sequence, delta.ValueSpan);
            }

            delta.Skip();
        }

        if (!reason.IsEmpty)
        {
            Finish(reason, sequence, sink);
        }
    }

    private static void Finish(ReadOnlySpan<byte> reason, ReadOnlySpan<byte> sequence, ChatSink sink)
    {
        var finish = reason.SequenceEqual("tool_use"u8) ? ChatFinish.ToolCalls
            : reason.SequenceEqual("max_tokens"u8) ? ChatFinish.Length
            : reason.SequenceEqual("model_context_window_exceeded"u8) ? ChatFinish.Window
            : reason.SequenceEqual("stop_sequence"u8) ? ChatFinish.StopSequence
            : reason.SequenceEqual("refusal"u8) ? ChatFinish.Refusal
            : reason.SequenceEqual("pause_turn"u8) ? ChatFinish.Pause
            : reason.SequenceEqual("end_turn"u8) ? ChatFinish.Stop
            : ChatFinish.Other;
        sink.Finish(0, finish, sequence);
    }

    private AnswerPiece Fail(ref Utf8JsonReader error)
    {
        string? type = null, message = null;
        while (error.Read() && error.TokenType == JsonTokenType.PropertyName)
        {
            var isType = error.ValueTextEquals("type"u8);
            var isMessage = error.ValueTextEquals("message"u8);
            error.Read();
            if (error.TokenType == JsonTokenType.String)
            {
                type = isType ? error.GetString() : type;
                message = isMessage ? error.GetString() : message;
            }

            error.Skip();
        }

        Error = new ProviderError(type, string.IsNullOrEmpty(message) ? "The provider gave no reason." : message);
        return AnswerPiece.Error;
    }
}

using System.Text.Json;
using AiOrchestrator.Core.Metering.Extraction;
using AiOrchestrator.Core.Providers.Chat;

namespace AiOrchestrator.Core.Providers.Cohere;

/// <summary>
/// Reads answers of Cohere's chat (https://docs.cohere.com/reference/chat, …/chat-stream). A stream's events hold pieces of the message a whole answer
/// has, in the same places: an object where that has an array.
/// </summary>
internal sealed class CohereAnswerReader : ChatAnswerReader
{
    private bool _hasBegun;
    private bool _hasContent;
    private int _calls;

    /// <inheritdoc/>
    protected override AnswerPiece Whole(ref Utf8JsonReader reader, ReadOnlySpan<byte> json, ChatSink sink)
    {
        ReadOnlySpan<byte> id = default, reason = default;
        Utf8JsonReader message = default, usage = default;
        bool hasMessage = false, hasUsage = false;
        string? error = null;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = reader.ValueSpan;
            reader.Read();
            if (reader.TokenType == JsonTokenType.String)
            {
                _ = Take(name, "id"u8, ref id, reader.ValueSpan) || Take(name, "finish_reason"u8, ref reason, reader.ValueSpan);
                error = name.SequenceEqual("message"u8) ? reader.GetString() : error;
            }
            else if (name.SequenceEqual("message"u8) && reader.TokenType == JsonTokenType.StartObject)
            {
                message = reader;
                hasMessage = true;
            }
            else if (name.SequenceEqual("usage"u8))
            {
                usage = reader;
                hasUsage = true;
            }

            reader.Skip();
        }

        if (!hasMessage)
        {
            return error is null ? AnswerPiece.Invalid : Fail(error);
        }

        sink.Begin(id, default);
        Message(ref message, sink);
        _ = hasUsage && sink.Facts.Take(ref usage, json, UsageFormat.Cohere);
        return Finish(reason, null, sink);
    }

    /// <inheritdoc/>
    protected override AnswerPiece Event(ref Utf8JsonReader reader, ReadOnlySpan<byte> name, ReadOnlySpan<byte> json, ChatSink sink)
    {
        ReadOnlySpan<byte> type = default, id = default;
        Utf8JsonReader delta = default;
        var hasDelta = false;
        string? error = null;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var member = reader.ValueSpan;
            reader.Read();
            if (reader.TokenType == JsonTokenType.String)
            {
                _ = Take(member, "type"u8, ref type, reader.ValueSpan) || Take(member, "id"u8, ref id, reader.ValueSpan);
                error = member.SequenceEqual("message"u8) ? reader.GetString() : error;
            }
            else if (member.SequenceEqual("delta"u8) && reader.TokenType == JsonTokenType.StartObject)
            {
                delta = reader;
                hasDelta = true;
            }

            reader.Skip();
        }

        if (type.IsEmpty)
        {
            return error is null ? AnswerPiece.Invalid : Fail(error);
        }

        if (type.SequenceEqual("message-start"u8))
        {
            return Begin(id, sink);
        }

        return type.SequenceEqual("message-end"u8) ? End(ref delta, hasDelta, json, sink) : Delta(ref delta, hasDelta, sink);
    }

    private AnswerPiece Begin(ReadOnlySpan<byte> id, ChatSink sink)
    {
        if (_hasContent)
        {
            // A second message in the middle of the first: neither can be told from the other any more.
            return AnswerPiece.Invalid;
        }

        if (!_hasBegun)
        {
            _hasBegun = true;
            sink.Begin(id, default);
        }

        return AnswerPiece.Content;
    }

    private AnswerPiece Delta(ref Utf8JsonReader delta, bool hasDelta, ChatSink sink)
    {
        while (hasDelta && delta.Read() && delta.TokenType == JsonTokenType.PropertyName)
        {
            var isMessage = delta.ValueTextEquals("message"u8);
            delta.Read();
            if (isMessage && delta.TokenType == JsonTokenType.StartObject)
            {
                _hasContent = true;
                Message(ref delta, sink);
            }
            else
            {
                delta.Skip();
            }
        }

        return AnswerPiece.Content;
    }

    private AnswerPiece End(ref Utf8JsonReader delta, bool hasDelta, ReadOnlySpan<byte> json, ChatSink sink)
    {
        ReadOnlySpan<byte> reason = default;
        string? error = null;
        while (hasDelta && delta.Read() && delta.TokenType == JsonTokenType.PropertyName)
        {
            var name = delta.ValueSpan;
            delta.Read();
            if (name.SequenceEqual("usage"u8))
            {
                _ = sink.Facts.Take(ref delta, json, UsageFormat.Cohere);
                continue;
            }

            if (delta.TokenType == JsonTokenType.String)
            {
                _ = Take(name, "finish_reason"u8, ref reason, delta.ValueSpan);
                error = name.SequenceEqual("error"u8) ? delta.GetString() : error;
            }

            delta.Skip();
        }

        return Finish(reason, error, sink);
    }

    /// <summary>A message or a piece of one, the reader on its brace and afterwards on its end.</summary>
    private void Message(ref Utf8JsonReader message, ChatSink sink)
    {
        // A whole answer may name its functions before what it says.
        Utf8JsonReader calls = default, citations = default;
        bool hasCalls = false, hasCitations = false;
        while (message.Read() && message.TokenType == JsonTokenType.PropertyName)
        {
            var name = message.ValueSpan;
            message.Read();
            if (name.SequenceEqual("content"u8))
            {
                if (message.TokenType == JsonTokenType.String)
                {
                    sink.Text(0, message.ValueSpan);
                }

                var each = new CohereItems(message);
                while (each.Next(ref message))
                {
                    CohereAnswerParts.Content(ref message, sink);
                }
            }
            else if (name.SequenceEqual("tool_plan"u8) && message.TokenType == JsonTokenType.String)
            {
                sink.Reasoning(0, message.ValueSpan);
            }
            else
            {
                _ = Keep(name, "tool_calls"u8, message, ref calls, ref hasCalls) || Keep(name, "citations"u8, message, ref citations, ref hasCitations);
                message.Skip();
            }
        }

        ReadCalls(ref calls, hasCalls, sink);
        if (hasCitations)
        {
            var each = new CohereItems(citations);
            while (each.Next(ref citations))
            {
                CohereAnswerParts.Citation(ref citations, sink);
            }
        }
    }

    private void ReadCalls(ref Utf8JsonReader calls, bool hasCalls, ChatSink sink)
    {
        if (!hasCalls)
        {
            return;
        }

        var each = new CohereItems(calls);
        while (each.Next(ref calls))
        {
            var call = CohereAnswerParts.Call(ref calls);
            if (!call.Name.IsEmpty)
            {
                sink.ToolCall(0, _calls++, call.Id, call.Name);
            }

            // Where a function has no parameters, some models send the word for nothing.
            if (_calls > 0 && !call.Arguments.SequenceEqual("null"u8))
            {
                sink.ToolArguments(0, _calls - 1, call.Arguments);
            }
        }
    }

    private static bool Keep(ReadOnlySpan<byte> name, ReadOnlySpan<byte> wanted, in Utf8JsonReader reader, ref Utf8JsonReader into, ref bool has)
    {
        if (!name.SequenceEqual(wanted))
        {
            return false;
        }

        into = reader;
        return has = true;
    }

    private AnswerPiece Finish(ReadOnlySpan<byte> reason, string? error, ChatSink sink)
    {
        if (reason.SequenceEqual("ERROR"u8) || reason.SequenceEqual("TIMEOUT"u8) || error is not null)
        {
            return Fail(error, System.Text.Encoding.UTF8.GetString(reason));
        }

        var finish = reason.SequenceEqual("TOOL_CALL"u8) ? ChatFinish.ToolCalls
            : reason.SequenceEqual("MAX_TOKENS"u8) || reason.SequenceEqual("ERROR_LIMIT"u8) ? ChatFinish.Length
            : reason.SequenceEqual("STOP_SEQUENCE"u8) ? ChatFinish.StopSequence
            : reason.SequenceEqual("ERROR_TOXIC"u8) ? ChatFinish.ContentFilter
            : reason.SequenceEqual("COMPLETE"u8) ? ChatFinish.Stop
            : ChatFinish.Other;
        sink.Finish(0, finish);
        return AnswerPiece.End;
    }

    private AnswerPiece Fail(string? message, string? type = null)
    {
        Error = new ProviderError(string.IsNullOrEmpty(type) ? null : type, string.IsNullOrEmpty(message) ? "The provider gave no reason." : message);
        return AnswerPiece.Error;
    }
}

using System.Text;
using System.Text.Json;
using AiOrchestrator.Core.Metering.Extraction;
using AiOrchestrator.Core.Providers.Chat;

namespace AiOrchestrator.Core.Providers.Bedrock;

/// <summary>
/// Reads answers of Bedrock's Converse and ConverseStream (https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ConverseStream.html). A
/// stream is whole when it has said why it ended and what it used, which come in either order.
/// </summary>
internal sealed class BedrockAnswerReader : ChatAnswerReader
{
    private const string NoReason = "The provider gave no reason.";

    /// <summary>Which block each function call of the answer is.</summary>
    private readonly List<long> _callBlocks = [];
    private bool _hasBegun;
    private bool _hasBlocks;
    private bool _hasStopped;
    private bool _hasUsage;

    /// <inheritdoc/>
    protected override AnswerPiece Whole(ref Utf8JsonReader reader, ReadOnlySpan<byte> json, ChatSink sink)
    {
        Utf8JsonReader output = default, usage = default, extra = default, tier = default;
        bool hasOutput = false, hasUsage = false, hasExtra = false, hasTier = false;
        ReadOnlySpan<byte> reason = default;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = reader.ValueSpan;
            reader.Read();
            _ = Keep(name, "output"u8, reader, ref output, ref hasOutput) || Keep(name, "usage"u8, reader, ref usage, ref hasUsage)
                || Keep(name, "additionalModelResponseFields"u8, reader, ref extra, ref hasExtra) || Keep(name, "serviceTier"u8, reader, ref tier, ref hasTier)
                || (reader.TokenType == JsonTokenType.String && Take(name, "stopReason"u8, ref reason, reader.ValueSpan));
            reader.Skip();
        }

        if (!hasOutput || !FindContent(ref output))
        {
            return AnswerPiece.Invalid;
        }

        sink.Begin(default, default);
        while (output.Read() && output.TokenType != JsonTokenType.EndArray)
        {
            if (output.TokenType == JsonTokenType.StartObject)
            {
                Block(ref output, json, sink);
            }
            else
            {
                output.Skip();
            }
        }

        _ = hasUsage && sink.Facts.Take(ref usage, json, UsageFormat.Bedrock);
        ReadTier(ref tier, hasTier, sink);
        BedrockAnswerParts.Finish(reason, hasExtra ? BedrockAnswerParts.StopSequence(ref extra) : default, sink);
        return AnswerPiece.End;
    }

    /// <inheritdoc/>
    protected override AnswerPiece Event(ref Utf8JsonReader reader, ReadOnlySpan<byte> name, ReadOnlySpan<byte> json, ChatSink sink)
    {
        if (name.SequenceEqual("messageStart"u8))
        {
            return Begin(sink, isSaid: true);
        }

        if (name.SequenceEqual("contentBlockStart"u8) || name.SequenceEqual("contentBlockDelta"u8))
        {
            _ = Begin(sink, isSaid: false);
            _hasBlocks = true;
            BlockEvent(ref reader, sink);
            return AnswerPiece.Content;
        }

        if (name.SequenceEqual("messageStop"u8))
        {
            _ = Begin(sink, isSaid: false);
            Stop(ref reader, sink);
            return IsEnd();
        }

        if (name.SequenceEqual("metadata"u8))
        {
            Metadata(ref reader, json, sink);
            return IsEnd();
        }

        return name.SequenceEqual("contentBlockStop"u8) ? AnswerPiece.Content : Unknown(ref reader, name);
    }

    /// <summary>An error of the stream itself says what is wrong without JSON around it; other events may be empty.</summary>
    protected override AnswerPiece Other(ReadOnlySpan<byte> data, ChatSink sink)
    {
        if (data.IsEmpty)
        {
            return AnswerPiece.Content;
        }

        Error = new ProviderError(null, Encoding.UTF8.GetString(data));
        return AnswerPiece.Error;
    }

    private static bool Keep(ReadOnlySpan<byte> name, ReadOnlySpan<byte> wanted, in Utf8JsonReader reader, ref Utf8JsonReader into, ref bool has)
    {
        if (!name.SequenceEqual(wanted) || reader.TokenType != JsonTokenType.StartObject)
        {
            return false;
        }

        into = reader;
        return has = true;
    }

    /// <summary>Moves from the brace of the output to the bracket of its message's content.</summary>
    private static bool FindContent(ref Utf8JsonReader output)
    {
        return Enter(ref output, "message"u8, JsonTokenType.StartObject) && Enter(ref output, "content"u8, JsonTokenType.StartArray);

        static bool Enter(ref Utf8JsonReader reader, ReadOnlySpan<byte> wanted, JsonTokenType kind)
        {
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                var isWanted = reader.ValueTextEquals(wanted);
                reader.Read();
                if (isWanted && reader.TokenType == kind)
                {
                    return true;
                }

                reader.Skip();
            }

            return false;
        }
    }

    private AnswerPiece Begin(ChatSink sink, bool isSaid)
    {
        if (isSaid && (_hasBlocks || _hasStopped))
        {
            // A second message in the middle of the first: neither can be told from the other any more.
            return AnswerPiece.Invalid;
        }

        if (!_hasBegun)
        {
            _hasBegun = true;
            sink.Begin(default, default);
        }

        return AnswerPiece.Content;
    }

    private AnswerPiece IsEnd() => _hasStopped && _hasUsage ? AnswerPiece.End : AnswerPiece.Content;

    /// <summary>A block's beginning or more of it, the reader on the event's brace.</summary>
    private void BlockEvent(ref Utf8JsonReader reader, ChatSink sink)
    {
        Utf8JsonReader detail = default;
        var hasDetail = false;
        long index = 0;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = reader.ValueSpan;
            reader.Read();
            if (name.SequenceEqual("contentBlockIndex"u8) && reader.TokenType == JsonTokenType.Number)
            {
                _ = reader.TryGetInt64(out index);
            }
            else if (!Keep(name, "delta"u8, reader, ref detail, ref hasDetail))
            {
                _ = Keep(name, "start"u8, reader, ref detail, ref hasDetail);
            }

            reader.Skip();
        }

        while (hasDetail && detail.Read() && detail.TokenType == JsonTokenType.PropertyName)
        {
            var name = detail.ValueSpan;
            detail.Read();
            if (name.SequenceEqual("text"u8) && detail.TokenType == JsonTokenType.String)
            {
                sink.Text(0, detail.ValueSpan);
            }
            else if (detail.TokenType == JsonTokenType.StartObject)
            {
                Detail(name, ref detail, index, sink);
                continue;
            }

            detail.Skip();
        }
    }

    private void Detail(ReadOnlySpan<byte> name, ref Utf8JsonReader detail, long index, ChatSink sink)
    {
        if (name.SequenceEqual("toolUse"u8))
        {
            ToolUse(ref detail, default, index, sink);
        }
        else if (name.SequenceEqual("reasoningContent"u8))
        {
            BedrockAnswerParts.Reasoning(ref detail, sink);
        }
        else if (name.SequenceEqual("citation"u8))
        {
            BedrockAnswerParts.Citation(ref detail, sink);
        }
        else
        {
            detail.Skip();
        }
    }

    /// <summary>A whole block, the reader on its brace and afterwards on its end.</summary>
    private void Block(ref Utf8JsonReader block, ReadOnlySpan<byte> json, ChatSink sink)
    {
        while (block.Read() && block.TokenType == JsonTokenType.PropertyName)
        {
            var name = block.ValueSpan;
            block.Read();
            if (block.TokenType == JsonTokenType.StartObject)
            {
                if (name.SequenceEqual("toolUse"u8))
                {
                    ToolUse(ref block, json, _callBlocks.Count, sink);
                    continue;
                }

                if (name.SequenceEqual("reasoningContent"u8))
                {
                    BedrockAnswerParts.Reasoning(ref block, sink);
                    continue;
                }

                if (name.SequenceEqual("citationsContent"u8))
                {
                    BedrockAnswerParts.Cited(ref block, sink);
                    continue;
                }
            }
            else if (name.SequenceEqual("text"u8) && block.TokenType == JsonTokenType.String)
            {
                sink.Text(0, block.ValueSpan);
            }

            block.Skip();
        }
    }

    /// <summary>A function call as a stream begins it, more of its arguments, or a whole one, whose arguments are an object.</summary>
    private void ToolUse(ref Utf8JsonReader tool, ReadOnlySpan<byte> json, long index, ChatSink sink)
    {
        ReadOnlySpan<byte> id = default, name = default, input = default, more = default;
        while (tool.Read() && tool.TokenType == JsonTokenType.PropertyName)
        {
            var member = tool.ValueSpan;
            tool.Read();
            if (tool.TokenType == JsonTokenType.String)
            {
                _ = Take(member, "toolUseId"u8, ref id, tool.ValueSpan) || Take(member, "name"u8, ref name, tool.ValueSpan) || Take(member, "input"u8, ref more, tool.ValueSpan);
            }
            else if (member.SequenceEqual("input"u8) && !json.IsEmpty)
            {
                var start = (int)tool.TokenStartIndex;
                tool.Skip();
                input = json[start..(int)tool.BytesConsumed];
            }

            tool.Skip();
        }

        if (!name.IsEmpty)
        {
            sink.ToolCall(0, _callBlocks.Count, id, name);
            _callBlocks.Add(index);
        }

        if (_callBlocks.LastIndexOf(index) is var call and >= 0)
        {
            sink.ToolArguments(0, call, input.Length > 2 ? ChatJson.Quoted(input) : more);
        }
    }

    private void Stop(ref Utf8JsonReader reader, ChatSink sink)
    {
        ReadOnlySpan<byte> reason = default;
        Utf8JsonReader extra = default;
        var hasExtra = false;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = reader.ValueSpan;
            reader.Read();
            _ = Keep(name, "additionalModelResponseFields"u8, reader, ref extra, ref hasExtra)
                || (reader.TokenType == JsonTokenType.String && Take(name, "stopReason"u8, ref reason, reader.ValueSpan));
            reader.Skip();
        }

        _hasStopped = true;
        BedrockAnswerParts.Finish(reason, hasExtra ? BedrockAnswerParts.StopSequence(ref extra) : default, sink);
    }

    private void Metadata(ref Utf8JsonReader reader, ReadOnlySpan<byte> json, ChatSink sink)
    {
        Utf8JsonReader tier = default;
        var hasTier = false;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = reader.ValueSpan;
            reader.Read();
            if (name.SequenceEqual("usage"u8))
            {
                _hasUsage |= sink.Facts.Take(ref reader, json, UsageFormat.Bedrock);
                continue;
            }

            _ = Keep(name, "serviceTier"u8, reader, ref tier, ref hasTier);
            reader.Skip();
        }

        ReadTier(ref tier, hasTier, sink);
    }

    private static void ReadTier(ref Utf8JsonReader tier, bool hasTier, ChatSink sink)
    {
        while (hasTier && tier.Read() && tier.TokenType == JsonTokenType.PropertyName)
        {
            var isType = tier.ValueTextEquals("type"u8);
            tier.Read();
            if (isType && tier.TokenType == JsonTokenType.String && tier.ValueSpan.Length <= 64)
            {
                sink.Facts.ServiceTier = tier.GetString();
            }

            tier.Skip();
        }
    }

    /// <summary>An exception, which has a message, or an event of a later day.</summary>
    private AnswerPiece Unknown(ref Utf8JsonReader reader, ReadOnlySpan<byte> name)
    {
        string? message = null;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var isMessage = reader.ValueTextEquals("message"u8) || reader.ValueTextEquals("Message"u8);
            reader.Read();
            message = isMessage && reader.TokenType == JsonTokenType.String ? reader.GetString() : message;
            reader.Skip();
        }

        if (message is null && !name.EndsWith("Exception"u8))
        {
            return AnswerPiece.Content;
        }

        Error = new ProviderError(name.IsEmpty ? null : Encoding.UTF8.GetString(name), string.IsNullOrEmpty(message) ? NoReason : message);
        return AnswerPiece.Error;
    }
}

using System.Text.Json;
using AiOrchestrator.Core.Platform;

namespace AiOrchestrator.Core.Providers.OpenAi;

/// <summary>Counts what of a request's <c>messages</c> or <c>input</c> becomes prompt tokens.</summary>
internal static class OpenAiPromptReader
{
    public static ApiFailure? ReadMessages(ref Utf8JsonReader reader, RequestFacts facts)
    {
        if (reader.TokenType != JsonTokenType.StartArray)
        {
            return new InvalidParameter("messages", "'messages' must be an array of message objects.");
        }

        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (reader.TokenType != JsonTokenType.StartObject)
            {
                return new InvalidParameter($"messages[{facts.Messages}]", $"'messages[{facts.Messages}]' must be an object.");
            }

            if (ReadMessage(ref reader, facts) is { } failure)
            {
                return failure;
            }

            facts.Messages++;
        }

        return facts.Messages == 0 ? new InvalidParameter("messages", "'messages' must hold at least one message.") : null;
    }

    public static ApiFailure? ReadInput(ref Utf8JsonReader reader, RequestFacts facts)
    {
        switch (reader.TokenType)
        {
            case JsonTokenType.String:
                facts.Messages = 1;
                facts.TextBytes = reader.ValueSpan.Length;
                return null;
            case JsonTokenType.StartArray:
                return ReadInputs(ref reader, facts);
            default:
                return new InvalidParameter("input", "'input' must be a string, an array of strings, or arrays of token ids.");
        }
    }

    private static ApiFailure? ReadMessage(ref Utf8JsonReader reader, RequestFacts facts)
    {
        var at = facts.Messages;
        var hasRole = false;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals("role"u8))
            {
                reader.Read();
                if (reader.TokenType != JsonTokenType.String)
                {
                    return new InvalidParameter($"messages[{at}].role", $"'messages[{at}].role' must be a string.");
                }

                hasRole = true;
            }
            else if (reader.ValueTextEquals("content"u8))
            {
                reader.Read();
                if (ReadContent(ref reader, facts) is { } failure)
                {
                    return failure;
                }
            }
            else
            {
                reader.Read();
                facts.TextBytes += StringBytes(ref reader);
            }
        }

        return hasRole ? null : new MissingParameter($"messages[{at}].role");
    }

    private static ApiFailure? ReadContent(ref Utf8JsonReader reader, RequestFacts facts)
    {
        var at = facts.Messages;
        switch (reader.TokenType)
        {
            case JsonTokenType.String:
                facts.TextBytes += reader.ValueSpan.Length;
                return null;
            case JsonTokenType.Null:
                return null;
            case JsonTokenType.StartArray:
                break;
            default:
                return new InvalidParameter($"messages[{at}].content", $"'messages[{at}].content' must be a string or an array of parts.");
        }

        for (var part = 0; reader.Read() && reader.TokenType != JsonTokenType.EndArray; part++)
        {
            if (reader.TokenType != JsonTokenType.StartObject)
            {
                return new InvalidParameter($"messages[{at}].content[{part}]", $"'messages[{at}].content[{part}]' must be an object.");
            }

            ReadPart(ref reader, facts);
        }

        return null;
    }

    private static void ReadPart(ref Utf8JsonReader reader, RequestFacts facts)
    {
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals("type"u8))
            {
                reader.Read();
                reader.Skip();
                facts.OtherBytes += 16;
            }
            else if (reader.ValueTextEquals("image_url"u8))
            {
                // Priced by its size, not by the length of its (data) URI.
                facts.Images++;
                reader.Read();
                reader.Skip();
            }
            else if (reader.ValueTextEquals("input_audio"u8) || reader.ValueTextEquals("file"u8) || reader.ValueTextEquals("video_url"u8))
            {
                facts.HasUnboundedContent = true;
                reader.Read();
                reader.Skip();
            }
            else
            {
                reader.Read();
                facts.TextBytes += StringBytes(ref reader);
            }
        }
    }

    private static ApiFailure? ReadInputs(ref Utf8JsonReader reader, RequestFacts facts)
    {
        var start = reader.TokenStartIndex;
        var sawNumber = false;
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            switch (reader.TokenType)
            {
                case JsonTokenType.String when !sawNumber:
                    facts.TextBytes += reader.ValueSpan.Length;
                    facts.Messages++;
                    break;
                case JsonTokenType.Number when sawNumber || facts.Messages == 0:
                    sawNumber = true;
                    break;
                case JsonTokenType.StartArray when !sawNumber:
                    var inner = reader.TokenStartIndex;
                    reader.Skip();
                    facts.TextBytes += reader.BytesConsumed - inner;
                    facts.Messages++;
                    break;
                default:
                    return new InvalidParameter("input", "'input' must be a string, an array of strings, or arrays of token ids.");
            }
        }

        if (sawNumber)
        {
            facts.Messages = 1;
            facts.TextBytes = reader.BytesConsumed - start;
        }

        return facts.Messages == 0 ? new InvalidParameter("input", "'input' must not be empty.") : null;
    }

    /// <summary>The bytes of every string in a value: an upper bound of its tokens whatever its meaning.</summary>
    private static long StringBytes(ref Utf8JsonReader reader)
    {
        if (reader.TokenType is not (JsonTokenType.StartArray or JsonTokenType.StartObject))
        {
            return reader.ValueSpan.Length;
        }

        long bytes = 0;
        var depth = reader.CurrentDepth;
        while (reader.Read() && reader.CurrentDepth > depth)
        {
            bytes += reader.ValueSpan.Length;
        }

        return bytes;
    }
}

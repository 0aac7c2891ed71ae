using System.Text.Json;
using AiOrchestrator.Core.Platform;

namespace AiOrchestrator.Core.Providers.OpenAi;

/// <summary>
/// Checks a request's <c>messages</c>, or texts or tokens such as <c>input</c>. Its tokens are counted when it is known by which tokenizer: <see cref="OpenAiPromptCounter"/>.
/// </summary>
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

    /// <summary>Reads a string, strings, token ids, or arrays of them.</summary>
    public static ApiFailure? ReadInput(ref Utf8JsonReader reader, string name, RequestFacts facts)
    {
        switch (reader.TokenType)
        {
            case JsonTokenType.String:
                facts.Messages = 1;
                return null;
            case JsonTokenType.StartArray:
                return ReadInputs(ref reader, name, facts);
            default:
                return NoInput(name);
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
                reader.Skip();
            }
        }

        return hasRole ? null : new MissingParameter($"messages[{at}].role");
    }

    private static ApiFailure? ReadContent(ref Utf8JsonReader reader, RequestFacts facts)
    {
        var at = facts.Messages;
        switch (reader.TokenType)
        {
            case JsonTokenType.String or JsonTokenType.Null:
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
            facts.Images += reader.ValueTextEquals("image_url"u8) ? 1 : 0;
            reader.Read();
            reader.Skip();
        }
    }

    private static InvalidParameter NoInput(string name) => new(name, $"'{name}' must be a string, an array of strings, or arrays of token ids.");

    private static ApiFailure? ReadInputs(ref Utf8JsonReader reader, string name, RequestFacts facts)
    {
        var sawNumber = false;
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            switch (reader.TokenType)
            {
                case JsonTokenType.String when !sawNumber:
                    facts.Messages++;
                    break;
                case JsonTokenType.Number when sawNumber || facts.Messages == 0:
                    sawNumber = true;
                    break;
                case JsonTokenType.StartArray when !sawNumber:
                    reader.Skip();
                    facts.Messages++;
                    break;
                default:
                    return NoInput(name);
            }
        }

        if (sawNumber)
        {
            facts.Messages = 1;
        }

        return facts.Messages == 0 ? new InvalidParameter(name, $"'{name}' must not be empty.") : null;
    }
}

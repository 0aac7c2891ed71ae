using System.Text.Json;
using AiOrchestrator.Core.Platform;

namespace AiOrchestrator.Core.Providers.OpenAi;

/// <summary>
/// Reads what the gateway needs of a body of OpenAI's responses (https://platform.openai.com/docs/api-reference/responses/create), member by
/// member, as <see cref="OpenAiRequestReader"/> comes to them. Members it leaves to that one are those chat completions have too.
/// </summary>
internal static class OpenAiResponsesRequestReader
{
    private const int MaxIdBytes = 1024;

    /// <summary>Whether a member is read here.</summary>
    public static bool Knows(string name) => name is "input" or "instructions" or "max_output_tokens" or "background" or "previous_response_id"
        or "conversation" or "prompt" or "context_management" or "text" or "reasoning" or "include" or "truncation" or "max_tool_calls" or "messages" or "max_tokens"
        or "max_completion_tokens" or "n";

    /// <summary>Reads one of them.</summary>
    public static ApiFailure? ReadMember(ref Utf8JsonReader reader, string name, RequestFacts facts)
    {
        if (reader.TokenType == JsonTokenType.Null && name is not ("input" or "max_output_tokens"))
        {
            return null;
        }

        switch (name)
        {
            case "input":
                return ReadInput(ref reader, facts);
            case "max_output_tokens":
                facts.MaxTokensRange = OpenAiRequestReader.ReadLimit(ref reader, out var most);
                facts.MaxTokens = most;
                return facts.MaxTokensRange.IsPresent ? null : new InvalidParameter(name, "'max_output_tokens' must be a whole number of 1 or more.");
            case "background" when reader.TokenType != JsonTokenType.False:
                return Refused(name, "has the provider work on when nobody reads, and what it comes to cannot be charged: ask for a stream instead.");
            case "prompt":
                return Refused(name, "names a template the provider keeps, with tools and bounds of its own that this gateway does not see: send its text.");
            case "context_management":
                return Refused(name, "has the provider write summaries beyond 'max_output_tokens' and bill for them, which this gateway cannot bound.");
            case "messages" or "max_tokens" or "max_completion_tokens" or "n":
                return new InvalidParameter(name, $"'{name}' is a member of chat completions: responses have {Counterpart(name)}.");
            case "conversation":
                return Refused(name, "names what OpenAI's Conversations API keeps, which is not served here: go on with 'previous_response_id', or send the items as 'input'.");
            case "previous_response_id":
                return ReadPrevious(ref reader, facts);
            case "instructions":
                facts.SystemRange = OpenAiRequestReader.Range(ref reader);
                return null;
            case "text":
                facts.OutputFormatRange = OpenAiRequestReader.Range(ref reader);
                return null;
            default:
                // What is shown of them is counted once the model is known.
                reader.Skip();
                return null;
        }
    }

    private static InvalidParameter? ReadPrevious(ref Utf8JsonReader reader, RequestFacts facts)
    {
        const string Name = "previous_response_id";
        if (reader.TokenType != JsonTokenType.String || reader.ValueSpan.Length is 0 or > MaxIdBytes)
        {
            return new InvalidParameter(Name, $"'{Name}' must be a string of 1 to {MaxIdBytes} characters.");
        }

        facts.PreviousResponseId = reader.GetString();
        facts.PreviousResponseRange = new ByteRange((int)reader.TokenStartIndex, reader.ValueSpan.Length + 2);
        return null;
    }

    private static string Counterpart(string name) => name switch
    {
        "messages" => "'input'",
        "n" => "one answer for each request",
        _ => "'max_output_tokens'",
    };

    private static UnsupportedParameter Refused(string name, string why) => new(name, $"'{name}' {why}");

    /// <summary>Checks the outline; what is said in it is counted once the model is known.</summary>
    private static ApiFailure? ReadInput(ref Utf8JsonReader reader, RequestFacts facts)
    {
        var start = (int)reader.TokenStartIndex;
        if (reader.TokenType == JsonTokenType.String)
        {
            facts.Messages = 1;
        }
        else if (reader.TokenType == JsonTokenType.StartArray)
        {
            while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
            {
                var path = $"input[{facts.Messages++}]";
                if (reader.TokenType != JsonTokenType.StartObject)
                {
                    return new InvalidParameter(path, $"'{path}' must be an object.");
                }

                ReadItem(ref reader, facts);
            }

            if (facts.Messages == 0)
            {
                return new InvalidParameter("input", "'input' must hold at least one item.");
            }
        }
        else
        {
            return new InvalidParameter("input", "'input' must be a string or an array of items.");
        }

        facts.PromptRange = new ByteRange(start, (int)reader.BytesConsumed - start);
        return null;
    }

    /// <summary>Counts the images of one; moves to its end.</summary>
    private static void ReadItem(ref Utf8JsonReader reader, RequestFacts facts)
    {
        var depth = reader.CurrentDepth;
        while (reader.Read() && reader.CurrentDepth > depth)
        {
            if (reader.TokenType == JsonTokenType.PropertyName && reader.ValueTextEquals("type"u8))
            {
                reader.Read();
                facts.Images += reader.TokenType == JsonTokenType.String && reader.ValueTextEquals("input_image"u8) ? 1 : 0;
            }
        }
    }
}

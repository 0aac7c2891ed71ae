using System.Text.Json;
using System.Text.Unicode;
using AiOrchestrator.Core.Platform;
using AiOrchestrator.Core.Providers.Anthropic;

namespace AiOrchestrator.Core.Providers.OpenAi;

/// <summary>
/// Reads what the gateway needs from a chat or embeddings request in one pass over its bytes
/// (https://platform.openai.com/docs/api-reference/chat/create, …/embeddings/create), or one for images, speech or video
/// (<see cref="OpenAiMediaReader"/>). Members it does not know are counted and left alone.
/// </summary>
public static class OpenAiRequestReader
{
    /// <summary>Deepest nesting of a request.</summary>
    public const int MaxDepth = 128;

    /// <summary>Most members of the outermost object.</summary>
    private const int MaxMembers = 256;

    /// <summary>Most choices a request may ask for; OpenAI's own bound.</summary>
    private const int MaxChoices = 128;

    /// <summary>Reads a body.</summary>
    /// <param name="body">The whole body.</param>
    /// <param name="call">Which call it is for.</param>
    /// <param name="facts">What was found; only complete when null is returned.</param>
    /// <returns>Null, or what is wrong with the request.</returns>
    public static ApiFailure? Read(ReadOnlySpan<byte> body, ModelCall call, RequestFacts facts)
    {
        if (!Utf8.IsValid(body))
        {
            return new InvalidJson("it is not valid UTF-8.");
        }

        try
        {
            var reader = new Utf8JsonReader(body, new JsonReaderOptions { MaxDepth = MaxDepth });
            return ReadObject(ref reader, call, facts);
        }
        catch (JsonException failure)
        {
            // The reader says where and why; its message holds at most one character of the body.
            return new InvalidJson(
                $"line {failure.LineNumber + 1}, byte {failure.BytePositionInLine + 1}: {Reason(failure)}");
        }
        catch (InvalidOperationException)
        {
            // What the reader throws where a name or a text holds an escape such as a lone \ud800: JSON, but not text.
            return new InvalidJson("a name or a text in it holds an escape that is half a surrogate pair.");
        }
    }

    private static string Reason(JsonException failure)
    {
        var end = failure.Message.IndexOf(" LineNumber:", StringComparison.Ordinal);
        return end < 0 ? failure.Message : failure.Message[..end];
    }

    private static ApiFailure? ReadObject(ref Utf8JsonReader reader, ModelCall call, RequestFacts facts)
    {
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            return new InvalidJson("it is another JSON value.");
        }

        var names = new List<string>(16);
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (names.Count == MaxMembers)
            {
                return new InvalidJson($"it has more than {MaxMembers} members.");
            }

            var name = Name(ref reader);
            if (names.Contains(name))
            {
                // Two readers of one body may pick different ones: what is checked here must be what is obeyed there.
                return new InvalidParameter(name, $"Duplicate member: '{name}' is given more than once.");
            }

            names.Add(name);
            reader.Read();
            if (ReadMember(ref reader, name, call, facts) is { } failure)
            {
                return failure;
            }
        }

        facts.EndOffset = (int)reader.TokenStartIndex;
        reader.Read(); // Throws where anything but white space follows.
        return Missing(call, facts);
    }

    private static ApiFailure? Missing(ModelCall call, RequestFacts facts)
    {
        if (call.Traits().IsVideo)
        {
            return OpenAiVideoReader.Finish(call, facts);
        }

        OpenAiPlainReader.Complete(call, facts);
        if (facts.Model.Length == 0)
        {
            return new MissingParameter("model");
        }

        if (facts.Messages == 0)
        {
            return new MissingParameter(call switch
            {
                ModelCall.ChatCompletions or ModelCall.Messages => "messages",
                ModelCall.ImageGenerations or ModelCall.Completions => "prompt",
                ModelCall.Rerank => "documents",
                _ => "input",
            });
        }

        return call == ModelCall.Messages && facts.MaxTokens is null ? new MissingParameter("max_tokens")
            : call == ModelCall.Rerank && !facts.QueryRange.IsPresent ? new MissingParameter("query")
            : null;
    }

    /// <summary>Known names come from the literal pool: the common request allocates no strings for them.</summary>
    private static string Name(ref Utf8JsonReader reader)
    {
        foreach (var known in KnownMembers.All)
        {
            if (reader.ValueTextEquals(known))
            {
                return known;
            }
        }

        var name = reader.GetString()!;
        return name.Length <= 128 ? name : name[..128];
    }

    private static ApiFailure? ReadMember(ref Utf8JsonReader reader, string name, ModelCall call, RequestFacts facts)
    {
        switch (name)
        {
            case "model":
                return ReadModel(ref reader, facts);
            case "user":
                return ReadUser(ref reader, facts);
            case "stream" when call is ModelCall.ChatCompletions or ModelCall.ImageGenerations or ModelCall.Messages or ModelCall.Responses or ModelCall.Completions:
                return ReadStream(ref reader, facts);
            case var _ when call.Traits().IsVideo:
                return OpenAiVideoReader.ReadMember(ref reader, name, facts);
            case var _ when call.Traits().IsMedia && name != "n":
                return OpenAiMediaReader.ReadMember(ref reader, name, call, facts);
            case var _ when call == ModelCall.Messages && name is not ("max_tokens" or "service_tier"):
                return AnthropicRequestReader.ReadMember(ref reader, name, facts);
            case var _ when call == ModelCall.Responses && OpenAiResponsesRequestReader.Knows(name):
                return OpenAiResponsesRequestReader.ReadMember(ref reader, name, facts);
            case var _ when OpenAiPlainReader.Knows(call, name):
                return OpenAiPlainReader.ReadMember(ref reader, name, call, facts);
            case "messages" when call == ModelCall.ChatCompletions:
                return ReadMessages(ref reader, facts);
            case "stream_options" when call is ModelCall.ChatCompletions or ModelCall.Completions:
                return ReadStreamOptions(ref reader, facts);
            case "max_tokens":
                facts.MaxTokensRange = ReadLimit(ref reader, out var maxTokens);
                facts.MaxTokens = maxTokens;
                return facts.MaxTokensRange.IsPresent ? null : PositiveInteger(name);
            case "max_completion_tokens":
                facts.MaxCompletionTokensRange = ReadLimit(ref reader, out var maxCompletionTokens);
                facts.MaxCompletionTokens = maxCompletionTokens;
                return facts.MaxCompletionTokensRange.IsPresent ? null : PositiveInteger(name);
            case "n":
                return ReadChoices(ref reader, facts);
            case "service_tier":
                return ReadServiceTier(ref reader, facts);
            case "web_search_options":
                facts.SearchesWeb = reader.TokenType != JsonTokenType.Null;
                facts.OtherBytes += Range(ref reader).Length;
                return null;
            case "tools":
                return ReadTools(ref reader, facts);
            case "functions" when reader.TokenType == JsonTokenType.StartArray:
                facts.FunctionsRange = Range(ref reader);
                return null;
            case "plugins" or "search_parameters" or "web_search" or "enable_search" when reader.TokenType is not (JsonTokenType.Null or JsonTokenType.False):
                return new UnsupportedParameter(name, $"'{name}' has the provider search or work and bill for it, which this gateway cannot bound.");
            case "tool_choice" or "function_call" or "response_format" or "modalities":
                facts.Keep(name, Range(ref reader));
                return null;
            default:
                var length = Range(ref reader).Length;
                facts.OtherBytes += KnownMembers.NotShown.Contains(name) ? 0 : length;
                return null;
        }
    }

    private static ApiFailure? ReadMessages(ref Utf8JsonReader reader, RequestFacts facts)
    {
        var start = (int)reader.TokenStartIndex;
        var failure = OpenAiPromptReader.ReadMessages(ref reader, facts);
        facts.PromptRange = new ByteRange(start, (int)reader.BytesConsumed - start);
        return failure;
    }

    private static ApiFailure? ReadModel(ref Utf8JsonReader reader, RequestFacts facts)
    {
        if (reader.TokenType != JsonTokenType.String || reader.ValueSpan.Length is 0 or > 256)
        {
            return new InvalidParameter("model", "'model' must be a string of 1 to 256 characters.");
        }

        facts.Model = reader.GetString()!;
        facts.ModelRange = Range(ref reader);
        return null;
    }

    private static ApiFailure? ReadUser(ref Utf8JsonReader reader, RequestFacts facts)
    {
        if (reader.TokenType == JsonTokenType.String)
        {
            var user = reader.GetString()!;
            facts.EndUser = user.Length <= 128 ? user : user[..128];
            return null;
        }

        return reader.TokenType == JsonTokenType.Null ? null : new InvalidParameter("user", "'user' must be a string.");
    }

    private static ApiFailure? ReadStream(ref Utf8JsonReader reader, RequestFacts facts)
    {
        facts.Stream = reader.TokenType == JsonTokenType.True;
        return reader.TokenType is JsonTokenType.True or JsonTokenType.False or JsonTokenType.Null
            ? null
            : new InvalidParameter("stream", "'stream' must be true or false.");
    }

    private static ApiFailure? ReadStreamOptions(ref Utf8JsonReader reader, RequestFacts facts)
    {
        var start = (int)reader.TokenStartIndex;
        if (reader.TokenType == JsonTokenType.StartObject)
        {
            facts.StreamOptionsIsObject = true;
            facts.StreamOptionsIsEmpty = true;
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                facts.StreamOptionsIsEmpty = false;
                var isIncludeUsage = reader.ValueTextEquals("include_usage"u8);
                reader.Read();
                if (!isIncludeUsage)
                {
                    reader.Skip();
                    continue;
                }

                if (facts.IncludeUsageRange.IsPresent
                    || reader.TokenType is not (JsonTokenType.True or JsonTokenType.False or JsonTokenType.Null))
                {
                    return new InvalidParameter("stream_options.include_usage", "'stream_options.include_usage' must be true or false, once.");
                }

                facts.IncludeUsage = reader.TokenType == JsonTokenType.True;
                facts.IncludeUsageRange = Range(ref reader);
            }
        }
        else if (reader.TokenType != JsonTokenType.Null)
        {
            return new InvalidParameter("stream_options", "'stream_options' must be an object.");
        }

        facts.StreamOptionsRange = new ByteRange(start, (int)reader.BytesConsumed - start);
        return null;
    }

    /// <summary>Reads a bound of 1 or more, or null; the range is absent where it is neither.</summary>
    internal static ByteRange ReadLimit(ref Utf8JsonReader reader, out long? value)
    {
        value = null;
        if (reader.TokenType == JsonTokenType.Number && reader.TryGetInt64(out var number) && number >= 1)
        {
            value = number;
        }

        return value is null && reader.TokenType != JsonTokenType.Null ? default : Range(ref reader);
    }

    private static InvalidParameter PositiveInteger(string name) => new(name, $"'{name}' must be a whole number of 1 or more.");

    private static ApiFailure? ReadChoices(ref Utf8JsonReader reader, RequestFacts facts)
    {
        if (reader.TokenType == JsonTokenType.Null)
        {
            return null;
        }

        if (reader.TokenType != JsonTokenType.Number || !reader.TryGetInt32(out var choices) || choices is < 1 or > MaxChoices)
        {
            return new InvalidParameter("n", $"'n' must be a whole number from 1 to {MaxChoices}.");
        }

        facts.Choices = choices;
        return null;
    }

    private static ApiFailure? ReadServiceTier(ref Utf8JsonReader reader, RequestFacts facts)
    {
        if (reader.TokenType is not (JsonTokenType.String or JsonTokenType.Null) || reader.ValueSpan.Length > 64)
        {
            return new InvalidParameter("service_tier", "'service_tier' must be a string of at most 64 characters.");
        }

        facts.ServiceTier = reader.TokenType == JsonTokenType.Null ? null : reader.GetString();
        return null;
    }

    private static ApiFailure? ReadTools(ref Utf8JsonReader reader, RequestFacts facts)
    {
        if (reader.TokenType == JsonTokenType.Null)
        {
            return null;
        }

        if (reader.TokenType != JsonTokenType.StartArray)
        {
            return new InvalidParameter("tools", "'tools' must be an array.");
        }

        var start = (int)reader.TokenStartIndex;
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (reader.TokenType != JsonTokenType.StartObject)
            {
                return new InvalidParameter($"tools[{facts.Tools}]", $"'tools[{facts.Tools}]' must be an object.");
            }

            if (HostedTool(ref reader) is { } hosted)
            {
                return new UnsupportedParameter(
                    $"tools[{facts.Tools}].type", $"A tool of type '{hosted}' is run and billed by the provider, which this gateway cannot bound: only 'function' and 'custom' are taken.");
            }

            facts.Tools++;
        }

        facts.ToolsRange = new ByteRange(start, (int)reader.BytesConsumed - start);
        return null;
    }

    /// <summary>The type of a tool that the caller does not run itself; null for one that it does. Moves to the tool's end.</summary>
    private static string? HostedTool(ref Utf8JsonReader reader)
    {
        string? hosted = null;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var isType = reader.ValueTextEquals("type"u8);
            reader.Read();
            if (isType && reader.TokenType == JsonTokenType.String && !reader.ValueTextEquals("function"u8) && !reader.ValueTextEquals("custom"u8))
            {
                var type = reader.GetString()!;
                hosted = type.Length <= 64 ? type : type[..64];
            }

            reader.Skip();
        }

        return hosted;
    }

    /// <summary>Moves to the end of the value and returns where it stands.</summary>
    internal static ByteRange Range(ref Utf8JsonReader reader)
    {
        var start = (int)reader.TokenStartIndex;
        reader.Skip();
        return new ByteRange(start, (int)reader.BytesConsumed - start);
    }

    private static class KnownMembers
    {
        public static readonly string[] All =
        [
            "model", "messages", "stream", "max_tokens", "max_completion_tokens", "temperature", "stream_options", "tools", "tool_choice",
            "response_format", "n", "user", "input", "encoding_format", "dimensions", "service_tier", "web_search_options", "metadata",
            "top_p", "stop", "seed", "parallel_tool_calls", "reasoning_effort", "store", "functions", "function_call",
        ];

        /// <summary>What steers a provider and is not shown to the model.</summary>
        public static readonly string[] NotShown =
        [
            "temperature", "top_p", "stop", "seed", "parallel_tool_calls", "reasoning_effort", "store", "metadata", "encoding_format", "dimensions",
            "stream", "stream_options", "presence_penalty", "frequency_penalty", "logit_bias", "logprobs", "top_logprobs", "audio",
            "verbosity", "prompt_cache_key", "prompt_cache_retention", "safety_identifier", "top_k", "min_p", "repetition_penalty",
        ];
    }
}

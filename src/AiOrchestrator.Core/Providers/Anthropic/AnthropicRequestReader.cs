using System.Text.Json;
using AiOrchestrator.Core.Platform;
using AiOrchestrator.Core.Providers.OpenAi;

namespace AiOrchestrator.Core.Providers.Anthropic;

/// <summary>
/// Reads what the gateway needs of a body of Anthropic's messages, member by member, as <see cref="OpenAiRequestReader"/> comes to them, and refuses
/// by name what is billed in ways that nobody here can bound.
/// </summary>
internal static class AnthropicRequestReader
{
    /// <summary>Tools of Anthropic's that the caller runs; all others with a type run at the provider.</summary>
    private static readonly string[] ClientTools = ["custom", "bash_", "text_editor_", "computer_", "memory_"];

    /// <summary>What steers a provider and is not shown to the model, or is counted on its own.</summary>
    private static readonly string[] NotShown =
    [
        "temperature", "top_p", "top_k", "stop_sequences", "cache_control", "context_management",
    ];

    public static ApiFailure? ReadMember(ref Utf8JsonReader reader, string name, RequestFacts facts)
    {
        if (reader.TokenType == JsonTokenType.Null && name != "messages")
        {
            return null;
        }

        switch (name)
        {
            case "messages":
                return ReadMessages(ref reader, facts);
            case "tools":
                return ReadTools(ref reader, facts);
            case "metadata":
                return ReadMetadata(ref reader, facts);
            case "thinking":
                return ReadThinking(ref reader, facts);
            case "mcp_servers":
                return Refused(name, "has the provider call other servers and generate in between, which this gateway cannot bound: run them yourself and offer their tools.");
            case "container":
                return Refused(name, "runs code at the provider, which bills for it by the hour.");
            case "fallbacks":
                return Refused(name, "has another model answer at its own price: name the model that is to be asked.");
            case "speed" when !Says(reader, "standard"u8):
            case "inference_geo" when !Says(reader, "global"u8):
                return Refused(name, "is billed at prices of its own, which nobody has told this gateway.");
            case "context_management" when Compacts(reader):
                return Refused(name, "has the provider write a summary beyond 'max_tokens' and bill for it, which this gateway cannot bound: edits that only clear are taken.");
            case "system":
                facts.SystemRange = Range(ref reader);
                return null;
            case "output_config" or "output_format":
                facts.OutputFormatRange = Range(ref reader);
                return null;
            default:
                var length = Range(ref reader).Length;
                facts.OtherBytes += NotShown.Contains(name) ? 0 : length;
                return null;
        }
    }

    private static UnsupportedParameter Refused(string name, string why) => new(name, $"'{name}' {why}");

    private static bool Says(Utf8JsonReader reader, ReadOnlySpan<byte> word) => reader.TokenType == JsonTokenType.String && reader.ValueTextEquals(word);

    /// <summary>Checks the outline; what is said in it is counted once the model is known.</summary>
    private static ApiFailure? ReadMessages(ref Utf8JsonReader reader, RequestFacts facts)
    {
        if (reader.TokenType != JsonTokenType.StartArray)
        {
            return new InvalidParameter("messages", "'messages' must be an array of message objects.");
        }

        var start = (int)reader.TokenStartIndex;
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            var path = $"messages[{facts.Messages++}]";
            if (reader.TokenType != JsonTokenType.StartObject)
            {
                return new InvalidParameter(path, $"'{path}' must be an object.");
            }

            if (ReadMessage(ref reader, path, facts) is { } failure)
            {
                return failure;
            }
        }

        facts.PromptRange = new ByteRange(start, (int)reader.BytesConsumed - start);
        return facts.Messages == 0 ? new InvalidParameter("messages", "'messages' must hold at least one message.") : null;
    }

    private static ApiFailure? ReadMessage(ref Utf8JsonReader reader, string path, RequestFacts facts)
    {
        bool hasRole = false, hasContent = false;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var isRole = reader.ValueTextEquals("role"u8);
            var isContent = reader.ValueTextEquals("content"u8);
            reader.Read();
            hasRole |= isRole && reader.TokenType == JsonTokenType.String;
            hasContent |= isContent && reader.TokenType is JsonTokenType.String or JsonTokenType.StartArray;
            if (isContent && reader.TokenType == JsonTokenType.StartArray)
            {
                if (ReadBlocks(ref reader, path, facts) is { } failure)
                {
                    return failure;
                }
            }
            else
            {
                reader.Skip();
            }
        }

        return !hasRole ? new InvalidParameter($"{path}.role", $"'{path}.role' must be a string.")
            : hasContent ? null
            : new InvalidParameter($"{path}.content", $"'{path}.content' must be a string or an array of blocks.");
    }

    private static ApiFailure? ReadBlocks(ref Utf8JsonReader reader, string path, RequestFacts facts)
    {
        for (var at = 0; reader.Read() && reader.TokenType != JsonTokenType.EndArray; at++)
        {
            if (reader.TokenType != JsonTokenType.StartObject)
            {
                return new InvalidParameter($"{path}.content[{at}]", $"'{path}.content[{at}]' must be an object.");
            }

            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                var isType = reader.ValueTextEquals("type"u8);
                reader.Read();
                facts.Images += isType && reader.TokenType == JsonTokenType.String && reader.ValueTextEquals("image"u8) ? 1 : 0;
                reader.Skip();
            }
        }

        return null;
    }

    private static ApiFailure? ReadTools(ref Utf8JsonReader reader, RequestFacts facts)
    {
        if (reader.TokenType != JsonTokenType.StartArray)
        {
            return new InvalidParameter("tools", "'tools' must be an array.");
        }

        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            var path = $"tools[{facts.Tools}]";
            if (reader.TokenType != JsonTokenType.StartObject)
            {
                return new InvalidParameter(path, $"'{path}' must be an object.");
            }

            if (HostedTool(ref reader) is { } hosted)
            {
                return new UnsupportedParameter(
                    $"{path}.type", $"A tool of type '{hosted}' is run and billed by the provider, which this gateway cannot bound: only tools that the caller runs are taken.");
            }

            facts.Tools++;
        }

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
            if (isType && reader.TokenType == JsonTokenType.String)
            {
                var type = reader.GetString()!;
                hosted = Array.Exists(ClientTools, t => type.StartsWith(t, StringComparison.Ordinal)) ? hosted : type.Length <= 64 ? type : type[..64];
            }

            reader.Skip();
        }

        return hosted;
    }

    private static InvalidParameter? ReadMetadata(ref Utf8JsonReader reader, RequestFacts facts)
    {
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            return new InvalidParameter("metadata", "'metadata' must be an object.");
        }

        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var isUser = reader.ValueTextEquals("user_id"u8);
            reader.Read();
            if (isUser && reader.TokenType is not (JsonTokenType.String or JsonTokenType.Null))
            {
                return new InvalidParameter("metadata.user_id", "'metadata.user_id' must be a string.");
            }

            if (isUser && reader.TokenType == JsonTokenType.String)
            {
                var user = reader.GetString()!;
                facts.EndUser = user.Length <= 128 ? user : user[..128];
            }

            reader.Skip();
        }

        return null;
    }

    /// <summary>What a model may think with is part of what it may generate: money that is short does not take it away.</summary>
    private static InvalidParameter? ReadThinking(ref Utf8JsonReader reader, RequestFacts facts)
    {
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            return new InvalidParameter("thinking", "'thinking' must be an object.");
        }

        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var isBudget = reader.ValueTextEquals("budget_tokens"u8);
            reader.Read();
            if (isBudget && reader.TokenType == JsonTokenType.Number && reader.TryGetInt64(out var tokens) && tokens > 0)
            {
                facts.ThinkingTokens = tokens;
            }

            reader.Skip();
        }

        return null;
    }

    /// <summary>Whether an edit is one that has the model write (https://docs.claude.com/en/docs/build-with-claude/compaction). Looks at a copy.</summary>
    private static bool Compacts(Utf8JsonReader reader)
    {
        var depth = reader.CurrentDepth;
        if (reader.TokenType is not (JsonTokenType.StartObject or JsonTokenType.StartArray))
        {
            return false;
        }

        while (reader.Read() && reader.CurrentDepth > depth)
        {
            if (reader.TokenType == JsonTokenType.String && reader.GetString()!.StartsWith("compact", StringComparison.Ordinal))
            {
                return true;
            }
        }

        return false;
    }

    private static ByteRange Range(ref Utf8JsonReader reader)
    {
        var start = (int)reader.TokenStartIndex;
        reader.Skip();
        return new ByteRange(start, (int)reader.BytesConsumed - start);
    }
}

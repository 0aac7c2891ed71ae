using System.Text.Json;
using AiOrchestrator.Core.Platform;
using AiOrchestrator.Core.Providers.Chat;
using AiOrchestrator.Core.Providers.OpenAi;

namespace AiOrchestrator.Core.Providers.Embeddings;

/// <summary>What a caller of <c>/v1/embeddings</c> asks (https://platform.openai.com/docs/api-reference/embeddings/create), for providers of another wire format.</summary>
internal sealed class EmbeddingsRequest
{
    /// <summary>The texts, each a JSON string.</summary>
    public List<JsonElement> Inputs { get; } = [];

    /// <summary>How long the vectors are to be, 1 or more; null where nothing is said.</summary>
    public int? Dimensions { get; private set; }

    /// <summary>Whether vectors are wanted in base64 rather than as numbers.</summary>
    public bool IsBase64 { get; private set; }

    /// <summary>Members no format but the caller's own has: name and value.</summary>
    public List<ChatMember> Others { get; } = [];

    /// <summary>Reads a body of which the outline has been checked.</summary>
    /// <returns>Null, or what is wrong with it, naming the member.</returns>
    public ApiFailure? Read(JsonElement root)
    {
        foreach (var member in root.EnumerateObject())
        {
            if (member.Value.ValueKind != JsonValueKind.Null && Read(member.Name, member.Value) is { } failure)
            {
                return failure;
            }
        }

        return null;
    }

    private ApiFailure? Read(string name, JsonElement value)
    {
        switch (name)
        {
            case "model":
                return null;
            case "input":
                Inputs.AddRange(value.ValueKind == JsonValueKind.Array ? value.EnumerateArray() : [value]);
                return Inputs.TrueForAll(static i => i.ValueKind == JsonValueKind.String)
                    ? null
                    : new UnsupportedParameter(name, "'input' holds tokens, which only the tokenizer they come from can read: send the texts.");
            case "dimensions":
                Dimensions = value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var dimensions) && dimensions > 0 ? dimensions : null;
                return Dimensions is null ? new InvalidParameter(name, "'dimensions' must be a whole number of 1 or more.") : null;
            case "encoding_format":
                IsBase64 = value.ValueKind == JsonValueKind.String && value.ValueEquals("base64"u8);
                return IsBase64 || (value.ValueKind == JsonValueKind.String && value.ValueEquals("float"u8))
                    ? null
                    : new InvalidParameter(name, "'encoding_format' must be float or base64.");
            default:
                Others.Add(new ChatMember(name, value));
                return null;
        }
    }
}

using System.Text.Json;
using AiOrchestrator.Core.Providers.Chat;

namespace AiOrchestrator.Core.Providers.OpenAi;

/// <summary>
/// Reads what servers that call themselves compatible with OpenAI say in answers that are errors: OpenAI's envelope, a bare text in it
/// (Ollama), its members without the envelope (vLLM, Mistral), FastAPI's <c>detail</c>, and lists of any of them (Gemini).
/// </summary>
internal static class OpenAiErrorReader
{
    /// <summary>Errors of validation are told by their first few.</summary>
    private const int MostOfAList = 3;

    private const int MaxLength = 1_000;

    /// <summary>What a body says is wrong; null where it cannot be read.</summary>
    public static ProviderError? Read(JsonElement body)
    {
        if (body.ValueKind == JsonValueKind.Array)
        {
            return body.GetArrayLength() > 0 ? Read(body[0]) : null;
        }

        var error = body.Member("error"u8) is { } inner ? inner : body;
        if (TextIn(error) is not { Length: > 0 } message)
        {
            return null;
        }

        // Others' codes are numbers.
        return new ProviderError(error.TextOf("type"u8), message.Length <= MaxLength ? message : message[..MaxLength] + "…")
        {
            Code = error.TextOf("code"u8),
            Param = error.TextOf("param"u8) ?? Place(error),
        };
    }

    /// <summary>The sentence in a text, an object or a list; where it stands, deeper down, the members' names differ.</summary>
    private static string? TextIn(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => value.GetString(),
        JsonValueKind.Array => string.Join("; ", value.EnumerateArray().Take(MostOfAList).Select(TextIn).Where(static t => !string.IsNullOrEmpty(t))),
        JsonValueKind.Object => (value.Member("message"u8) ?? value.Member("detail"u8) ?? value.Member("msg"u8) ?? value.Member("error"u8)) is { } said
            ? TextIn(said) is { Length: > 0 } text && value.Member("loc"u8, JsonValueKind.Array) is { } at ? $"{Path(at)}: {text}" : TextIn(said)
            : null,
        _ => null,
    };

    /// <summary>The member that the first error of a validation is about; null for other errors.</summary>
    private static string? Place(JsonElement error)
    {
        var said = error.Member("detail"u8) ?? error.Member("message"u8)?.Member("detail"u8) ?? error.Member("message"u8);
        return said is { ValueKind: JsonValueKind.Array } list && list.GetArrayLength() > 0 && list[0].Member("loc"u8, JsonValueKind.Array) is { } at
            ? Path(at)
            : null;
    }

    /// <summary>A place in the body: <c>["body", "messages", 0]</c> is <c>messages.0</c>.</summary>
    private static string Path(JsonElement place) => string.Join('.', place.EnumerateArray().Select(static p => p.ToString()).Where(static p => p != "body"));
}

using System.Text.Json;

namespace AiOrchestrator.Core.Providers.Chat;

/// <summary>
/// A conversation as any of the wire formats asks for it to be continued: what one side reads and the other writes where client and provider
/// speak different formats. Texts stay where they stand in the caller's JSON, so that they pass to the other side without being decoded.
/// </summary>
/// <param name="document">The caller's body, given back with the request.</param>
internal sealed class ChatRequest(JsonDocument document) : IDisposable
{
    /// <summary>The caller's body.</summary>
    public JsonElement Root => document.RootElement;

    /// <summary>Instructions and turns, in the caller's order; neighbours may have the same role.</summary>
    public List<ChatTurn> Turns { get; } = [];

    /// <summary>Functions the model may ask the caller to run.</summary>
    public List<ChatTool> Tools { get; } = [];

    /// <summary>Which of them it may or must choose; null where nothing is said.</summary>
    public ChatToolChoice? ToolChoice { get; set; }

    /// <summary>Whether it may choose several at once; null where nothing is said.</summary>
    public bool? ParallelToolCalls { get; set; }

    /// <summary>What the answer is to look like; null for text.</summary>
    public ChatOutput? Output { get; set; }

    /// <summary>How much it is to think; null where nothing is said.</summary>
    public ChatReasoning? Reasoning { get; set; }

    /// <summary>Bound on the tokens generated, 1 or more; null where nothing is said.</summary>
    public long? MaxOutputTokens { get; set; }

    /// <summary>Answers asked for, 1 or more.</summary>
    public int Choices { get; set; } = 1;

    /// <summary>A number; each format has its own range, which its provider checks.</summary>
    public JsonElement? Temperature { get; set; }

    /// <summary>A number from 0 to 1.</summary>
    public JsonElement? TopP { get; set; }

    /// <summary>A whole number.</summary>
    public JsonElement? TopK { get; set; }

    /// <summary>A whole number.</summary>
    public JsonElement? Seed { get; set; }

    /// <summary>A number.</summary>
    public JsonElement? PresencePenalty { get; set; }

    /// <summary>A number.</summary>
    public JsonElement? FrequencyPenalty { get; set; }

    /// <summary>Strings that end the answer.</summary>
    public List<JsonElement> Stop { get; } = [];

    /// <summary>Whether probabilities of the tokens are asked for.</summary>
    public bool Logprobs { get; set; }

    /// <summary>For how many tokens at each place, a whole number.</summary>
    public JsonElement? TopLogprobs { get; set; }

    /// <summary>Whom the caller serves, a text.</summary>
    public JsonElement? EndUser { get; set; }

    /// <summary>The service tier as the caller's format names it.</summary>
    public JsonElement? ServiceTier { get; set; }

    /// <summary>Members no format but the caller's own has: name and value.</summary>
    public List<ChatMember> Others { get; } = [];

    /// <inheritdoc/>
    public void Dispose() => document.Dispose();
}

/// <summary>A member of the caller's body that only its own format knows.</summary>
/// <param name="Name">As the caller wrote it.</param>
/// <param name="Value">Its value.</param>
internal readonly record struct ChatMember(string Name, JsonElement Value);

/// <summary>Who says a turn.</summary>
internal enum ChatRole
{
    /// <summary>Instructions.</summary>
    System,

    /// <summary>Whoever asks.</summary>
    User,

    /// <summary>The model.</summary>
    Assistant,

    /// <summary>What a function came to.</summary>
    Tool,
}

/// <summary>One message.</summary>
/// <param name="Role">Who says it.</param>
/// <param name="Path">Where it stands in the body, for errors: <c>messages[2]</c>.</param>
internal sealed record ChatTurn(ChatRole Role, string Path)
{
    /// <summary>What is said, in order.</summary>
    public List<ChatPart> Parts { get; } = [];

    /// <summary>The speaker's name; null where there is none.</summary>
    public JsonElement? Name { get; init; }

    /// <summary>Where the first part stands among those of the message, for errors: a message may be several turns here.</summary>
    public int FirstPart { get; init; }

    /// <summary>Where a part stands in the body, for errors.</summary>
    public string PathOf(int part) => string.Create(null, $"{Path}.content[{FirstPart + part}]");
}

/// <summary>A function the model may ask for.</summary>
/// <param name="Name">A text.</param>
/// <param name="Path">Where it stands in the body: <c>tools[0]</c>.</param>
internal sealed record ChatTool(JsonElement Name, string Path)
{
    /// <summary>A text; null where there is none.</summary>
    public JsonElement? Description { get; init; }

    /// <summary>A JSON schema, an object; null for a function without parameters.</summary>
    public JsonElement? Parameters { get; init; }

    /// <summary>Whether arguments must follow the schema to the letter; null where nothing is said.</summary>
    public bool? Strict { get; init; }

    /// <summary>Anthropic's <c>cache_control</c> object; null where there is none.</summary>
    public JsonElement? CacheControl { get; init; }

    /// <summary>Writes the schema where a format wants one of every function.</summary>
    public void WriteParameters(ReadOnlySpan<byte> name, Utf8JsonWriter writer)
    {
        writer.WritePropertyName(name);
        if (Parameters is { } parameters)
        {
            parameters.WriteTo(writer);
        }
        else
        {
            writer.WriteRawValue("""{"type":"object","properties":{}}"""u8, skipInputValidation: true);
        }
    }
}

/// <summary>How a function is chosen.</summary>
internal enum ChatToolChoiceKind
{
    /// <summary>As the model thinks best.</summary>
    Auto,

    /// <summary>None at all.</summary>
    None,

    /// <summary>One at least.</summary>
    Required,

    /// <summary>This one.</summary>
    Named,
}

/// <summary>Which function the model may or must choose.</summary>
/// <param name="Kind">How.</param>
/// <param name="Name">A text, where it is named.</param>
internal sealed record ChatToolChoice(ChatToolChoiceKind Kind, JsonElement? Name = null);

/// <summary>What an answer is to look like.</summary>
/// <param name="Schema">A JSON schema; null for any JSON object.</param>
/// <param name="Path">Where it stands in the body, for errors.</param>
internal sealed record ChatOutput(JsonElement? Schema, string Path)
{
    /// <summary>What the schema is called, a text; null where nothing is said.</summary>
    public JsonElement? Name { get; init; }

    /// <summary>What it is for, a text; null where nothing is said.</summary>
    public JsonElement? Description { get; init; }

    /// <summary>Whether it is to be followed to the letter; null where nothing is said.</summary>
    public bool? Strict { get; init; }
}

/// <summary>How much a model is to think before it answers.</summary>
/// <param name="Path">Where it stands in the body, for errors.</param>
internal sealed record ChatReasoning(string Path)
{
    /// <summary>OpenAI's word for it: <c>none</c>, <c>minimal</c>, <c>low</c>, <c>medium</c>, <c>high</c>, <c>xhigh</c>; null where a budget or nothing is said.</summary>
    public string? Effort { get; init; }

    /// <summary>Tokens it may spend, 0 for none; null where an effort or nothing is said.</summary>
    public long? BudgetTokens { get; init; }

    /// <summary>Whether the model decides by itself how much it thinks (Anthropic's <c>adaptive</c>).</summary>
    public bool IsAdaptive { get; init; }

    /// <summary>Whether the caller wants to be shown a summary of it; null where nothing is said.</summary>
    public bool? IsShown { get; init; }

    /// <summary>The tokens it may spend where a format knows no efforts: what is said, else what an effort comes to as other gateways have it.</summary>
    public long BudgetOrEffortTokens => BudgetTokens ?? Effort switch
    {
        "minimal" or "low" => 1_024,
        "high" => 8_192,
        "xhigh" or "max" => 16_384,
        _ => 4_096,
    };

    /// <summary>Whether thinking is refused.</summary>
    public bool IsOff => BudgetTokens == 0 || Effort == "none";
}

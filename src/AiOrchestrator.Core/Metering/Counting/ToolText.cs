using System.Runtime.InteropServices;
using System.Text.Json;
using AiOrchestrator.Core.Metering.Tokenizing;

namespace AiOrchestrator.Core.Metering.Counting;

/// <summary>
/// The text in which OpenAI shows functions to its models: a TypeScript namespace. The rendering is not published; it was found by comparing
/// counts, and npm gpt-tokenizer's recorded cases agree with it (see docs/metering/counting.md).
/// </summary>
internal ref struct ToolText
{
    /// <summary>Tokens around the namespace.</summary>
    private const int TokensAround = 9;

    /// <summary>Descriptions of members are shown of the outermost object only.</summary>
    private const int MaxDescribedIndent = 2;

    private readonly TokenCounter _counter;

    private ToolText(TokenCounter counter) => _counter = counter;

    /// <summary>Counts functions.</summary>
    /// <param name="functions">An array of functions, or of tools that hold one each; others are left out.</param>
    /// <param name="tokenizer">What to count with.</param>
    public static long Count(JsonElement functions, Tokenizer tokenizer)
    {
        var counter = TokenCounters.Rent(tokenizer);
        var text = new ToolText(counter);
        text.Put("namespace functions {\n\n"u8);
        foreach (var item in functions.EnumerateArray())
        {
            var function = Member(item, "function"u8, JsonValueKind.Object) ?? item;
            if (Member(function, "name"u8, JsonValueKind.String) is { } name)
            {
                text.Function(function, name);
            }
        }

        text.Put("} // namespace functions"u8);
        var tokens = counter.Count + TokensAround;
        TokenCounters.Return(tokenizer, counter);
        return tokens;
    }

    private readonly void Function(JsonElement function, JsonElement name)
    {
        if (Member(function, "description"u8, JsonValueKind.String) is { } description && !description.ValueEquals(""u8))
        {
            Put("// "u8);
            Put(description);
            Put("\n"u8);
        }

        Put("type "u8);
        Put(name);
        if ((Member(function, "parameters"u8, JsonValueKind.Object) ?? Member(function, "input_schema"u8, JsonValueKind.Object)) is { } parameters
            && Member(parameters, "properties"u8, JsonValueKind.Object) is { } properties
            && properties.EnumerateObject().Any())
        {
            Put(" = (_: {\n"u8);
            Properties(parameters, 0);
            Put("\n}) => any;\n\n"u8);
        }
        else
        {
            Put(" = () => any;\n\n"u8);
        }
    }

    private readonly void Properties(JsonElement schema, int indent)
    {
        if (Member(schema, "properties"u8, JsonValueKind.Object) is not { } properties)
        {
            return;
        }

        var required = Member(schema, "required"u8, JsonValueKind.Array);
        var isFirst = true;
        foreach (var property in properties.EnumerateObject())
        {
            Put(isFirst ? ""u8 : "\n"u8);
            isFirst = false;
            if (indent < MaxDescribedIndent
                && Member(property.Value, "description"u8, JsonValueKind.String) is { } description && !description.ValueEquals(""u8))
            {
                Indent(indent);
                Put("// "u8);
                Put(description);
                Put("\n"u8);
            }

            Indent(indent);
            PutJson(JsonMarshal.GetRawUtf8PropertyName(property));
            Put(IsRequired(required, property) ? ": "u8 : "?: "u8);
            Type(property.Value, indent);
            Put(","u8);
        }
    }

    private readonly void Type(JsonElement schema, int indent)
    {
        switch (Member(schema, "type"u8, JsonValueKind.String) is { } type ? type.GetString() : null)
        {
            case "string":
                EnumOr(schema, "string"u8);
                break;
            case "integer" or "number":
                EnumOr(schema, "number"u8);
                break;
            case "boolean":
                Put("boolean"u8);
                break;
            case "null":
                Put("null"u8);
                break;
            case "array" when Member(schema, "items"u8, JsonValueKind.Object) is { } items:
                Type(items, indent);
                Put("[]"u8);
                break;
            case "array":
                Put("any[]"u8);
                break;
            case "object":
                Put("{\n"u8);
                Properties(schema, indent + 2);
                Put("\n"u8);
                Indent(indent);
                Put("}"u8);
                break;
            default:
                Put("any"u8);
                break;
        }
    }

    private readonly void EnumOr(JsonElement schema, ReadOnlySpan<byte> type)
    {
        if (Member(schema, "enum"u8, JsonValueKind.Array) is not { } values)
        {
            Put(type);
            return;
        }

        var isFirst = true;
        foreach (var value in values.EnumerateArray())
        {
            Put(isFirst ? ""u8 : " | "u8);
            isFirst = false;
            Put(JsonMarshal.GetRawUtf8Value(value));
        }
    }

    private static bool IsRequired(JsonElement? required, JsonProperty property)
    {
        if (required is { } names)
        {
            foreach (var name in names.EnumerateArray())
            {
                if (name.ValueKind == JsonValueKind.String
                    && JsonMarshal.GetRawUtf8Value(name)[1..^1].SequenceEqual(JsonMarshal.GetRawUtf8PropertyName(property)))
                {
                    return true;
                }
            }
        }

        return false;
    }

    private static JsonElement? Member(JsonElement value, ReadOnlySpan<byte> name, JsonValueKind kind) =>
        value.ValueKind == JsonValueKind.Object && value.TryGetProperty(name, out var member) && member.ValueKind == kind ? member : null;

    private readonly void Indent(int spaces)
    {
        for (; spaces > 0; spaces--)
        {
            Put(" "u8);
        }
    }

    private readonly void Put(ReadOnlySpan<byte> text) => _counter.Append(text);

    private readonly void Put(JsonElement text) => PutJson(JsonMarshal.GetRawUtf8Value(text)[1..^1]);

    private readonly void PutJson(ReadOnlySpan<byte> json)
    {
        var text = default(JsonText);
        text.Append(json, _counter);
        text.End(_counter);
    }
}

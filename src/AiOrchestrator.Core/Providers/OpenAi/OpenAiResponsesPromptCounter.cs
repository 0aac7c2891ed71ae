using System.Runtime.InteropServices;
using System.Text.Json;
using AiOrchestrator.Core.Metering;
using AiOrchestrator.Core.Metering.Counting;
using AiOrchestrator.Core.Platform;
using AiOrchestrator.Core.Providers.Chat;

namespace AiOrchestrator.Core.Providers.OpenAi;

/// <summary>
/// Counts the prompt of a request of OpenAI's responses that <see cref="OpenAiResponsesRequestReader"/> has read, by any family's rules. What is
/// behind an id the provider keeps is as large as the model's window.
/// </summary>
internal static class OpenAiResponsesPromptCounter
{
    private const int TokensPerCall = 3;
    private const int TokensAroundFormat = 12;

    /// <summary>Tokens a provider may put around an item or a part, as bytes of the bound.</summary>
    private const int BytesPerPart = 8;

    private static readonly JsonDocumentOptions Strict = new() { MaxDepth = OpenAiRequestReader.MaxDepth, AllowDuplicateProperties = false };

    /// <summary>Counts.</summary>
    /// <param name="body">The request's body.</param>
    /// <param name="facts">What was read of it.</param>
    /// <param name="family">The model's family.</param>
    /// <param name="limits">The model's bounds.</param>
    /// <param name="shape">What was counted.</param>
    /// <returns>Null, or what is wrong with the request.</returns>
    public static ApiFailure? Count(ReadOnlyMemory<byte> body, RequestFacts facts, ModelFamily family, ModelLimits limits, out PromptShape shape)
    {
        shape = default;
        try
        {
            using var document = JsonDocument.Parse(body, Strict);
            var meter = new PromptMeter(family, limits);
            meter.Shape.OtherBytes = facts.OtherBytes;
            meter.Shape.HasUnboundedContent = facts.PreviousResponseId is not null;
            Count(document.RootElement, facts, meter);
            shape = meter.Shape;
            return null;
        }
        catch (JsonException)
        {
            // It was read once, so what is wrong is a name given twice: two readers of one body may pick different ones.
            return new InvalidJson("an object in it has a member twice.");
        }
        catch (InvalidOperationException)
        {
            // As in OpenAiRequestReader: names and texts that are compared here and were passed over there.
            return new InvalidJson("a name or a text in it holds an escape that is half a surrogate pair.");
        }
    }

    private static void Count(JsonElement root, RequestFacts facts, PromptMeter meter)
    {
        var family = meter.Family;
        meter.Shape.Messages = facts.Messages;
        if (root.Member("instructions"u8) is { } instructions)
        {
            meter.Shape.Messages++;
            Content(meter, instructions);
        }

        var input = root.GetProperty("input"u8);
        if (input.ValueKind == JsonValueKind.String)
        {
            Text(meter, input);
        }
        else
        {
            foreach (var item in input.EnumerateArray())
            {
                Item(meter, item);
            }
        }

        meter.Shape.Tools = facts.Tools;
        meter.Shape.FormatTokens += family.TokensPerRequest + ((long)family.TokensPerMessage * meter.Shape.Messages);
        if (facts.Tools > 0 && root.Member("tools"u8) is { } tools)
        {
            meter.Schema(JsonMarshal.GetRawUtf8Value(tools), family.RendersTools ? ToolText.Count(tools, family.Tokenizer) : null);
        }

        if (root.Member("text"u8)?.Member("format"u8)?.Member("schema"u8) is { } schema)
        {
            meter.Schema(JsonMarshal.GetRawUtf8Value(schema));
            meter.Shape.SchemaTokens += TokensAroundFormat;
        }
    }

    private static void Item(PromptMeter meter, JsonElement item)
    {
        meter.Shape.OtherBytes += BytesPerPart;
        switch (item.TextOf("type"u8))
        {
            case null or "message":
                if (meter.Family.CountsRoles && item.Member("role"u8, JsonValueKind.String) is { } role)
                {
                    Text(meter, role);
                }

                Content(meter, item.Member("content"u8));
                break;
            case "function_call" or "custom_tool_call":
                TextOf(meter, item, "name"u8);
                TextOf(meter, item, "arguments"u8);
                TextOf(meter, item, "input"u8);
                meter.Shape.FormatTokens += meter.Family.IsExact ? TokensPerCall : 0;
                break;
            case "function_call_output" or "custom_tool_call_output":
                Content(meter, item.Member("output"u8));
                break;
            case "reasoning" or "compaction":
                // What was thought in earlier turns is mostly taken out by the provider; sealed, it takes less than it does here.
                meter.Shape.OtherBytes += JsonMarshal.GetRawUtf8Value(item).Length;
                break;
            default:
                // Of an item nobody here knows, or one that is named only, the provider may read far more than stands here.
                meter.Shape.HasUnboundedContent = true;
                meter.Shape.OtherBytes += JsonMarshal.GetRawUtf8Value(item).Length;
                break;
        }
    }

    private static void Content(PromptMeter meter, JsonElement? content)
    {
        switch (content)
        {
            case { ValueKind: JsonValueKind.String } text:
                Text(meter, text);
                break;
            case { ValueKind: JsonValueKind.Array } parts:
                foreach (var part in parts.EnumerateArray())
                {
                    Part(meter, part);
                }

                break;
            case { } other:
                meter.Shape.OtherBytes += JsonMarshal.GetRawUtf8Value(other).Length;
                break;
        }
    }

    private static void Part(PromptMeter meter, JsonElement part)
    {
        meter.Shape.OtherBytes += BytesPerPart;
        switch (part.TextOf("type"u8))
        {
            case "input_text" or "output_text" or "text" or "refusal":
                TextOf(meter, part, "text"u8);
                TextOf(meter, part, "refusal"u8);
                break;
            case "input_image" when part.Member("image_url"u8, JsonValueKind.String) is { } url:
                meter.Image(ChatJson.Inside(url), part.TextOf("detail"u8) switch
                {
                    "low" => ImageDetail.Low,
                    "original" => ImageDetail.Original,
                    _ => ImageDetail.Auto,
                });
                break;
            case "input_audio" when part.Member("input_audio"u8)?.Member("data"u8, JsonValueKind.String) is { } data:
                meter.Audio(ChatJson.Inside(data));
                break;
            default:
                // Files, and what nobody here knows.
                meter.Shape.HasUnboundedContent = true;
                break;
        }
    }

    private static void TextOf(PromptMeter meter, JsonElement value, ReadOnlySpan<byte> name)
    {
        if (value.Member(name, JsonValueKind.String) is { } text)
        {
            Text(meter, text);
        }
    }

    private static void Text(PromptMeter meter, JsonElement text) => meter.Text(ChatJson.Inside(text));
}

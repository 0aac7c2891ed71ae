using System.Runtime.InteropServices;
using System.Text.Json;
using AiOrchestrator.Core.Metering;
using AiOrchestrator.Core.Metering.Counting;
using AiOrchestrator.Core.Platform;
using AiOrchestrator.Core.Providers.Chat;
using AiOrchestrator.Core.Providers.OpenAi;

namespace AiOrchestrator.Core.Providers.Anthropic;

/// <summary>
/// Counts the prompt of a request in Anthropic's shape (https://docs.anthropic.com/en/api/messages-count-tokens) by any family's rules. Members
/// and blocks nobody here knows are not counted.
/// </summary>
internal static class AnthropicPromptCounter
{
    /// <summary>Tokens a provider may put around a text in a message, as bytes of the bound.</summary>
    private const int BytesPerText = 8;

    /// <summary>The same of other blocks, which have ids.</summary>
    private const int BytesPerBlock = 64;

    private static readonly JsonDocumentOptions Strict = new() { MaxDepth = OpenAiRequestReader.MaxDepth, AllowDuplicateProperties = false };

    /// <summary>Counts.</summary>
    /// <param name="request">The request's members.</param>
    /// <param name="family">The model's family.</param>
    /// <param name="limits">The model's bounds.</param>
    /// <param name="shape">What was counted.</param>
    /// <returns>Null, or what is wrong with the request.</returns>
    public static ApiFailure? Count(MemberReader request, ModelFamily family, ModelLimits limits, out PromptShape shape)
    {
        if (request.Raw("messages") is { } messages)
        {
            return Count(messages, request.Raw("system"), request.Raw("tools"), new PromptMeter(family, limits), out shape);
        }

        shape = default;
        return new MissingParameter("messages");
    }

    /// <summary>Counts what a call asks, with a bound of what the model may be shown beside what is known here.</summary>
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
            var root = document.RootElement;
            var meter = new PromptMeter(family, limits);
            meter.Shape.OtherBytes = facts.OtherBytes;
            if ((root.Member("output_config"u8)?.Member("format"u8) ?? root.Member("output_format"u8)) is { } format)
            {
                meter.Schema(JsonMarshal.GetRawUtf8Value(format));
            }

            return Count(root.GetProperty("messages"u8), root.Member("system"u8), root.Member("tools"u8), meter, out shape);
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

    private static ApiFailure? Count(JsonElement messages, JsonElement? instructions, JsonElement? offered, PromptMeter meter, out PromptShape shape)
    {
        shape = default;

        if (messages.ValueKind != JsonValueKind.Array || messages.GetArrayLength() == 0)
        {
            return new InvalidParameter("messages", "'messages' must be an array of at least one message.");
        }

        if (instructions is { } system && !Content(meter, system))
        {
            return new InvalidParameter("system", "'system' must be a string or an array of blocks.");
        }

        foreach (var message in messages.EnumerateArray())
        {
            if (Message(meter, message) is { } failure)
            {
                return failure;
            }
        }

        var family = meter.Family;
        meter.Shape.FormatTokens = family.TokensPerRequest + ((long)family.TokensPerMessage * meter.Shape.Messages);
        if (offered is { } tools && !Tools(meter, tools))
        {
            return new InvalidParameter("tools", "'tools' must be an array of objects.");
        }

        shape = meter.Shape;
        return null;
    }

    private static ApiFailure? Message(PromptMeter meter, JsonElement message)
    {
        var at = meter.Shape.Messages++;
        if (message.ValueKind != JsonValueKind.Object
            || !message.TryGetProperty("role"u8, out var role) || role.ValueKind != JsonValueKind.String
            || !message.TryGetProperty("content"u8, out var content) || !Content(meter, content))
        {
            return new InvalidParameter($"messages[{at}]", $"'messages[{at}]' must be an object with 'role' and 'content', a string or an array of blocks.");
        }

        if (meter.Family.CountsRoles)
        {
            Text(meter, role);
        }

        return null;
    }

    private static bool Content(PromptMeter meter, JsonElement content)
    {
        if (content.ValueKind == JsonValueKind.String)
        {
            Text(meter, content);
            return true;
        }

        if (content.ValueKind != JsonValueKind.Array)
        {
            return false;
        }

        foreach (var block in content.EnumerateArray())
        {
            if (block.ValueKind != JsonValueKind.Object || !block.TryGetProperty("type"u8, out var type) || type.ValueKind != JsonValueKind.String || !Block(meter, block, type.GetString()!))
            {
                return false;
            }
        }

        return true;
    }

    private static bool Block(PromptMeter meter, JsonElement block, string type)
    {
        meter.Shape.OtherBytes += type == "text" ? BytesPerText : BytesPerBlock;
        switch (type)
        {
            case "text":
                return Member(block, "text"u8, JsonValueKind.String) is { } text && Text(meter, text);
            case "thinking":
                // Thinking of earlier turns is mostly taken out by the provider and not billed; models that keep it are billed for it.
                meter.Shape.OtherBytes += Member(block, "thinking"u8, JsonValueKind.String) is { } thought ? Inside(thought).Length : 0;
                return true;
            case "image":
                return Member(block, "source"u8, JsonValueKind.Object) is { } source && Image(meter, source);
            case "document":
                _ = Member(block, "title"u8, JsonValueKind.String) is { } title && Text(meter, title);
                _ = Member(block, "context"u8, JsonValueKind.String) is { } context && Text(meter, context);
                return Member(block, "source"u8, JsonValueKind.Object) is { } document && Document(meter, document);
            case "tool_use":
                return Call(meter, block);
            case "tool_result":
                return !block.TryGetProperty("content"u8, out var content) || Content(meter, content);
            default:
                meter.Shape.OtherBytes += JsonMarshal.GetRawUtf8Value(block).Length;
                return true;
        }
    }

    private static bool Image(PromptMeter meter, JsonElement source)
    {
        var data = Member(source, "data"u8, JsonValueKind.String);
        meter.Image(data is { } base64 ? PromptMeter.SizeOfBase64(Inside(base64)) : null, ImageDetail.Auto);
        return true;
    }

    private static bool Document(PromptMeter meter, JsonElement source)
    {
        if (Member(source, "type"u8, JsonValueKind.String) is { } type && type.ValueEquals("text"u8) && Member(source, "data"u8, JsonValueKind.String) is { } text)
        {
            return Text(meter, text);
        }

        if (source.TryGetProperty("content"u8, out var content) && content.ValueKind is JsonValueKind.String or JsonValueKind.Array)
        {
            return Content(meter, content);
        }

        meter.Shape.HasUnboundedContent = true;
        return true;
    }

    private static bool Call(PromptMeter meter, JsonElement block)
    {
        if (Member(block, "name"u8, JsonValueKind.String) is not { } name || !block.TryGetProperty("input"u8, out var input))
        {
            return false;
        }

        Text(meter, name);
        meter.Schema(JsonMarshal.GetRawUtf8Value(input));
        return true;
    }

    private static bool Tools(PromptMeter meter, JsonElement tools)
    {
        if (tools.ValueKind != JsonValueKind.Array || tools.EnumerateArray().Any(static t => t.ValueKind != JsonValueKind.Object))
        {
            return false;
        }

        meter.Shape.Tools = tools.GetArrayLength();
        if (meter.Shape.Tools > 0)
        {
            meter.Schema(JsonMarshal.GetRawUtf8Value(tools), meter.Family.RendersTools ? ToolText.Count(tools, meter.Family.Tokenizer) : null);
        }

        return true;
    }

    private static bool Text(PromptMeter meter, JsonElement text)
    {
        meter.Text(Inside(text));
        return true;
    }

    private static JsonElement? Member(JsonElement value, ReadOnlySpan<byte> name, JsonValueKind kind) =>
        value.TryGetProperty(name, out var member) && member.ValueKind == kind ? member : null;

    private static ReadOnlySpan<byte> Inside(JsonElement text) => JsonMarshal.GetRawUtf8Value(text)[1..^1];
}

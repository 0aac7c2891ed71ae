using System.Runtime.InteropServices;
using System.Text.Json;
using AiOrchestrator.Core.Metering;
using AiOrchestrator.Core.Metering.Counting;
using AiOrchestrator.Core.Platform;

namespace AiOrchestrator.Core.Providers.OpenAi;

/// <summary>
/// Counts the prompt of a request that <see cref="OpenAiRequestReader"/> has read, once the model and so the tokenizer is known. The rules of
/// OpenAI's families are those of its cookbook (https://cookbook.openai.com/examples/how_to_count_tokens_with_tiktoken) and, for functions,
/// those npm gpt-tokenizer found; see docs/metering/counting.md.
/// </summary>
internal ref struct OpenAiPromptCounter
{
    private const int TokensPerName = 1;
    private const int TokensPerCall = 3;
    private const int TokensOfFunctionRole = -2;
    private const int TokensOfSystemBesideFunctions = -4;
    private const int TokensOfNamedChoice = 4;
    private const int TokensOfNoChoice = 1;
    private const int TokensAroundFormat = 12;

    private static readonly JsonReaderOptions ReaderOptions = new() { MaxDepth = OpenAiRequestReader.MaxDepth };
    private static readonly JsonDocumentOptions DocumentOptions = new() { MaxDepth = OpenAiRequestReader.MaxDepth };

    private readonly PromptMeter _meter;
    private readonly ModelFamily _family;
    private readonly bool _hasFunctions;
    private bool _sawSystem;

    private OpenAiPromptCounter(PromptMeter meter, bool hasFunctions)
    {
        _meter = meter;
        _family = meter.Family;
        _hasFunctions = hasFunctions;
    }

    /// <summary>Counts.</summary>
    /// <param name="body">The request's body.</param>
    /// <param name="call">Which call it is for.</param>
    /// <param name="facts">What was read of it.</param>
    /// <param name="family">The model's family.</param>
    /// <param name="limits">The model's bounds.</param>
    /// <param name="shape">What was counted.</param>
    /// <returns>Null, or what is wrong with the request.</returns>
    public static ApiFailure? Count(
        ReadOnlyMemory<byte> body, ModelCall call, RequestFacts facts, ModelFamily family, ModelLimits limits, out PromptShape shape)
    {
        try
        {
            shape = Count(body, call, facts, new PromptMeter(family, limits));
            return null;
        }
        catch (InvalidOperationException)
        {
            // As in OpenAiRequestReader: names and texts that are compared here and were passed over there.
            shape = default;
            return new InvalidJson("a name or a text in it holds an escape that is half a surrogate pair.");
        }
    }

    private static PromptShape Count(ReadOnlyMemory<byte> body, ModelCall call, RequestFacts facts, PromptMeter meter)
    {
        var family = meter.Family;
        meter.Shape.Messages = facts.Messages;
        meter.Shape.OtherBytes = facts.OtherBytes;
        var prompt = Slice(body, facts.PromptRange);
        if (call != ModelCall.ChatCompletions)
        {
            OpenAiInputCounter.Count(meter, prompt.Span, call == ModelCall.Moderations);
            return meter.Shape;
        }

        meter.Shape.Tools = facts.Tools;
        meter.Shape.FormatTokens = family.TokensPerRequest + ((long)family.TokensPerMessage * facts.Messages);
        var counter = new OpenAiPromptCounter(meter, facts.Tools > 0 || facts.FunctionsRange.Length > 2);
        counter.Messages(prompt.Span);
        counter.Functions(Slice(body, facts.ToolsRange));
        counter.Functions(Slice(body, facts.FunctionsRange));
        counter.Choice(Slice(body, facts.ToolChoiceRange));
        counter.Format(Slice(body, facts.ResponseFormatRange));
        return meter.Shape;
    }

    private static ReadOnlyMemory<byte> Slice(ReadOnlyMemory<byte> body, ByteRange range) => body.Slice(range.Start, range.Length);

    private void Messages(ReadOnlySpan<byte> json)
    {
        var reader = new Utf8JsonReader(json, ReaderOptions);
        reader.Read();
        while (reader.Read() && reader.TokenType == JsonTokenType.StartObject)
        {
            Message(ref reader);
        }

        _meter.Shape.FormatTokens += _sawSystem && _hasFunctions && _family.RendersTools ? TokensOfSystemBesideFunctions : 0;
    }

    private void Message(ref Utf8JsonReader reader)
    {
        var isSystem = false;
        var text = default(ReadOnlySpan<byte>);
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals("role"u8))
            {
                reader.Read();
                isSystem = reader.ValueTextEquals("system"u8) || reader.ValueTextEquals("developer"u8);
                Role(ref reader);
            }
            else if (reader.ValueTextEquals("content"u8))
            {
                reader.Read();
                text = reader.TokenType == JsonTokenType.String ? reader.ValueSpan : default;
                Parts(ref reader);
            }
            else if (reader.ValueTextEquals("name"u8))
            {
                reader.Read();
                String(ref reader, _family.IsExact ? TokensPerName : 0);
            }
            else if (reader.ValueTextEquals("function_call"u8) || reader.ValueTextEquals("tool_calls"u8))
            {
                reader.Read();
                Calls(ref reader);
            }
            else if (reader.ValueTextEquals("refusal"u8))
            {
                reader.Read();
                String(ref reader, 0);
            }
            else if (reader.ValueTextEquals("audio"u8))
            {
                // What the assistant said before, by its id.
                reader.Read();
                _meter.Shape.HasUnboundedContent |= reader.TokenType == JsonTokenType.StartObject;
                reader.Skip();
            }
            else
            {
                Unknown(ref reader);
            }
        }

        // OpenAI separates the first instructions from the functions by a line break where they do not end with one.
        var first = isSystem && !_sawSystem;
        _sawSystem |= isSystem;
        _meter.Text(text, first && _hasFunctions && _family.RendersTools && !text.IsEmpty && !text.EndsWith("\\n"u8) ? "\n"u8 : default);
    }

    private readonly void Role(ref Utf8JsonReader reader)
    {
        if (_family.CountsRoles)
        {
            _meter.Text(reader.ValueSpan);
            _meter.Shape.FormatTokens += reader.ValueTextEquals("function"u8) ? TokensOfFunctionRole : 0;
        }
    }

    private readonly void Parts(ref Utf8JsonReader reader)
    {
        if (reader.TokenType != JsonTokenType.StartArray)
        {
            return;
        }

        while (reader.Read() && reader.TokenType == JsonTokenType.StartObject)
        {
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                Part(ref reader);
            }
        }
    }

    private readonly void Part(ref Utf8JsonReader reader)
    {
        if (reader.ValueTextEquals("type"u8))
        {
            // Of a part nobody here knows (a document's URL, say) the provider may read far more than stands here.
            reader.Read();
            _meter.Shape.HasUnboundedContent |= !IsKnownPart(ref reader);
            reader.Skip();
        }
        else if (reader.ValueTextEquals("text"u8) || reader.ValueTextEquals("refusal"u8))
        {
            reader.Read();
            String(ref reader, 0);
        }
        else if (reader.ValueTextEquals("image_url"u8))
        {
            reader.Read();
            Image(ref reader);
        }
        else if (reader.ValueTextEquals("input_audio"u8))
        {
            reader.Read();
            Audio(ref reader);
        }
        else if (reader.ValueTextEquals("file"u8) || reader.ValueTextEquals("video_url"u8))
        {
            _meter.Shape.HasUnboundedContent = true;
            reader.Read();
            reader.Skip();
        }
        else
        {
            Unknown(ref reader);
        }
    }

    private static bool IsKnownPart(ref Utf8JsonReader reader) =>
        reader.TokenType == JsonTokenType.String
        && (reader.ValueTextEquals("text"u8)
            || reader.ValueTextEquals("image_url"u8)
            || reader.ValueTextEquals("input_audio"u8)
            || reader.ValueTextEquals("refusal"u8)
            || reader.ValueTextEquals("thinking"u8));

    private readonly void Image(ref Utf8JsonReader reader)
    {
        // Some compatible providers take the URL alone.
        var url = reader.TokenType == JsonTokenType.String ? reader.ValueSpan : default;
        var detail = ImageDetail.Auto;
        if (reader.TokenType == JsonTokenType.StartObject)
        {
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                var isUrl = reader.ValueTextEquals("url"u8);
                var isDetail = reader.ValueTextEquals("detail"u8);
                reader.Read();
                if (isUrl && reader.TokenType == JsonTokenType.String)
                {
                    url = reader.ValueSpan;
                }
                else if (isDetail && reader.TokenType == JsonTokenType.String)
                {
                    detail = reader.ValueTextEquals("low"u8) ? ImageDetail.Low : reader.ValueTextEquals("original"u8) ? ImageDetail.Original : ImageDetail.Auto;
                }

                reader.Skip();
            }
        }

        reader.Skip();
        _meter.Image(url, detail);
    }

    private readonly void Audio(ref Utf8JsonReader reader)
    {
        var found = false;
        if (reader.TokenType == JsonTokenType.StartObject)
        {
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                var isData = reader.ValueTextEquals("data"u8);
                reader.Read();
                if (isData && reader.TokenType == JsonTokenType.String)
                {
                    found = true;
                    _meter.Audio(reader.ValueSpan);
                }

                reader.Skip();
            }
        }

        _meter.Shape.HasUnboundedContent |= !found;
        reader.Skip();
    }

    /// <summary>Names and arguments of one call or several.</summary>
    private readonly void Calls(ref Utf8JsonReader reader)
    {
        if (reader.TokenType is not (JsonTokenType.StartArray or JsonTokenType.StartObject))
        {
            return;
        }

        var depth = reader.CurrentDepth;
        while (reader.Read() && reader.CurrentDepth > depth)
        {
            if (reader.TokenType != JsonTokenType.PropertyName)
            {
                continue;
            }

            var isName = reader.ValueTextEquals("name"u8);
            if (isName || reader.ValueTextEquals("arguments"u8) || reader.ValueTextEquals("input"u8))
            {
                reader.Read();
                String(ref reader, isName && _family.IsExact ? TokensPerCall : 0);
            }
            else if (!reader.ValueTextEquals("function"u8) && !reader.ValueTextEquals("custom"u8))
            {
                Unknown(ref reader);
            }
        }
    }

    private readonly void Functions(ReadOnlyMemory<byte> json)
    {
        if (json.Length <= 2)
        {
            return;
        }

        if (!_family.RendersTools)
        {
            _meter.Schema(json.Span);
            return;
        }

        using var document = JsonDocument.Parse(json, DocumentOptions);
        _meter.Schema(json.Span, ToolText.Count(document.RootElement, _family.Tokenizer));
    }

    private readonly void Choice(ReadOnlyMemory<byte> json)
    {
        if (json.IsEmpty || !_family.RendersTools)
        {
            return;
        }

        using var document = JsonDocument.Parse(json, DocumentOptions);
        var choice = document.RootElement;
        if (choice.ValueKind == JsonValueKind.String)
        {
            _meter.Shape.FormatTokens += choice.ValueEquals("none"u8) ? TokensOfNoChoice : 0;
            return;
        }

        var function = choice.ValueKind == JsonValueKind.Object && choice.TryGetProperty("function"u8, out var inner) ? inner : choice;
        if (function.ValueKind == JsonValueKind.Object && function.TryGetProperty("name"u8, out var name) && name.ValueKind == JsonValueKind.String)
        {
            _meter.Text(JsonMarshal.GetRawUtf8Value(name)[1..^1]);
            _meter.Shape.FormatTokens += TokensOfNamedChoice;
        }
    }

    private readonly void Format(ReadOnlyMemory<byte> json)
    {
        if (json.IsEmpty)
        {
            return;
        }

        using var document = JsonDocument.Parse(json, DocumentOptions);
        if (document.RootElement.ValueKind == JsonValueKind.Object
            && document.RootElement.TryGetProperty("json_schema"u8, out var schema) && schema.ValueKind == JsonValueKind.Object)
        {
            _meter.Schema(JsonMarshal.GetRawUtf8Value(schema));
            _meter.Shape.SchemaTokens += TokensAroundFormat;
        }
    }

    private readonly void String(ref Utf8JsonReader reader, int formatTokens)
    {
        if (reader.TokenType == JsonTokenType.String)
        {
            _meter.Text(reader.ValueSpan);
            _meter.Shape.FormatTokens += formatTokens;
            return;
        }

        Rest(ref reader);
    }

    /// <summary>A member nobody here knows: within the bound, not within what is expected.</summary>
    private readonly void Unknown(ref Utf8JsonReader reader)
    {
        reader.Read();
        Rest(ref reader);
    }

    private readonly void Rest(ref Utf8JsonReader reader)
    {
        var start = reader.TokenStartIndex;
        reader.Skip();
        _meter.Shape.OtherBytes += reader.BytesConsumed - start;
    }
}

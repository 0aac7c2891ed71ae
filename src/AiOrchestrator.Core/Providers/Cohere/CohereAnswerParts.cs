using System.Text.Json;
using AiOrchestrator.Core.Providers.Chat;

namespace AiOrchestrator.Core.Providers.Cohere;

/// <summary>The objects of an array, or the one object that stands in its place in a stream.</summary>
internal struct CohereItems
{
    private readonly bool _isArray;
    private bool _isOver;

    /// <summary>Begins, the reader on the bracket or brace; anything else is passed over.</summary>
    public CohereItems(in Utf8JsonReader reader)
    {
        _isArray = reader.TokenType == JsonTokenType.StartArray;
        _isOver = !_isArray && reader.TokenType != JsonTokenType.StartObject;
    }

    /// <summary>Moves to the brace of the next object; false at the end, the reader on the end of it all.</summary>
    public bool Next(ref Utf8JsonReader reader)
    {
        if (_isOver)
        {
            return false;
        }

        if (!_isArray)
        {
            return _isOver = true;
        }

        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (reader.TokenType == JsonTokenType.StartObject)
            {
                return true;
            }

            reader.Skip();
        }

        _isOver = true;
        return false;
    }
}

/// <summary>A function call, or more of one: texts are the inside of JSON strings, empty where nothing is said.</summary>
internal readonly ref struct CohereCall
{
    /// <summary>Its id.</summary>
    public ReadOnlySpan<byte> Id { get; init; }

    /// <summary>The function's name.</summary>
    public ReadOnlySpan<byte> Name { get; init; }

    /// <summary>Its arguments.</summary>
    public ReadOnlySpan<byte> Arguments { get; init; }
}

/// <summary>Reads pieces of a message that stand alone, the reader on a piece's brace and afterwards on its end.</summary>
internal static class CohereAnswerParts
{
    /// <summary>Text or thoughts.</summary>
    public static void Content(ref Utf8JsonReader reader, ChatSink sink)
    {
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = reader.ValueSpan;
            reader.Read();
            if (reader.TokenType == JsonTokenType.String && name.SequenceEqual("text"u8))
            {
                sink.Text(0, reader.ValueSpan);
            }
            else if (reader.TokenType == JsonTokenType.String && name.SequenceEqual("thinking"u8))
            {
                sink.Reasoning(0, reader.ValueSpan);
            }

            reader.Skip();
        }
    }

    /// <summary>A function call.</summary>
    public static CohereCall Call(scoped ref Utf8JsonReader reader)
    {
        ReadOnlySpan<byte> id = default, name = default, arguments = default;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var isId = reader.ValueTextEquals("id"u8);
            var isFunction = reader.ValueTextEquals("function"u8);
            reader.Read();
            if (isFunction && reader.TokenType == JsonTokenType.StartObject)
            {
                Function(ref reader, ref name, ref arguments);
                continue;
            }

            id = isId && reader.TokenType == JsonTokenType.String ? reader.ValueSpan : id;
            reader.Skip();
        }

        return new CohereCall { Id = id, Name = name, Arguments = arguments };
    }

    /// <summary>Sources of a part of the text.</summary>
    public static void Citation(ref Utf8JsonReader reader, ChatSink sink)
    {
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var isSources = reader.ValueTextEquals("sources"u8);
            reader.Read();
            if (!isSources || reader.TokenType != JsonTokenType.StartArray)
            {
                reader.Skip();
                continue;
            }

            var each = new CohereItems(reader);
            while (each.Next(ref reader))
            {
                Source(ref reader, sink);
            }
        }
    }

    private static void Function(scoped ref Utf8JsonReader reader, ref ReadOnlySpan<byte> name, ref ReadOnlySpan<byte> arguments)
    {
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var isName = reader.ValueTextEquals("name"u8);
            var isArguments = reader.ValueTextEquals("arguments"u8);
            reader.Read();
            if (reader.TokenType == JsonTokenType.String)
            {
                name = isName ? reader.ValueSpan : name;
                arguments = isArguments ? reader.ValueSpan : arguments;
            }

            reader.Skip();
        }
    }

    /// <summary>A source that is a document has a title, a text and perhaps an address; what a function answered has none of them.</summary>
    private static void Source(ref Utf8JsonReader reader, ChatSink sink)
    {
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var isDocument = reader.ValueTextEquals("document"u8);
            reader.Read();
            if (!isDocument || reader.TokenType != JsonTokenType.StartObject)
            {
                reader.Skip();
                continue;
            }

            ReadOnlySpan<byte> title = default, url = default, text = default;
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                var name = reader.ValueSpan;
                reader.Read();
                if (reader.TokenType == JsonTokenType.String)
                {
                    title = name.SequenceEqual("title"u8) ? reader.ValueSpan : title;
                    url = name.SequenceEqual("url"u8) ? reader.ValueSpan : url;
                    text = name.SequenceEqual("text"u8) ? reader.ValueSpan : text;
                }

                reader.Skip();
            }

            sink.Citation(0, new ChatCitation { Url = url, Title = title, CitedText = text });
        }
    }
}

using System.Text.Json;

namespace AiOrchestrator.MockUpstream;

/// <summary>A request this mock refuses with 400.</summary>
internal sealed class BadRequestException(string message) : Exception(message);

/// <summary>What the mock needs of a chat request, read in one pass. All else is skipped.</summary>
internal sealed class ChatRequest
{
    private static readonly JsonReaderOptions ReaderOptions = new() { MaxDepth = 100_000 };

    public string Model { get; private set; } = "";

    public bool Stream { get; private set; }

    public bool IncludeUsage { get; private set; }

    public int Choices { get; private set; } = 1;

    public int MaxTokens { get; private set; } = int.MaxValue;

    /// <summary>Name of the first function offered; null when there are no tools or <c>tool_choice</c> is none.</summary>
    public string? Tool => _toolsOff || !_lastIsUser ? null : _firstTool;

    public string? User { get; private set; }

    public string? MockId { get; private set; }

    /// <summary>Raw JSON of <c>x_mock_echo</c>.</summary>
    public byte[]? Echo { get; private set; }

    public MockBehaviour Behaviour { get; private set; } = MockBehaviour.Default;

    public int PromptTokens { get; private set; } = MockTokens.PerRequest;

    private string? _firstTool;
    private bool _toolsOff;
    private bool _lastIsUser;
    private bool _hasBehaviour;

    /// <exception cref="JsonException">The body is not JSON, or a member has the wrong type.</exception>
    /// <exception cref="BadRequestException">A value is out of range.</exception>
    public static ChatRequest Parse(ReadOnlySpan<byte> body)
    {
        var request = new ChatRequest();
        var reader = new Utf8JsonReader(body, ReaderOptions);
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartObject) throw new JsonException("not an object");
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName) request.Member(ref reader, body);
        reader.Read();
        if (!request._hasBehaviour) request.Behaviour = MockBehaviour.FromModel(request.Model);
        return request;
    }

    private void Member(ref Utf8JsonReader reader, ReadOnlySpan<byte> body)
    {
        if (reader.ValueTextEquals("model"u8)) Model = String(ref reader) ?? "";
        else if (reader.ValueTextEquals("messages"u8)) Messages(ref reader);
        else if (reader.ValueTextEquals("stream"u8)) Stream = Flag(ref reader);
        else if (reader.ValueTextEquals("stream_options"u8)) StreamOptions(ref reader);
        else if (reader.ValueTextEquals("n"u8)) Choices = Positive(ref reader, "n", 128) ?? 1;
        else if (reader.ValueTextEquals("max_tokens"u8)) Limit(Positive(ref reader, "max_tokens", int.MaxValue));
        else if (reader.ValueTextEquals("max_completion_tokens"u8)) Limit(Positive(ref reader, "max_completion_tokens", int.MaxValue));
        else if (reader.ValueTextEquals("tools"u8)) Tools(ref reader);
        else if (reader.ValueTextEquals("tool_choice"u8)) ToolChoice(ref reader);
        else if (reader.ValueTextEquals("user"u8)) User = String(ref reader);
        else if (reader.ValueTextEquals("metadata"u8)) Metadata(ref reader);
        else if (reader.ValueTextEquals("x_mock"u8)) ReadBehaviour(ref reader);
        else if (reader.ValueTextEquals("x_mock_echo"u8)) Echo = RawValue(ref reader, body);
        else Skip(ref reader);
    }

    private void Limit(int? value) => MaxTokens = Math.Min(MaxTokens, value ?? int.MaxValue);

    private void Messages(ref Utf8JsonReader reader)
    {
        if (!Array(ref reader)) throw new BadRequestException("messages must be an array");
        while (reader.Read() && reader.TokenType == JsonTokenType.StartObject)
        {
            var bytes = 0;
            _lastIsUser = false;
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                if (reader.ValueTextEquals("content"u8)) bytes += ContentBytes(ref reader);
                else if (reader.ValueTextEquals("role"u8)) _lastIsUser = reader.Read() && reader.ValueTextEquals("user"u8);
                else Skip(ref reader);
            }

            PromptTokens += MockTokens.Message(bytes);
        }

        if (reader.TokenType != JsonTokenType.EndArray) throw new BadRequestException("messages must hold objects");
    }

    private static int ContentBytes(ref Utf8JsonReader reader)
    {
        reader.Read();
        if (reader.TokenType == JsonTokenType.String) return TextBytes(ref reader);
        if (reader.TokenType != JsonTokenType.StartArray)
        {
            reader.Skip();
            return 0;
        }

        var total = 0;
        while (reader.Read() && reader.TokenType == JsonTokenType.StartObject)
        {
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                if (reader.ValueTextEquals("text"u8) && reader.Read() && reader.TokenType == JsonTokenType.String)
                    total += TextBytes(ref reader);
                else
                    Skip(ref reader);
            }
        }

        return total;
    }

    /// <summary>UTF-8 bytes of the string the reader stands on, escapes resolved.</summary>
    internal static int TextBytes(ref Utf8JsonReader reader)
    {
        if (!reader.ValueIsEscaped) return reader.ValueSpan.Length;
        var copy = new byte[reader.ValueSpan.Length];
        return reader.CopyString(copy);
    }

    private void StreamOptions(ref Utf8JsonReader reader)
    {
        if (!Object(ref reader)) return;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals("include_usage"u8)) IncludeUsage = Flag(ref reader);
            else Skip(ref reader);
        }
    }

    private void Tools(ref Utf8JsonReader reader)
    {
        reader.Read();
        using var tools = JsonDocument.ParseValue(ref reader);
        if (tools.RootElement.ValueKind != JsonValueKind.Array) return;
        foreach (var tool in tools.RootElement.EnumerateArray())
        {
            if (tool.TryGetProperty("function", out var function) && function.TryGetProperty("name", out var name))
                _firstTool ??= name.GetString();
        }
    }

    private void ToolChoice(ref Utf8JsonReader reader)
    {
        reader.Read();
        _toolsOff = reader.TokenType == JsonTokenType.String && reader.ValueTextEquals("none"u8);
        reader.Skip();
    }

    private void Metadata(ref Utf8JsonReader reader)
    {
        if (!Object(ref reader)) return;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals("mock_id"u8)) MockId = String(ref reader);
            else Skip(ref reader);
        }
    }

    private void ReadBehaviour(ref Utf8JsonReader reader)
    {
        reader.Read();
        Behaviour = JsonSerializer.Deserialize<MockBehaviour>(ref reader, MockBehaviour.Json) ?? MockBehaviour.Default;
        _hasBehaviour = true;
    }

    private static byte[] RawValue(ref Utf8JsonReader reader, ReadOnlySpan<byte> body)
    {
        reader.Read();
        var start = (int)reader.TokenStartIndex;
        reader.Skip();
        return body[start..(int)reader.BytesConsumed].ToArray();
    }

    private static string? String(ref Utf8JsonReader reader)
    {
        reader.Read();
        return reader.TokenType is JsonTokenType.String or JsonTokenType.Null
            ? reader.GetString()
            : throw new JsonException("a string was expected");
    }

    private static bool Flag(ref Utf8JsonReader reader)
    {
        reader.Read();
        return reader.TokenType switch
        {
            JsonTokenType.True => true,
            JsonTokenType.False or JsonTokenType.Null => false,
            _ => throw new JsonException("a boolean was expected"),
        };
    }

    private static int? Positive(ref Utf8JsonReader reader, string name, int max)
    {
        reader.Read();
        if (reader.TokenType == JsonTokenType.Null) return null;
        if (reader.TokenType != JsonTokenType.Number || !reader.TryGetInt32(out var value) || value < 1 || value > max)
            throw new BadRequestException($"{name} must be a whole number from 1 to {max}");
        return value;
    }

    private static bool Array(ref Utf8JsonReader reader) => Opens(ref reader, JsonTokenType.StartArray);

    private static bool Object(ref Utf8JsonReader reader) => Opens(ref reader, JsonTokenType.StartObject);

    private static bool Opens(ref Utf8JsonReader reader, JsonTokenType type)
    {
        reader.Read();
        if (reader.TokenType == type) return true;
        reader.Skip();
        return false;
    }

    private static void Skip(ref Utf8JsonReader reader)
    {
        if (reader.TokenType == JsonTokenType.PropertyName) reader.Read();
        reader.Skip();
    }
}

using System.Globalization;
using System.Text;
using System.Text.Json;

namespace AiOrchestrator.MockUpstream;

/// <summary>What the mock needs of a request for images or sound: members of its JSON, or fields of its form.</summary>
internal sealed class MediaCall
{
    private readonly Dictionary<string, string> _texts = new(StringComparer.Ordinal);

    public string Model => Text("model") ?? throw new BadRequestException("model is missing");

    /// <summary>The bytes of the form's file.</summary>
    public ReadOnlyMemory<byte> File { get; private set; }

    public MockBehaviour Behaviour { get; private set; } = MockBehaviour.Default;

    public static MediaCall OfJson(ReadOnlyMemory<byte> body)
    {
        using var document = JsonDocument.Parse(body);
        var call = new MediaCall();
        foreach (var member in document.RootElement.EnumerateObject())
        {
            call._texts[member.Name] = member.Value.ValueKind == JsonValueKind.String ? member.Value.GetString()! : member.Value.GetRawText();
        }

        return call.Steered();
    }

    /// <summary>Every part between two boundaries, its name from its headers.</summary>
    /// <param name="isSteered">Whether its model says how it is to be answered.</param>
    public static MediaCall OfForm(ReadOnlyMemory<byte> body, string contentType, bool isSteered = true)
    {
        var at = contentType.IndexOf("boundary=", StringComparison.Ordinal);
        if (at < 0) throw new BadRequestException("no boundary");
        var boundary = Encoding.ASCII.GetBytes("--" + contentType[(at + 9)..].Split(';')[0].Trim('"'));
        var call = new MediaCall();
        var start = body.Span.IndexOf(boundary);
        while (start >= 0)
        {
            start += boundary.Length + 2;
            var length = start > body.Length ? -1 : body.Span[start..].IndexOf(boundary);
            if (length < 0) break;
            call.Part(body.Slice(start, length - 2));
            start += length;
        }

        return isSteered ? call.Steered() : call;
    }

    public string? Text(string name) => _texts.GetValueOrDefault(name);

    public int Number(string name, int otherwise) =>
        int.TryParse(Text(name), NumberStyles.None, CultureInfo.InvariantCulture, out var value) ? value : otherwise;

    private void Part(ReadOnlyMemory<byte> part)
    {
        var end = part.Span.IndexOf("\r\n\r\n"u8);
        if (end < 0) throw new BadRequestException("a part without headers");
        var headers = Encoding.UTF8.GetString(part.Span[..end]);
        var name = headers[(headers.IndexOf(" name=\"", StringComparison.Ordinal) + 7)..].Split('"')[0];
        if (name is "file") File = part[(end + 4)..];
        else _texts[name] = Encoding.UTF8.GetString(part.Span[(end + 4)..]);
    }

    private MediaCall Steered()
    {
        Behaviour = Text("x_mock") is { } steering
            ? JsonSerializer.Deserialize<MockBehaviour>(steering, MockBehaviour.Json) ?? MockBehaviour.Default
            : MockBehaviour.FromModel(Model);
        return this;
    }
}

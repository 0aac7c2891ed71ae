using System.Buffers.Binary;
using System.Text;
using System.Text.Json;
using AiOrchestrator.Core.Platform;

namespace AiOrchestrator.Server.Storage;

/// <summary>
/// Reads from an event's JSON just the members usage is filtered by. Text is kept as UTF-8 in one reused buffer: nothing is
/// allocated per event.
/// </summary>
internal sealed class UsageColumns
{
    /// <summary>Bytes of the id as stored: big endian, so that bytes sort as time does.</summary>
    public const int IdBytes = 16;

    private readonly byte[] _id = new byte[IdBytes];
    private readonly Range[] _ranges = new Range[6];
    private byte[] _text = new byte[4096];

    /// <summary>The exchange id.</summary>
    public ReadOnlySpan<byte> Id => _id;

    /// <summary>When the request arrived.</summary>
    public long CreatedUnixMs { get; private set; }

    /// <summary>Empty when the event has none, like the others.</summary>
    public ReadOnlySpan<byte> OrganisationId => Text(0);

    public ReadOnlySpan<byte> KeyId => Text(1);

    public ReadOnlySpan<byte> Model => Text(2);

    public ReadOnlySpan<byte> Provider => Text(3);

    public ReadOnlySpan<byte> RequestId => Text(4);

    public ReadOnlySpan<byte> Status => Text(5);

    /// <summary>Reads one event.</summary>
    /// <exception cref="JsonException">It is not JSON, or has no exchange id: then it is not an event the stream took.</exception>
    public void Read(ReadOnlySpan<byte> json)
    {
        if (_text.Length < json.Length)
        {
            _text = new byte[json.Length];
        }

        Array.Clear(_ranges);
        CreatedUnixMs = 0;
        var hasId = false;
        var used = 0;
        var found = 0;
        var reader = new Utf8JsonReader(json);
        _ = reader.Read();
        while (found < Columns && reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var column = Column(ref reader);
            found += column == NoColumn ? 0 : 1;
            _ = reader.Read();
            if (column >= 0 && reader.TokenType == JsonTokenType.String)
            {
                // Unescaped text is never longer than the JSON it came from, so it fits.
                var length = reader.CopyString(_text.AsSpan(used));
                _ranges[column] = used..(used + length);
                used += length;
            }
            else if (column == CreatedColumn)
            {
                CreatedUnixMs = reader.GetInt64();
            }
            else if (column == IdColumn)
            {
                hasId = ReadId(ref reader);
            }
            else
            {
                reader.Skip();
            }
        }

        if (!hasId)
        {
            throw new JsonException("A usage event has no exchange id.");
        }
    }

    /// <summary>An event is written with these first; behind the last of them there is nothing to look for.</summary>
    private const int Columns = 8;
    private const int CreatedColumn = -1;
    private const int IdColumn = -2;
    private const int NoColumn = -3;

    private static int Column(ref Utf8JsonReader reader) =>
        reader.ValueTextEquals("organisation_id"u8) ? 0
        : reader.ValueTextEquals("key_id"u8) ? 1
        : reader.ValueTextEquals("model"u8) ? 2
        : reader.ValueTextEquals("provider"u8) ? 3
        : reader.ValueTextEquals("request_id"u8) ? 4
        : reader.ValueTextEquals("status"u8) ? 5
        : reader.ValueTextEquals("created_unix_ms"u8) ? CreatedColumn
        : reader.ValueTextEquals("id"u8) ? IdColumn
        : NoColumn;

    private bool ReadId(ref Utf8JsonReader reader)
    {
        if (reader.TokenType != JsonTokenType.String || reader.HasValueSequence || reader.ValueSpan.Length > 64)
        {
            return false;
        }

        Span<char> chars = stackalloc char[64];
        var length = Encoding.UTF8.GetChars(reader.ValueSpan, chars);
        if (!ExchangeId.TryParse(chars[..length], out var id))
        {
            return false;
        }

        BinaryPrimitives.WriteUInt128BigEndian(_id, id.Value);
        return true;
    }

    private ReadOnlySpan<byte> Text(int column) => _text.AsSpan(_ranges[column]);
}

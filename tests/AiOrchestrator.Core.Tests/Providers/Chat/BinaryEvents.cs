using System.Buffers.Binary;
using System.Text;
using System.Text.Json;

namespace AiOrchestrator.Core.Tests.Providers.Chat;

/// <summary>Frames binary events (https://smithy.io/2.0/aws/amazon-eventstream.html), with a checksum of the tests' own.</summary>
internal static class BinaryEvents
{
    /// <summary>Recorded lines, each an object with one member: the event's name and what it carries.</summary>
    public static byte[] OfLines(IEnumerable<string> lines) => [.. lines.SelectMany(OfLine)];

    /// <summary>One of them.</summary>
    public static byte[] OfLine(string line)
    {
        using var json = JsonDocument.Parse(line);
        var member = json.RootElement.EnumerateObject().Single();
        return Frame("event", member.Name, member.Value.GetRawText());
    }

    /// <summary>An event, or an exception.</summary>
    public static byte[] Frame(string type, string name, string payload) => Frame(
        [.. Header($":{type}-type", name), .. Header(":content-type", "application/json"), .. Header(":message-type", type)], Encoding.UTF8.GetBytes(payload));

    /// <summary>A frame with headers of whatever kind.</summary>
    public static byte[] Frame(byte[] headers, byte[] payload)
    {
        var frame = new byte[16 + headers.Length + payload.Length];
        BinaryPrimitives.WriteInt32BigEndian(frame, frame.Length);
        BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(4), headers.Length);
        BinaryPrimitives.WriteUInt32BigEndian(frame.AsSpan(8), Checksum(frame.AsSpan(0, 8)));
        headers.CopyTo(frame, 12);
        payload.CopyTo(frame, 12 + headers.Length);
        BinaryPrimitives.WriteUInt32BigEndian(frame.AsSpan(frame.Length - 4), Checksum(frame.AsSpan(0, frame.Length - 4)));
        return frame;
    }

    /// <summary>A header whose value is a text.</summary>
    public static byte[] Header(string name, string value) =>
        [(byte)name.Length, .. Encoding.ASCII.GetBytes(name), 7, (byte)(value.Length >> 8), (byte)value.Length, .. Encoding.ASCII.GetBytes(value)];

    private static uint Checksum(ReadOnlySpan<byte> bytes)
    {
        var crc = 0xFFFFFFFFu;
        foreach (var b in bytes)
        {
            crc ^= b;
            for (var bit = 0; bit < 8; bit++)
            {
                crc = (crc >> 1) ^ (0xEDB88320u * (crc & 1));
            }
        }

        return crc ^ 0xFFFFFFFFu;
    }
}

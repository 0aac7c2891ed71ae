using System.Buffers.Binary;

namespace AiOrchestrator.Core.Platform;

/// <summary>What stands at the start of a buffer of binary events.</summary>
internal enum EventStreamPiece
{
    /// <summary>Less than a whole event so far.</summary>
    Incomplete,

    /// <summary>A whole event whose checksums hold.</summary>
    Event,

    /// <summary>A whole event, and larger than what is taken.</summary>
    TooLarge,

    /// <summary>No event, or one that was damaged on its way.</summary>
    Invalid,
}

/// <summary>One binary event: spans of the buffer it was found in.</summary>
internal readonly ref struct EventStreamEvent
{
    /// <summary>Bytes it takes in the buffer.</summary>
    public int Length { get; init; }

    /// <summary>What it is called: <c>:event-type</c>, of an exception <c>:exception-type</c>, of an error <c>:error-code</c>; empty where it has none.</summary>
    public ReadOnlySpan<byte> Name { get; init; }

    /// <summary>What it carries, mostly JSON; of an error, which carries nothing, its message: a text, no JSON.</summary>
    public ReadOnlySpan<byte> Data { get; init; }
}

/// <summary>
/// Finds the events in a buffer of application/vnd.amazon.eventstream (https://smithy.io/2.0/aws/amazon-eventstream.html): four bytes of total length,
/// four of the headers' length, a checksum of both, headers, payload, a checksum of all of it. Keeps nothing between two calls: a frame says at its
/// start how long it is.
/// </summary>
internal static class EventStreamScanner
{
    private const int PreludeBytes = 12;
    private const int ChecksumBytes = 4;
    private const int LeastBytes = PreludeBytes + ChecksumBytes;
    private const byte BytesKind = 6;
    private const byte TextKind = 7;

    /// <summary>Looks at the first event of a buffer.</summary>
    /// <param name="buffer">Starts where the last event ended and may have grown since.</param>
    /// <param name="maxBytes">The largest event that is taken.</param>
    /// <param name="found">The event, if it is whole.</param>
    public static EventStreamPiece Next(ReadOnlySpan<byte> buffer, int maxBytes, out EventStreamEvent found)
    {
        found = default;
        if (buffer.Length < PreludeBytes)
        {
            return EventStreamPiece.Incomplete;
        }

        // The lengths are believed only where their own checksum holds: nobody waits for bytes that will not come.
        var total = BinaryPrimitives.ReadUInt32BigEndian(buffer);
        var headers = BinaryPrimitives.ReadUInt32BigEndian(buffer[4..]);
        if (Crc32.Of(buffer[..8]) != BinaryPrimitives.ReadUInt32BigEndian(buffer[8..]) || total < LeastBytes || headers > total - LeastBytes)
        {
            return EventStreamPiece.Invalid;
        }

        if (total > maxBytes)
        {
            return EventStreamPiece.TooLarge;
        }

        if (buffer.Length < total)
        {
            return EventStreamPiece.Incomplete;
        }

        var frame = buffer[..(int)total];
        return Crc32.Of(frame[..^ChecksumBytes]) == BinaryPrimitives.ReadUInt32BigEndian(frame[^ChecksumBytes..]) && TryRead(frame, (int)headers, ref found)
            ? EventStreamPiece.Event
            : EventStreamPiece.Invalid;
    }

    private static bool TryRead(ReadOnlySpan<byte> frame, int headersLength, ref EventStreamEvent found)
    {
        ReadOnlySpan<byte> type = default, name = default, exception = default, code = default, message = default;
        for (var rest = frame.Slice(PreludeBytes, headersLength); !rest.IsEmpty;)
        {
            if (!TryHeader(ref rest, out var header, out var value))
            {
                return false;
            }

            _ = Take(header, ":message-type"u8, ref type, value) || Take(header, ":event-type"u8, ref name, value) || Take(header, ":exception-type"u8, ref exception, value)
                || Take(header, ":error-code"u8, ref code, value) || Take(header, ":error-message"u8, ref message, value);
        }

        var isError = type.SequenceEqual("error"u8);
        found = new EventStreamEvent
        {
            Length = frame.Length,
            Name = isError ? code : type.SequenceEqual("exception"u8) ? exception : name,
            Data = isError ? message : frame[(PreludeBytes + headersLength)..^ChecksumBytes],
        };
        return true;
    }

    private static bool Take(scoped ReadOnlySpan<byte> name, scoped ReadOnlySpan<byte> wanted, ref ReadOnlySpan<byte> into, ReadOnlySpan<byte> value)
    {
        if (!name.SequenceEqual(wanted))
        {
            return false;
        }

        into = value;
        return true;
    }

    /// <summary>Takes one header off the front: its name's length and name, the kind of its value, the value. Only texts are of interest.</summary>
    private static bool TryHeader(scoped ref ReadOnlySpan<byte> rest, out ReadOnlySpan<byte> name, out ReadOnlySpan<byte> text)
    {
        name = text = default;
        var nameLength = rest[0];
        if (rest.Length < 2 + nameLength)
        {
            return false;
        }

        name = rest.Slice(1, nameLength);
        var kind = rest[1 + nameLength];
        rest = rest[(2 + nameLength)..];
        var head = kind is BytesKind or TextKind ? 2 : 0;
        if (rest.Length < head)
        {
            return false;
        }

        var length = head == 2 ? BinaryPrimitives.ReadUInt16BigEndian(rest) : FixedLength(kind);
        if (length < 0 || rest.Length < head + length)
        {
            return false;
        }

        text = kind == TextKind ? rest.Slice(head, length) : default;
        rest = rest[(head + length)..];
        return true;
    }

    /// <summary>Bytes of a value that does not say how long it is; -1 for a kind there is not.</summary>
    private static int FixedLength(byte kind) => kind switch
    {
        0 or 1 => 0, // true, false
        2 => 1,
        3 => 2,
        4 => 4,
        5 or 8 => 8, // a long, a time
        9 => 16, // a UUID
        _ => -1,
    };
}

using System.Buffers.Binary;

namespace AiOrchestrator.Core.Metering.Counting;

/// <summary>How long a piece of audio lasts, from the head of its file.</summary>
/// <param name="TenthsExpected">Tenths of a second it should last.</param>
/// <param name="TenthsMax">Tenths of a second it can last at most.</param>
public readonly record struct AudioLength(long TenthsExpected, long TenthsMax)
{
    // MPEG layer III goes down to 8 kbit/s; speech is usually sent at 64.
    private const long SlowestBytesPerSecond = 1_000;
    private const long UsualBytesPerSecond = 8_000;
    private const int WavHeadBytes = 36;

    /// <summary>Reads it from a file in base64: uncompressed WAV by its head, everything else by its size.</summary>
    /// <param name="base64">The file's text.</param>
    public static AudioLength Read(ReadOnlySpan<byte> base64)
    {
        var bytes = Base64Bytes.Length(base64);
        Span<byte> head = stackalloc byte[WavHeadBytes];
        if (Base64Bytes.Read(base64, 0, head) == head.Length
            && head.StartsWith("RIFF"u8) && head[8..].StartsWith("WAVEfmt "u8)
            && BinaryPrimitives.ReadUInt16LittleEndian(head[20..]) is 1 or 3)
        {
            // What one sample takes, times how many there are in a second: the head's own rate is not needed and may be wrong.
            var sample = (long)BinaryPrimitives.ReadUInt16LittleEndian(head[22..]) * BinaryPrimitives.ReadUInt16LittleEndian(head[34..]) / 8;
            var perSecond = sample * BinaryPrimitives.ReadUInt32LittleEndian(head[24..]);
            if (perSecond >= SlowestBytesPerSecond)
            {
                var tenths = Tenths(bytes, perSecond);
                return new AudioLength(tenths, tenths);
            }
        }

        return new AudioLength(Tenths(bytes, UsualBytesPerSecond), Tenths(bytes, SlowestBytesPerSecond));
    }

    private static long Tenths(long bytes, long perSecond) => ((bytes * 10) + perSecond - 1) / perSecond;
}

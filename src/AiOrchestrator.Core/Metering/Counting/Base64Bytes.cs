using System.Buffers;
using System.Buffers.Text;

namespace AiOrchestrator.Core.Metering.Counting;

/// <summary>Reads bytes out of a text in base64 without decoding what is before them.</summary>
internal static class Base64Bytes
{
    private const int GroupChars = 4;
    private const int GroupBytes = 3;

    /// <summary>Bytes the text stands for.</summary>
    public static long Length(ReadOnlySpan<byte> base64) => base64.TrimEnd((byte)'=').Length * (long)GroupBytes / GroupChars;

    /// <summary>Reads from a place.</summary>
    /// <returns>How many bytes there were, up to <paramref name="bytes"/>; fewer at the end, or where it is no base64.</returns>
    public static int Read(ReadOnlySpan<byte> base64, long at, Span<byte> bytes)
    {
        Span<byte> decoded = stackalloc byte[48];
        var written = 0;
        while (written < bytes.Length)
        {
            var from = at / GroupBytes * GroupChars;
            var skip = (int)(at % GroupBytes);
            if (from >= base64.Length)
            {
                break;
            }

            var part = base64.Slice((int)from, (int)Math.Min(base64.Length - from, decoded.Length / GroupBytes * GroupChars));
            if (Base64.DecodeFromUtf8(part, decoded, out _, out var count) is OperationStatus.InvalidData && count == 0)
            {
                break;
            }

            var fresh = decoded[Math.Min(skip, count)..count];
            if (fresh.IsEmpty)
            {
                break;
            }

            fresh = fresh[..Math.Min(fresh.Length, bytes.Length - written)];
            fresh.CopyTo(bytes[written..]);
            written += fresh.Length;
            at += fresh.Length;
        }

        return written;
    }
}

using System.Buffers.Binary;

namespace AiOrchestrator.Core.Metering.Counting;

/// <summary>The size of a picture, read from the first bytes of its file without decoding it.</summary>
/// <param name="Width">Pixels; 1 or more.</param>
/// <param name="Height">Pixels; 1 or more.</param>
public readonly record struct ImageSize(int Width, int Height)
{
    // A side beyond this no vendor takes; what claims more is not believed.
    private const int MaxSide = 1 << 20;
    private const int HeadBytes = 32;

    /// <summary>Reads it from a file in base64: PNG, JPEG, GIF or WebP.</summary>
    /// <param name="base64">The file's text, without the <c>data:</c> prefix.</param>
    /// <returns>Null for another format, or a broken head.</returns>
    public static ImageSize? Read(ReadOnlySpan<byte> base64)
    {
        Span<byte> head = stackalloc byte[HeadBytes];
        head = head[..Base64Bytes.Read(base64, 0, head)];
        if (head.Length >= 24 && head[0] == 0x89 && head[1..].StartsWith("PNG\r\n\x1a\n"u8))
        {
            return Valid(BinaryPrimitives.ReadInt32BigEndian(head[16..]), BinaryPrimitives.ReadInt32BigEndian(head[20..]));
        }

        if (head.Length >= 10 && (head.StartsWith("GIF87a"u8) || head.StartsWith("GIF89a"u8)))
        {
            return Valid(BinaryPrimitives.ReadUInt16LittleEndian(head[6..]), BinaryPrimitives.ReadUInt16LittleEndian(head[8..]));
        }

        if (head.Length >= 30 && head.StartsWith("RIFF"u8) && head[8..].StartsWith("WEBP"u8))
        {
            return ReadWebP(head);
        }

        return head.Length >= 4 && head[0] == 0xFF && head[1] == 0xD8 ? ReadJpeg(base64) : null;
    }

    /// <summary>The three kinds of https://developers.google.com/speed/webp/docs/riff_container.</summary>
    private static ImageSize? ReadWebP(ReadOnlySpan<byte> head)
    {
        var kind = head[12..16];
        if (kind.SequenceEqual("VP8 "u8))
        {
            return Valid(BinaryPrimitives.ReadUInt16LittleEndian(head[26..]) & 0x3FFF, BinaryPrimitives.ReadUInt16LittleEndian(head[28..]) & 0x3FFF);
        }

        if (kind.SequenceEqual("VP8L"u8))
        {
            var bits = BinaryPrimitives.ReadUInt32LittleEndian(head[21..]);
            return Valid((int)(bits & 0x3FFF) + 1, (int)((bits >> 14) & 0x3FFF) + 1);
        }

        return kind.SequenceEqual("VP8X"u8) ? Valid(Whole24(head[24..]) + 1, Whole24(head[27..]) + 1) : null;
    }

    /// <summary>Walks the segments up to the one that starts a frame, reading only their heads.</summary>
    private static ImageSize? ReadJpeg(ReadOnlySpan<byte> base64)
    {
        Span<byte> segment = stackalloc byte[9];
        long at = 2;
        while (Base64Bytes.Read(base64, at, segment) == segment.Length && segment[0] == 0xFF)
        {
            var marker = segment[1];
            if (marker == 0xFF)
            {
                at++;
                continue;
            }

            if (marker is >= 0xC0 and <= 0xCF and not (0xC4 or 0xC8 or 0xCC))
            {
                return Valid(BinaryPrimitives.ReadUInt16BigEndian(segment[7..]), BinaryPrimitives.ReadUInt16BigEndian(segment[5..]));
            }

            var length = BinaryPrimitives.ReadUInt16BigEndian(segment[2..]);
            if (marker is 0xDA or 0xD9 || length < 2)
            {
                return null;
            }

            at += 2 + length;
        }

        return null;
    }

    private static int Whole24(ReadOnlySpan<byte> bytes) => bytes[0] | (bytes[1] << 8) | (bytes[2] << 16);

    private static ImageSize? Valid(int width, int height) =>
        width is > 0 and <= MaxSide && height is > 0 and <= MaxSide ? new ImageSize(width, height) : null;
}

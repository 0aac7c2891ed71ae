using System.Buffers.Binary;

namespace AiOrchestrator.Core.Metering.Media;

/// <summary>How long an audio file plays.</summary>
/// <param name="Ms">Milliseconds, rounded up.</param>
/// <param name="IsMeasured">True: read from its headers or frames. False: a bound, from its size.</param>
public readonly record struct AudioLength(long Ms, bool IsMeasured)
{
    /// <summary>
    /// What a second takes at least, in bytes: 6 kbit/s, the least Opus is used at (RFC 6716, 2.1.1); no other codec of these files goes below.
    /// </summary>
    public const int LeastBytesPerSecond = 750;

    private const int OpusRate = 48_000;

    /// <summary>
    /// Measures a file: WAV by its header, MP3 frame by frame, FLAC by its stream info, Ogg by its last page, MP4 by its movie header. Anything
    /// else, WebM among it, and what contradicts itself is bounded by its size. A header is its sender's word; what providers report decides.
    /// </summary>
    public static AudioLength Of(ReadOnlySpan<byte> file)
    {
        var bound = (file.Length * 1000L / LeastBytesPerSecond) + 1;
        var measured = file.StartsWith("RIFF"u8) ? Wav(file)
            : file.StartsWith("fLaC"u8) ? Flac(file)
            : file.StartsWith("OggS"u8) ? Ogg(file)
            : file.Length > 8 && file[4..].StartsWith("ftyp"u8) ? Mp4(file)
            : Mp3.Ms(file);

        // Whoever claims more than a file of this size can hold has not told the truth, and pays no more for it.
        return measured is { } ms && ms <= bound ? new AudioLength(ms, IsMeasured: true) : new AudioLength(bound, IsMeasured: false);
    }

    /// <summary>So many samples at a rate in milliseconds, rounded up; null where the rate is 0.</summary>
    internal static long? Milliseconds(long samples, long rate) => rate <= 0 || samples < 0 || samples > long.MaxValue / 1000
        ? null
        : ((samples * 1000) + rate - 1) / rate;

    private static long? Wav(ReadOnlySpan<byte> file)
    {
        long bytesPerSecond = 0;
        for (var at = 12; at + 8 <= file.Length;)
        {
            var size = BinaryPrimitives.ReadUInt32LittleEndian(file[(at + 4)..]);
            var rest = file.Length - at - 8;
            if (file[at..].StartsWith("fmt "u8) && rest >= 16)
            {
                bytesPerSecond = BinaryPrimitives.ReadUInt32LittleEndian(file[(at + 16)..]);
            }
            else if (file[at..].StartsWith("data"u8))
            {
                // Written as it was recorded, a file may not know its size.
                return Milliseconds(size is 0 or uint.MaxValue ? rest : Math.Min(size, rest), bytesPerSecond);
            }

            if (size > rest)
            {
                return null;
            }

            at += 8 + (int)size + ((int)size & 1);
        }

        return null;
    }

    private static long? Flac(ReadOnlySpan<byte> file)
    {
        if (file.Length < 42)
        {
            return null;
        }

        // 20 bits of rate, 3 of channels, 5 of sample size, 36 of samples.
        var packed = BinaryPrimitives.ReadUInt64BigEndian(file[18..]);
        var samples = (long)(packed & 0xF_FFFF_FFFF);
        return samples == 0 ? null : Milliseconds(samples, (long)(packed >> 44));
    }

    private static long? Ogg(ReadOnlySpan<byte> file)
    {
        var opus = file.IndexOf("OpusHead"u8);
        var vorbis = file.IndexOf("\x01vorbis"u8);
        var head = opus >= 0 ? opus : vorbis;
        var last = file.LastIndexOf("OggS"u8);
        if (head < 0 || file[(head + 8)..].IndexOf(opus >= 0 ? "OpusHead"u8 : "\x01vorbis"u8) >= 0 || last + 14 > file.Length || head + 16 > file.Length)
        {
            // Of several streams one after the other, the last page tells only of the last.
            return null;
        }

        var rate = opus >= 0 ? OpusRate : BinaryPrimitives.ReadUInt32LittleEndian(file[(head + 12)..]);
        return Milliseconds(BinaryPrimitives.ReadInt64LittleEndian(file[(last + 6)..]), rate);
    }

    private static long? Mp4(ReadOnlySpan<byte> file)
    {
        if (Box(file, "moov"u8, out var moov) && Box(moov, "mvhd"u8, out var header) && header.Length >= 20)
        {
            return header[0] == 0
                ? Milliseconds(BinaryPrimitives.ReadUInt32BigEndian(header[16..]), BinaryPrimitives.ReadUInt32BigEndian(header[12..]))
                : header.Length >= 32 ? Milliseconds(BinaryPrimitives.ReadInt64BigEndian(header[24..]), BinaryPrimitives.ReadUInt32BigEndian(header[20..])) : null;
        }

        return null;
    }

    private static bool Box(ReadOnlySpan<byte> boxes, ReadOnlySpan<byte> type, out ReadOnlySpan<byte> content)
    {
        content = default;
        while (boxes.Length >= 8)
        {
            long size = BinaryPrimitives.ReadUInt32BigEndian(boxes);
            var head = 8;
            if (size == 1 && boxes.Length >= 16)
            {
                size = BinaryPrimitives.ReadInt64BigEndian(boxes[8..]);
                head = 16;
            }

            size = size == 0 ? boxes.Length : size;
            if (size < head || size > boxes.Length)
            {
                return false;
            }

            if (boxes[4..].StartsWith(type))
            {
                content = boxes[head..(int)size];
                return true;
            }

            boxes = boxes[(int)size..];
        }

        return false;
    }
}

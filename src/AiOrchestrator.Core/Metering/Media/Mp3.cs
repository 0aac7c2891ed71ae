namespace AiOrchestrator.Core.Metering.Media;

/// <summary>The length of MPEG audio, frame by frame, so that a changing bit rate is none of its business (ISO 11172-3, 2.4; ISO 13818-3).</summary>
internal static class Mp3
{
    /// <summary>Kilobits per second by version (1; 2 and 2.5), layer (1 to 3) and index.</summary>
    private static readonly int[][][] BitRates =
    [
        [
            [0, 32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448],
            [0, 32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384],
            [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320],
        ],
        [
            [0, 32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256],
            [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160],
            [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160],
        ],
    ];

    private static readonly int[] Rates = [44_100, 48_000, 32_000];

    /// <summary>Milliseconds; null where less than half of the file is frames: then it is something else.</summary>
    public static long? Ms(ReadOnlySpan<byte> file)
    {
        var start = AfterTag(file);
        var at = start;
        long samples = 0;
        long framed = 0;
        var rate = 0;
        while (at + 4 <= file.Length)
        {
            if (!TryFrame(file[at..], out var length, out var frameSamples, out var frameRate))
            {
                // Tags and rubbish between frames are skipped byte by byte.
                var next = file[(at + 1)..].IndexOf((byte)0xFF);
                if (next < 0)
                {
                    break;
                }

                at += next + 1;
                continue;
            }

            framed += length;
            samples += frameSamples;
            rate = rate == 0 ? frameRate : Math.Min(rate, frameRate);
            at += length;
        }

        return framed == 0 || framed * 2 < file.Length - start ? null : AudioLength.Milliseconds(samples, rate);
    }

    /// <summary>Behind an ID3v2 tag, whose size has seven bits to the byte.</summary>
    private static int AfterTag(ReadOnlySpan<byte> file) => file.Length > 10 && file.StartsWith("ID3"u8)
        ? Math.Min(file.Length, 10 + ((file[6] & 127) << 21 | (file[7] & 127) << 14 | (file[8] & 127) << 7 | (file[9] & 127)))
        : 0;

    private static bool TryFrame(ReadOnlySpan<byte> at, out int length, out int samples, out int rate)
    {
        length = samples = rate = 0;
        var version = (at[1] >> 3) & 3;
        var layer = 4 - ((at[1] >> 1) & 3);
        var bitRate = at[2] >> 4;
        var rateIndex = (at[2] >> 2) & 3;
        if (at[0] != 0xFF || (at[1] & 0xE0) != 0xE0 || version == 1 || layer == 4 || bitRate is 0 or 15 || rateIndex == 3)
        {
            return false;
        }

        var isFirst = version == 3;
        rate = Rates[rateIndex] >> (isFirst ? 0 : version == 2 ? 1 : 2);
        samples = layer == 1 ? 384 : layer == 3 && !isFirst ? 576 : 1152;
        var bits = BitRates[isFirst ? 0 : 1][layer - 1][bitRate] * 1000;
        var padding = (at[2] >> 1) & 1;
        length = layer == 1 ? ((12 * bits / rate) + padding) * 4 : (samples / 8 * bits / rate) + padding;
        return length >= 4;
    }
}

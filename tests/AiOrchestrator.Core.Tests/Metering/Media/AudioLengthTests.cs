using System.Buffers.Binary;
using AiOrchestrator.Core.Metering.Media;

namespace AiOrchestrator.Core.Tests.Metering.Media;

public sealed class AudioLengthTests
{
    [Theory]
    [InlineData(16_000, 16_000, 500)]
    [InlineData(16_000, 24_001, 751)]
    [InlineData(48_000, 0, 0)]
    public void Wav_is_as_long_as_its_data(int samplesPerSecond, int dataBytes, int ms) =>
        Assert.Equal(new AudioLength(ms, true), AudioLength.Of(Wav(samplesPerSecond, dataBytes, (uint)dataBytes)));

    [Fact]
    public void Wav_that_does_not_know_its_size_or_claims_more_is_as_long_as_what_is_there()
    {
        Assert.Equal(new AudioLength(1_000, true), AudioLength.Of(Wav(16_000, 32_000, uint.MaxValue)));
        Assert.Equal(new AudioLength(1_000, true), AudioLength.Of(Wav(16_000, 32_000, 99_000)));
    }

    [Fact]
    public void Mp3_is_measured_frame_by_frame_whatever_the_bit_rate()
    {
        // MPEG 1 layer 3 at 44.1 kHz: 1,152 samples a frame; 128 kbit/s makes 417 bytes of it, 320 kbit/s 1,044.
        var file = new List<byte>("ID3\u0004\u0000\u0000\u0000\u0000\u0001\u0000".Select(static c => (byte)c));
        file.AddRange(new byte[128]);
        for (var i = 0; i < 100; i++)
        {
            file.AddRange([0xFF, 0xFB, i % 2 == 0 ? (byte)0x90 : (byte)0xE0, 0x00, .. new byte[(i % 2 == 0 ? 417 : 1_044) - 4]]);
        }

        Assert.Equal(new AudioLength(2_613, true), AudioLength.Of(file.ToArray()));
    }

    [Fact]
    public void Flac_says_its_samples_in_its_stream_info()
    {
        var file = new byte[60_000];
        "fLaC"u8.CopyTo(file);
        BinaryPrimitives.WriteUInt64BigEndian(file.AsSpan(18), (44_100UL << 44) | (1UL << 41) | (15UL << 36) | 88_200UL);
        Assert.Equal(new AudioLength(2_000, true), AudioLength.Of(file));
    }

    [Fact]
    public void Ogg_is_as_long_as_its_last_page_says_unless_streams_follow_each_other()
    {
        var file = new byte[4_000];
        Page(file, 0, 0);
        "OpusHead"u8.CopyTo(file.AsSpan(28));
        Page(file, 3_000, 96_000);
        Assert.Equal(new AudioLength(2_000, true), AudioLength.Of(file));
        "OpusHead"u8.CopyTo(file.AsSpan(2_000));
        Assert.Equal(new AudioLength(5_334, false), AudioLength.Of(file));
    }

    [Fact]
    public void Mp4_says_it_in_its_movie_header_wherever_that_stands()
    {
        var file = new byte[3_016 + 116];
        Box(file, 0, 16, "ftyp");
        Box(file, 16, 3_000, "mdat");
        Box(file, 3_016, 116, "moov");
        Box(file, 3_024, 108, "mvhd");
        BinaryPrimitives.WriteUInt32BigEndian(file.AsSpan(3_024 + 8 + 12), 1_000);
        BinaryPrimitives.WriteUInt32BigEndian(file.AsSpan(3_024 + 8 + 16), 2_345);
        Assert.Equal(new AudioLength(2_345, true), AudioLength.Of(file));
    }

    [Theory]
    [InlineData("\u001aE\u00df\u00a3")]
    [InlineData("nothing known")]
    [InlineData("RIFF")]
    [InlineData("OggS")]
    [InlineData("fLaC")]
    [InlineData("xxxxftyp")]
    public void Anything_else_is_bounded_by_its_size_at_six_kilobits_a_second(string head)
    {
        var file = new byte[75_000];
        head.Select(static c => (byte)c).ToArray().CopyTo(file, 0);
        Assert.Equal(new AudioLength(100_001, false), AudioLength.Of(file));
    }

    [Fact]
    public void A_header_that_claims_more_than_such_a_file_can_hold_is_not_believed()
    {
        var file = new byte[7_500];
        "fLaC"u8.CopyTo(file);
        BinaryPrimitives.WriteUInt64BigEndian(file.AsSpan(18), (8_000UL << 44) | 0xF_FFFF_FFFFUL);
        Assert.Equal(new AudioLength(10_001, false), AudioLength.Of(file));
    }

    [Fact]
    public void No_bytes_whatever_make_it_fail()
    {
        var random = new Random(7);
        foreach (var head in (string[])["RIFF", "fLaC", "OggS", "xxxxftyp", "\u00ff\u00fb", "ID3\u007f\u007f"])
        {
            for (var i = 0; i < 300; i++)
            {
                var file = new byte[random.Next(4, 400)];
                random.NextBytes(file);
                head.Take(file.Length).Select(static c => (byte)c).ToArray().CopyTo(file, 0);
                Assert.InRange(AudioLength.Of(file).Ms, 0, (file.Length * 1000 / 750) + 1);
            }
        }
    }

    private static byte[] Wav(int samplesPerSecond, int dataBytes, uint claimed)
    {
        var file = new byte[44 + dataBytes];
        "RIFF"u8.CopyTo(file);
        "WAVEfmt "u8.CopyTo(file.AsSpan(8));
        BinaryPrimitives.WriteUInt32LittleEndian(file.AsSpan(16), 16);
        BinaryPrimitives.WriteUInt32LittleEndian(file.AsSpan(24), (uint)samplesPerSecond);
        BinaryPrimitives.WriteUInt32LittleEndian(file.AsSpan(28), (uint)samplesPerSecond * 2);
        "data"u8.CopyTo(file.AsSpan(36));
        BinaryPrimitives.WriteUInt32LittleEndian(file.AsSpan(40), claimed);
        return file;
    }

    private static void Page(byte[] file, int at, long granule)
    {
        "OggS"u8.CopyTo(file.AsSpan(at));
        BinaryPrimitives.WriteInt64LittleEndian(file.AsSpan(at + 6), granule);
    }

    private static void Box(byte[] file, int at, int size, string type)
    {
        BinaryPrimitives.WriteUInt32BigEndian(file.AsSpan(at), (uint)size);
        type.Select(static c => (byte)c).ToArray().CopyTo(file, at + 4);
    }
}

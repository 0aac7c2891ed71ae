using System.Buffers.Binary;
using AiOrchestrator.Core.Metering;
using AiOrchestrator.Core.Metering.Counting;

namespace AiOrchestrator.Core.Tests.Metering.Counting;

public sealed class MediaCountingTests
{
    [Theory]
    [InlineData("gpt-4o", 1024, 1024, 765)]
    [InlineData("gpt-4o", 2048, 4096, 1105)]
    [InlineData("gpt-4o", 128, 64, 255)]
    [InlineData("gpt-4.1", 1800, 2400, 765)]
    [InlineData("gpt-4o-mini", 128, 64, 8500)]
    [InlineData("gpt-5", 1024, 1024, 630)]
    [InlineData("o3", 1024, 1024, 675)]
    [InlineData("gpt-4.1-mini", 1024, 1024, 1659)]
    [InlineData("gpt-4.1-mini", 1800, 2400, 2353)]
    [InlineData("o4-mini", 1024, 1024, 1762)]
    [InlineData("claude-sonnet-4-5", 200, 200, 54)]
    [InlineData("claude-sonnet-4-5", 1000, 1000, 1334)]
    [InlineData("claude-sonnet-4-5", 4000, 3000, 1600)]
    [InlineData("gemini-2.5-pro", 384, 384, 258)]
    [InlineData("gemini-2.5-pro", 600, 400, 258)]
    [InlineData("gemini-2.5-pro", 1536, 1536, 1032)]
    public void An_image_takes_what_its_vendor_publishes(string model, int width, int height, long tokens)
    {
        var rule = ModelFamilies.Of("", model).Images!;

        Assert.Equal(tokens, rule.Tokens(new ImageSize(width, height), lowDetail: false));
        Assert.InRange(rule.TokensMax(new ImageSize(width, height)), tokens, rule.MaxTokens ?? long.MaxValue);
    }

    [Fact]
    public void Low_detail_is_cheap_where_tiles_are_counted()
    {
        Assert.Equal(85, ModelFamilies.Of("", "gpt-4o").Images!.Tokens(new ImageSize(5000, 5000), lowDetail: true));
        Assert.Equal(2833, ModelFamilies.Of("", "gpt-4o-mini").Images!.Tokens(new ImageSize(5000, 5000), lowDetail: true));
    }

    [Fact]
    public void No_size_of_an_image_is_above_the_published_maximum_or_below_what_is_expected()
    {
        var dice = new Random(7);
        foreach (var model in (string[])["gpt-4o", "gpt-4o-mini", "gpt-5", "o1", "gpt-4.1-mini", "gpt-4.1-nano", "o4-mini", "gpt-5.2", "claude-opus-4-1", "gemini-2.5-pro"])
        {
            var rule = ModelFamilies.Of("", model).Images!;
            for (var i = 0; i < 2_000; i++)
            {
                var size = new ImageSize(1 + dice.Next(6000), 1 + dice.Next(6000));
                Assert.True(rule.Tokens(size, lowDetail: false) <= rule.TokensMax(size), $"{model} {size}");
                Assert.True(rule.TokensMax(size) <= (rule.MaxTokens ?? long.MaxValue), $"{model} {size}");
            }
        }
    }

    [Fact]
    public void The_size_of_a_picture_is_read_from_its_head()
    {
        Assert.Equal(new ImageSize(640, 480), Read(Png(640, 480)));
        Assert.Equal(new ImageSize(300, 200), Read([.. "GIF89a"u8, 44, 1, 200, 0, 0, 0, 0]));
        Assert.Equal(new ImageSize(800, 600), Read(Jpeg(800, 600, 0)));
        Assert.Equal(new ImageSize(800, 600), Read(Jpeg(800, 600, 60_000)));
        Assert.Equal(new ImageSize(16, 8), Read([.. "RIFF????WEBPVP8X"u8, 10, 0, 0, 0, 0, 0, 0, 0, 15, 0, 0, 7, 0, 0]));
        Assert.Equal(new ImageSize(17, 9), Read([.. "RIFF????WEBPVP8L"u8, 10, 0, 0, 0, 0x2F, 16, 0, 2, 0, 0, 0, 0, 0, 0]));
        Assert.Equal(new ImageSize(320, 240), Read([.. "RIFF????WEBPVP8 "u8, 10, 0, 0, 0, 0, 0, 0, 0x9D, 1, 0x2A, 64, 1, 240, 0]));
    }

    [Fact]
    public void A_broken_head_has_no_size()
    {
        Assert.Null(Read([]));
        Assert.Null(Read("hello world, this is no picture at all"u8.ToArray()));
        Assert.Null(Read(Png(0, 480)));
        Assert.Null(Read(Png(640, int.MaxValue)));
        Assert.Null(Read(Jpeg(800, 600, 60_000)[..50_000]));
        Assert.Null(ImageSize.Read("&&&& no base64 &&&&"u8));
        Assert.Null(PromptMeter.SizeOf("https://example.org/cat.png"u8));
        Assert.Null(PromptMeter.SizeOf("data:image/png,raw"u8));
    }

    [Fact]
    public void A_data_uri_with_escaped_slashes_is_read_all_the_same()
    {
        var uri = "data:image/png;base64," + Convert.ToBase64String([.. Png(640, 480), .. Enumerable.Repeat((byte)0xFF, 90)]);
        var escaped = "data:image/png;base64," + uri[22..].Replace("/", "\\/", StringComparison.Ordinal);

        Assert.NotEqual(uri, escaped);
        Assert.Equal(new ImageSize(640, 480), PromptMeter.SizeOf(System.Text.Encoding.ASCII.GetBytes(escaped)));
    }

    [Fact]
    public void An_image_of_unknown_size_is_held_for_as_the_dearest_there_is()
    {
        var (estimate, _) = PromptCountingTests.Estimate(Image("https://example.org/a.png"), ModelFamilies.Of("", "gpt-4o"));
        Assert.Equal((8 + 765, 8 + 8 + 1445), (estimate.PromptTokensExpected, estimate.PromptTokensMax!.Value));

        (estimate, _) = PromptCountingTests.Estimate(Image("data:image/png;base64," + Convert.ToBase64String(Png(500, 500))), ModelFamilies.Of("", "gpt-4o"));
        Assert.Equal((8 + 255, 8 + 8 + 255), (estimate.PromptTokensExpected, estimate.PromptTokensMax!.Value));

        Assert.Null(PromptCountingTests.Estimate(Image("https://example.org/a.png"), ModelFamilies.Of("", "qwen-vl")).Estimate.PromptTokensMax);
        Assert.Equal(4000, PromptCountingTests.Estimate(Image("https://example.org/a.png"), ModelFamilies.Of("", "qwen-vl"), new ModelLimits(4000, null, null)).Estimate.PromptTokensMax);
    }

    [Fact]
    public void Audio_takes_its_seconds_by_its_head_or_by_its_size()
    {
        var request = "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"input_audio\",\"input_audio\":{\"data\":\""
            + Convert.ToBase64String(Wav(seconds: 2)) + "\",\"format\":\"wav\"}}]}]}";
        Assert.InRange(PromptCountingTests.Estimate(request, ModelFamilies.Of("openai", "gpt-audio")).Estimate.PromptTokensExpected, 7 + 20, 7 + 21);
        Assert.InRange(PromptCountingTests.Estimate(request, ModelFamilies.Of("google", "gemini-2.5-flash")).Estimate.PromptTokensExpected, 1 + 64, 1 + 65);
        Assert.Null(PromptCountingTests.Estimate(request, ModelFamilies.Of("anthropic", "claude-haiku-4-5")).Estimate.PromptTokensMax);
    }

    private static string Image(string url) =>
        "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"hello\"},{\"type\":\"image_url\",\"image_url\":{\"url\":\"" + url + "\"}}]}]}";

    private static ImageSize? Read(byte[] file) => ImageSize.Read(Base64(file));

    private static byte[] Base64(byte[] file) => System.Text.Encoding.ASCII.GetBytes(Convert.ToBase64String(file));

    private static byte[] Png(int width, int height)
    {
        byte[] file = [0x89, .. "PNG\r\n\x1a\n"u8, 0, 0, 0, 13, .. "IHDR"u8, .. new byte[16]];
        BinaryPrimitives.WriteInt32BigEndian(file.AsSpan(16), width);
        BinaryPrimitives.WriteInt32BigEndian(file.AsSpan(20), height);
        return file;
    }

    private static byte[] Jpeg(int width, int height, int commentBytes)
    {
        byte[] head = [0xFF, 0xD8, 0xFF, 0xE1, (byte)((commentBytes + 2) >> 8), (byte)((commentBytes + 2) & 0xFF), .. new byte[commentBytes]];
        byte[] frame = [0xFF, 0xC0, 0, 17, 8, (byte)(height >> 8), (byte)(height & 0xFF), (byte)(width >> 8), (byte)(width & 0xFF), 3, 0, 0];
        return [.. head, .. frame];
    }

    /// <summary>8,000 samples of 16 bits a second, one channel.</summary>
    private static byte[] Wav(int seconds)
    {
        byte[] file = [.. "RIFF????WAVEfmt "u8, 16, 0, 0, 0, 1, 0, 1, 0, 0x40, 0x1F, 0, 0, 0x80, 0x3E, 0, 0, 2, 0, 16, 0, .. "data????"u8];
        return [.. file, .. new byte[(16_000 * seconds) - file.Length]];
    }
}

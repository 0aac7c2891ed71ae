using System.Buffers;
using System.Buffers.Text;
using AiOrchestrator.Core.Metering.Media;

namespace AiOrchestrator.Core.Metering.Counting;

/// <summary>How closely a request asks a model to look at an image.</summary>
internal enum ImageDetail
{
    /// <summary>As the vendor thinks best; counted as high.</summary>
    Auto,

    /// <summary>As little as there is.</summary>
    Low,

    /// <summary>Unscaled, which some models take and nobody publishes the bound of.</summary>
    Original,
}

/// <summary>Counts what a request shows one model, piece by piece, in constant memory. Not for several threads at once.</summary>
internal sealed class PromptMeter(ModelFamily family, ModelLimits limits)
{
    /// <summary>What gpt-4o charges for a 1024 x 1024 image in high detail, the most usual one.</summary>
    private const long UsualImageTokens = 765;

    private const long UsualBytesPerSecond = 8_000;
    private const long PaddingMs = 1_000;

    private static readonly ImageSize UsualImage = new(1024, 1024);
    private PromptShape _shape;

    /// <summary>What was counted so far.</summary>
    public ref PromptShape Shape => ref _shape;

    /// <summary>Whose models it is counted for.</summary>
    public ModelFamily Family => family;

    /// <summary>A text of its own.</summary>
    /// <param name="json">The inside of a JSON string.</param>
    /// <param name="then">Text that follows it and is not in the request.</param>
    public void Text(ReadOnlySpan<byte> json, ReadOnlySpan<byte> then = default)
    {
        if (then.IsEmpty && !json.Contains((byte)'\\'))
        {
            _shape.TextTokens += family.Tokenizer.Count(json);
            _shape.TextBytes += json.Length;
            return;
        }

        var counter = TokenCounters.Rent(family.Tokenizer);
        var text = default(JsonText);
        _shape.TextBytes += text.Append(json, counter) + text.End(counter) + then.Length;
        counter.Append(then);
        _shape.TextTokens += counter.Count;
        TokenCounters.Return(family.Tokenizer, counter);
    }

    /// <summary>JSON that the model is shown in some form: a schema.</summary>
    /// <param name="json">As it stands in the request.</param>
    /// <param name="tokens">What it is expected to take; null for as much as it stands there.</param>
    public void Schema(ReadOnlySpan<byte> json, long? tokens = null)
    {
        var most = family.Tokenizer.Count(json);
        _shape.SchemaTokensMax += most;
        _shape.SchemaTokens += tokens ?? most;
        _shape.SchemaBytes += json.Length;
    }

    /// <summary>An image.</summary>
    /// <param name="url">The inside of a JSON string: a data URI or a URL. What is behind a URL is not looked at.</param>
    /// <param name="detail">As the request asks.</param>
    public void Image(ReadOnlySpan<byte> url, ImageDetail detail) => Image(SizeOf(url), detail);

    /// <summary>An image of a size; null where it is not known.</summary>
    public void Image(ImageSize? size, ImageDetail detail)
    {
        var low = detail == ImageDetail.Low;
        if (detail == ImageDetail.Original)
        {
            _shape.HasUnboundedContent = true;
        }
        else if (family.Images is { } rule && size is { } known)
        {
            var tokens = rule.Tokens(known, low);
            Media(tokens, low ? tokens : rule.TokensMax(known));
        }
        else if (MaxImageTokens() is { } most)
        {
            Media(Math.Min(most, family.Images?.Tokens(UsualImage, low) ?? UsualImageTokens), most);
        }
        else
        {
            _shape.HasUnboundedContent = true;
        }
    }

    /// <summary>A piece of audio in base64.</summary>
    /// <param name="base64">The inside of a JSON string.</param>
    public void Audio(ReadOnlySpan<byte> base64)
    {
        if (family.AudioTokensPerTenSeconds == 0)
        {
            _shape.HasUnboundedContent = true;
            return;
        }

        var buffer = Unescaped(ref base64);
        var length = LengthOf(base64);
        Free(buffer);

        // Where only its size is known, speech at 64 kbit/s is the usual. A piece that is started counts whole, and its ends may be padded.
        var expectedMs = length.IsMeasured ? length.Ms : length.Ms * AudioLength.LeastBytesPerSecond / UsualBytesPerSecond;
        Media(Tokens(expectedMs), Tokens(length.Ms + PaddingMs));
    }

    private static AudioLength LengthOf(ReadOnlySpan<byte> base64)
    {
        var file = ArrayPool<byte>.Shared.Rent(Base64.GetMaxDecodedFromUtf8Length(base64.Length));
        _ = Base64.DecodeFromUtf8(base64, file, out _, out var written);
        var length = AudioLength.Of(file.AsSpan(0, written));

        // What is no base64 to its end may be to a decoder that forgives more.
        var whole = Base64Bytes.Length(base64);
        length = written >= whole ? length : new AudioLength(whole * 1000 / AudioLength.LeastBytesPerSecond, IsMeasured: false);
        Free(file);
        return length;
    }

    /// <summary>The size of the image in a data URI; null where there is none or it cannot be read.</summary>
    public static ImageSize? SizeOf(ReadOnlySpan<byte> url)
    {
        var comma = url.IndexOf((byte)',');
        if (comma < 0 || !url.StartsWith("data:"u8) || !url[..comma].EndsWith(";base64"u8))
        {
            return null;
        }

        return SizeOfBase64(url[(comma + 1)..]);
    }

    /// <summary>The size of an image in base64; null where it cannot be read.</summary>
    /// <param name="base64">The inside of a JSON string.</param>
    public static ImageSize? SizeOfBase64(ReadOnlySpan<byte> base64)
    {
        var buffer = Unescaped(ref base64);
        var size = ImageSize.Read(base64);
        Free(buffer);
        return size;
    }

    private void Media(long tokens, long most)
    {
        _shape.MediaTokens += tokens;
        _shape.MediaTokensMax += Math.Max(tokens, most);
    }

    private long Tokens(long ms) => ((ms * family.AudioTokensPerTenSeconds) + 9_999) / 10_000;

    private long? MaxImageTokens() => (limits.MaxImageTokens, family.Images?.MaxTokens) switch
    {
        (null, var ofRule) => ofRule,
        (var published, null) => published,
        var (published, ofRule) => Math.Max(published.Value, ofRule.Value),
    };

    /// <summary>Some encoders write "\/" for the slashes of base64; nothing else in it is ever escaped.</summary>
    private static byte[]? Unescaped(ref ReadOnlySpan<byte> base64)
    {
        if (!base64.Contains((byte)'\\'))
        {
            return null;
        }

        var buffer = ArrayPool<byte>.Shared.Rent(base64.Length);
        var length = 0;
        foreach (var b in base64)
        {
            buffer[length] = b;
            length += b == (byte)'\\' ? 0 : 1;
        }

        base64 = buffer.AsSpan(0, length);
        return buffer;
    }

    private static void Free(byte[]? buffer)
    {
        if (buffer is not null)
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}

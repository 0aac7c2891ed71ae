using System.Buffers;
using System.Text;
using System.Text.Unicode;

namespace AiOrchestrator.Core.Metering.Tokenizing;

/// <summary>
/// Exact byte-pair encoding, token for token what tiktoken's <c>encode_ordinary</c> gives, for any input and in linear time. Text that looks like a
/// special token is encoded as the text it is. Vocabularies are read when first used; an instance may be used by any number of threads.
/// </summary>
/// <remarks>
/// Lone surrogates of UTF-16, and each longest invalid part of UTF-8, count as one U+FFFD, as .NET's decoders and the WHATWG's have it.
/// </remarks>
public sealed class Tokenizer
{
    private const int CharsAtOnce = 1024;
    private static readonly Lazy<TextEncoder> s_cl100k = new(static () => new PatternEncoder<Cl100kSplitter>(Vocabulary.Load("cl100k_base")));
    private static readonly Lazy<TextEncoder> s_o200k = new(static () => new PatternEncoder<O200kSplitter>(Vocabulary.Load("o200k_base")));

    private readonly Lazy<TextEncoder> _encoder;
    private readonly SpecialTokens _special;

    private Tokenizer(string name, Lazy<TextEncoder> encoder, SpecialTokens special) => (Name, _encoder, _special) = (name, encoder, special);

    /// <summary>cl100k_base: gpt-4, gpt-3.5-turbo, text-embedding-3.</summary>
    public static Tokenizer Cl100k { get; } = new("cl100k_base", s_cl100k, SpecialTokens.Cl100k);

    /// <summary>o200k_base: gpt-4o and later, o1 and later.</summary>
    public static Tokenizer O200k { get; } = new("o200k_base", s_o200k, SpecialTokens.O200k);

    /// <summary>o200k_harmony: gpt-oss; o200k_base with special tokens of its own.</summary>
    public static Tokenizer O200kHarmony { get; } = new("o200k_harmony", s_o200k, SpecialTokens.O200kHarmony);

    /// <summary>The encoding's name, as tiktoken has it.</summary>
    public string Name { get; }

    internal TextEncoder Encoder => _encoder.Value;

    /// <summary>The number of tokens of a text; allocates nothing.</summary>
    /// <param name="utf8">Any bytes.</param>
    public int Count(ReadOnlySpan<byte> utf8)
    {
        _ = CountUpTo(utf8, int.MaxValue, out var count);
        return count;
    }

    /// <summary>The number of tokens of a text; allocates nothing.</summary>
    /// <param name="text">Any UTF-16.</param>
    public int Count(ReadOnlySpan<char> text)
    {
        _ = CountUpTo(text, int.MaxValue, out var count);
        return count;
    }

    /// <summary>Counts the tokens of a text until there are more than a limit.</summary>
    /// <param name="utf8">Any bytes.</param>
    /// <param name="limit">The most tokens the text may have, 0 or more.</param>
    /// <param name="count">The number of tokens; if that is above the limit, how many there were when counting stopped.</param>
    /// <returns>Whether the text has at most <paramref name="limit"/> tokens.</returns>
    public bool CountUpTo(ReadOnlySpan<byte> utf8, int limit, out int count)
    {
        if (Utf8.IsValid(utf8))
        {
            count = Encoder.Count(utf8, final: true, limit, out _);
            return count <= limit;
        }

        var counter = Encoder.CounterOfThread();
        for (; !utf8.IsEmpty && counter.Closed <= limit; utf8 = utf8[Math.Min(CharsAtOnce, utf8.Length)..])
        {
            counter.Append(utf8[..Math.Min(CharsAtOnce, utf8.Length)]);
        }

        count = checked((int)(counter.Closed > limit ? counter.Closed : counter.Count));
        return count <= limit;
    }

    /// <summary>Counts the tokens of a text until there are more than a limit.</summary>
    /// <param name="text">Any UTF-16.</param>
    /// <param name="limit">The most tokens the text may have, 0 or more.</param>
    /// <param name="count">The number of tokens; if that is above the limit, how many there were when counting stopped.</param>
    /// <returns>Whether the text has at most <paramref name="limit"/> tokens.</returns>
    public bool CountUpTo(ReadOnlySpan<char> text, int limit, out int count)
    {
        Span<byte> utf8 = stackalloc byte[CharsAtOnce * 3];
        var counter = Encoder.CounterOfThread();
        while (!text.IsEmpty && counter.Closed <= limit)
        {
            var part = text[..Math.Min(CharsAtOnce, text.Length)];
            if (part.Length < text.Length && char.IsHighSurrogate(part[^1]))
            {
                part = part[..^1];
            }

            _ = Utf8.FromUtf16(part, utf8, out _, out var written);
            counter.Append(utf8[..written]);
            text = text[part.Length..];
        }

        count = checked((int)(counter.Closed > limit ? counter.Closed : counter.Count));
        return count <= limit;
    }

    /// <summary>Appends the tokens of a text.</summary>
    /// <param name="utf8">Any bytes.</param>
    /// <param name="ids">Their ids are appended to it.</param>
    public void Encode(ReadOnlySpan<byte> utf8, ICollection<int> ids)
    {
        ArgumentNullException.ThrowIfNull(ids);
        if (Utf8.IsValid(utf8))
        {
            Encoder.Encode(utf8, ids);
        }
        else
        {
            Encode(Encoding.UTF8.GetString(utf8), ids);
        }
    }

    /// <summary>Appends the tokens of a text.</summary>
    /// <param name="text">Any UTF-16.</param>
    /// <param name="ids">Their ids are appended to it.</param>
    public void Encode(ReadOnlySpan<char> text, ICollection<int> ids)
    {
        ArgumentNullException.ThrowIfNull(ids);
        var utf8 = ArrayPool<byte>.Shared.Rent(Encoding.UTF8.GetMaxByteCount(text.Length));
        try
        {
            _ = Utf8.FromUtf16(text, utf8, out _, out var written);
            Encoder.Encode(utf8.AsSpan(0, written), ids);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(utf8);
        }
    }

    /// <summary>Writes the bytes of tokens; of special ones their names.</summary>
    /// <param name="ids">Ids of this encoding.</param>
    /// <param name="utf8">Takes the bytes, which need not be whole code points: a token may be a part of one.</param>
    /// <param name="unknownId">The id that is no token, where there is one; what comes before it was written.</param>
    /// <returns>Whether all ids are tokens.</returns>
    public bool TryDecode(ReadOnlySpan<int> ids, IBufferWriter<byte> utf8, out int unknownId)
    {
        ArgumentNullException.ThrowIfNull(utf8);
        var vocabulary = Encoder.Vocabulary;
        foreach (var id in ids)
        {
            if (id >= 0 && id < vocabulary.Count)
            {
                utf8.Write(vocabulary.Bytes(id));
            }
            else if (_special.NameOf(id) is { } name)
            {
                utf8.Write(Encoding.UTF8.GetBytes(name));
            }
            else
            {
                unknownId = id;
                return false;
            }
        }

        unknownId = 0;
        return true;
    }

    /// <summary>The id of a special token by its name, such as <c>&lt;|endoftext|&gt;</c>; null where there is none.</summary>
    public int? SpecialId(string name) => _special.IdOf(name);

    /// <summary>The name of a special token by its id; null where there is none.</summary>
    public string? SpecialName(int id) => _special.NameOf(id);
}

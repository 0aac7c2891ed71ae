using System.Buffers.Binary;
using System.Security.Cryptography;

namespace AiOrchestrator.Core.Platform;

/// <summary>Fills a span with random bytes. The product uses the operating system's; a simulator a seeded one.</summary>
public delegate void FillRandom(Span<byte> bytes);

/// <summary>Where every id, key and jitter comes from, so that a test can replay them.</summary>
public sealed class IdSource(TimeProvider time, FillRandom fill)
{
    private const string Alphabet = "0123456789abcdefghjkmnpqrstvwxyz";

    /// <summary>An id source on the operating system's randomness.</summary>
    public IdSource(TimeProvider time)
        : this(time, BufferedRandom.Fill)
    {
    }

    /// <summary>A new exchange id, now.</summary>
    public ExchangeId NewExchangeId()
    {
        Span<byte> bytes = stackalloc byte[16];
        fill(bytes[6..]);
        var ms = time.GetUtcNow().ToUnixTimeMilliseconds();
        BinaryPrimitives.WriteInt16BigEndian(bytes, (short)(ms >> 32));
        BinaryPrimitives.WriteUInt32BigEndian(bytes[2..], (uint)(ms & uint.MaxValue));
        return new ExchangeId(BinaryPrimitives.ReadUInt128BigEndian(bytes));
    }

    /// <summary>A new lease id: 96 random bits.</summary>
    public UInt128 NewLeaseId()
    {
        Span<byte> bytes = stackalloc byte[16];
        fill(bytes[4..]);
        return BinaryPrimitives.ReadUInt128BigEndian(bytes);
    }

    /// <summary>A new id for a document: the prefix, an underscore, 16 characters (80 random bits).</summary>
    public string NewId(string prefix) => $"{prefix}_{Text(16)}";

    /// <summary>A new secret: the prefix and 40 characters (200 random bits).</summary>
    public string NewSecret(string prefix) => prefix + Text(40);

    /// <summary>Fills a span with random bytes.</summary>
    public void Fill(Span<byte> bytes) => fill(bytes);

    /// <summary>A whole number from 0 to <paramref name="exclusiveMax"/> − 1, near enough to uniform for jitter.</summary>
    public int NextInt(int exclusiveMax)
    {
        Span<byte> bytes = stackalloc byte[4];
        fill(bytes);
        return (int)(BinaryPrimitives.ReadUInt32LittleEndian(bytes) % (uint)exclusiveMax);
    }

    /// <summary>A W3C span id: 16 hex digits, not all zero.</summary>
    public string NewSpanId()
    {
        Span<byte> bytes = stackalloc byte[8];
        fill(bytes);
        bytes[0] |= 1;
        return Convert.ToHexStringLower(bytes);
    }

    /// <summary>A W3C trace id: 32 hex digits, not all zero.</summary>
    public string NewTraceId()
    {
        Span<byte> bytes = stackalloc byte[16];
        fill(bytes);
        bytes[0] |= 1;
        return Convert.ToHexStringLower(bytes);
    }

    private string Text(int length)
    {
        Span<byte> bytes = stackalloc byte[64];
        fill(bytes[..length]);
        Span<char> chars = stackalloc char[64];
        for (var i = 0; i < length; i++)
        {
            chars[i] = Alphabet[bytes[i] & 31];
        }

        return new string(chars[..length]);
    }
}

/// <summary>
/// The operating system's randomness, fetched a page at a time for each thread: a request needs four small pieces, and asking costs a
/// microsecond whatever the size. Bytes are wiped as they are handed out.
/// </summary>
internal static class BufferedRandom
{
    private const int PageBytes = 1024;

    [ThreadStatic]
    private static byte[]? _page;

    [ThreadStatic]
    private static int _left;

    public static void Fill(Span<byte> bytes)
    {
        if (bytes.Length > _left)
        {
            if (bytes.Length > PageBytes)
            {
                RandomNumberGenerator.Fill(bytes);
                return;
            }

            _page ??= new byte[PageBytes];
            RandomNumberGenerator.Fill(_page);
            _left = PageBytes;
        }

        var piece = _page.AsSpan(_left - bytes.Length, bytes.Length);
        piece.CopyTo(bytes);
        piece.Clear();
        _left -= bytes.Length;
    }
}

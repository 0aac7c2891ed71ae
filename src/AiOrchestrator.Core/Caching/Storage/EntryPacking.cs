using System.IO.Compression;
using AiOrchestrator.Core.Metering.Extraction;
using AiOrchestrator.Ledger.Wallets;

namespace AiOrchestrator.Core.Caching.Storage;

/// <summary>
/// What of an entry does not stand beside it in the store, in few bytes: texts and numbers one behind the other, the body last, compressed with Brotli (RFC 7932)
/// behind the length it had.
/// </summary>
internal static class EntryPacking
{
    /// <summary>Above it nothing is gained on answers of the usual length, below it a tenth is given away; unpacking takes the same.</summary>
    private const int Quality = 5;

    /// <summary>A window of 64 KB: most answers are smaller.</summary>
    private const int WindowBits = 16;

    private const int LengthBytes = sizeof(int);

    /// <summary>More than any entry that was put; what claims to be larger is none.</summary>
    private const int MaxBytes = 16 << 20;

    /// <summary>Packs an entry.</summary>
    public static byte[] Pack(CacheEntry entry)
    {
        var image = new ImageWriter();
        image.Text(entry.Provider);
        image.Text(entry.ExchangeId);
        image.Int64(entry.CreatedUnixMs);
        image.Int64(entry.PromptTokens);
        image.Int64(entry.CompletionTokens);
        image.Text(entry.Format);
        image.Int32((int)entry.UsageFormat);
        image.Text(entry.Question);
        image.Bytes(entry.Body.Span);
        var packed = new byte[LengthBytes + BrotliEncoder.GetMaxCompressedLength(image.Length)];
        BitConverter.TryWriteBytes(packed, image.Length);
        if (!BrotliEncoder.TryCompress(image.Written.Span, packed.AsSpan(LengthBytes), out var length, Quality, WindowBits))
        {
            throw new InvalidOperationException("what is compressed fits where there is room for the worst case");
        }

        return packed[..(LengthBytes + length)];
    }

    /// <summary>The entry; null for bytes that are none.</summary>
    /// <param name="stored">What stands beside it.</param>
    /// <param name="packed">The bytes.</param>
    public static CacheEntry? Unpack(StoredCacheEntry stored, ReadOnlySpan<byte> packed)
    {
        if (packed.Length < LengthBytes || BitConverter.ToInt32(packed) is not (>= 0 and <= MaxBytes and var length))
        {
            return null;
        }

        var image = new byte[length];
        if (!BrotliDecoder.TryDecompress(packed[LengthBytes..], image, out var written) || written != length)
        {
            return null;
        }

        try
        {
            return Read(stored, image);
        }
        catch (ArgumentOutOfRangeException)
        {
            // Safe: it ends too early, so it is no entry, which is what the caller is told.
            return null;
        }
    }

    private static CacheEntry? Read(StoredCacheEntry stored, byte[] image)
    {
        var reader = new ImageReader(image);
        var (provider, exchangeId) = (reader.Text(), reader.Text());
        var (createdUnixMs, promptTokens, completionTokens) = (reader.Int64(), reader.Int64(), reader.Int64());
        var format = reader.Text();
        var usageFormat = (UsageFormat)reader.Int32();
        var question = reader.Text();
        var bodyLength = reader.Bytes().Length;
        return provider is null || exchangeId is null || format is null || !reader.IsAtEnd ? null : new CacheEntry
        {
            Namespace = stored.Namespace,
            Key = stored.Key,
            Model = stored.Model,
            ExpiresUnixMs = stored.ExpiresUnixMs,
            CostNanoUsd = stored.CostNanoUsd,
            FlushNumber = stored.FlushNumber,
            Partition = stored.Partition,
            Provider = provider,
            ExchangeId = exchangeId,
            CreatedUnixMs = createdUnixMs,
            PromptTokens = promptTokens,
            CompletionTokens = completionTokens,
            Format = format,
            UsageFormat = usageFormat,
            Question = question,

            // The body is last, so it is given as it lies there.
            Body = image.AsMemory(image.Length - bodyLength),
        };
    }
}

using System.Buffers.Binary;
using System.Security.Cryptography;

namespace AiOrchestrator.Server.Storage;

/// <summary>A row of the journal and its hash, from which the chain goes on.</summary>
/// <param name="Seq">The row's number; 0 for the beginning.</param>
/// <param name="Hash">32 bytes; zeros for the beginning.</param>
internal readonly record struct ChainPoint(long Seq, byte[] Hash)
{
    /// <summary>In front of the first row.</summary>
    public static ChainPoint Beginning => new(0, new byte[JournalChain.HashBytes]);
}

/// <summary>
/// How a row's hash is made: SHA-256 over the hash of the row before, its own number (8 bytes, little endian) and the SHA-256 of its
/// entries, so that all entries can be hashed at once and only the short rest one after the other. Rows of format 1 have their entries
/// themselves in the place of their hash.
/// </summary>
internal static class JournalChain
{
    /// <summary>Bytes of a hash.</summary>
    public const int HashBytes = SHA256.HashSizeInBytes;

    /// <summary>The hash of a row.</summary>
    /// <param name="previous">The hash of the row before.</param>
    /// <param name="seq">The row's number.</param>
    /// <param name="entriesHash">The SHA-256 of its entries.</param>
    /// <param name="hash">Where it is put; may be <paramref name="previous"/>.</param>
    public static void Next(ReadOnlySpan<byte> previous, long seq, ReadOnlySpan<byte> entriesHash, Span<byte> hash)
    {
        Span<byte> link = stackalloc byte[HashBytes + sizeof(long) + HashBytes];
        previous.CopyTo(link);
        BinaryPrimitives.WriteInt64LittleEndian(link[HashBytes..], seq);
        entriesHash.CopyTo(link[(HashBytes + sizeof(long))..]);
        _ = SHA256.HashData(link, hash);
    }

    /// <summary>The hash of a row of format 1.</summary>
    public static void NextFlat(ReadOnlySpan<byte> previous, long seq, ReadOnlySpan<byte> entries, Span<byte> hash)
    {
        using var sha = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Span<byte> number = stackalloc byte[sizeof(long)];
        BinaryPrimitives.WriteInt64LittleEndian(number, seq);
        sha.AppendData(previous);
        sha.AppendData(number);
        sha.AppendData(entries);
        _ = sha.GetHashAndReset(hash);
    }
}

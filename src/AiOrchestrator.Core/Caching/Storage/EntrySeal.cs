using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using AiOrchestrator.Core.Platform;
using AiOrchestrator.Ledger.Wallets;

namespace AiOrchestrator.Core.Caching.Storage;

/// <summary>What came of opening a sealed entry.</summary>
internal enum OpenOutcome
{
    /// <summary>It is as it was sealed.</summary>
    Opened,

    /// <summary>It, or what stands beside it, is not as it was sealed.</summary>
    Corrupted,

    /// <summary>It was sealed with another key, or in the other way: of no use, and nobody's fault.</summary>
    WrongKey,
}

/// <summary>An entry that was opened, or why not.</summary>
/// <param name="Outcome">What came of it.</param>
/// <param name="Entry">The entry, where it was opened; else null.</param>
internal readonly record struct OpenedEntry(OpenOutcome Outcome, CacheEntry? Entry);

/// <summary>
/// Makes of an entry what is kept, and of that the entry again if nothing of it was changed since: no bytes can be made or moved to another name by whoever writes
/// into the store. Either a tag, HMAC-SHA-256 (RFC 2104), behind the packed entry, or the entry encrypted with AES-256-GCM (NIST SP 800-38D). Both are bound
/// to everything that stands beside. Keys come from HKDF (RFC 5869).
/// </summary>
/// <remarks>
/// In order: how it is sealed (1 byte), which key (4), a checksum over both and what stands beside (4), when encrypted a random nonce (12), the entry, the tag (32, or
/// 16 when encrypted). The checksum proves nothing: it only tells an entry sealed with a key of yesterday from one whose first bytes were damaged. A nonce of
/// 96 random bits is good for 2³² entries under a key.
/// </remarks>
internal sealed class EntrySeal
{
    private const byte Tagged = 1, Encrypted = 2;
    private const int KeyIdAt = 1, KeyIdBytes = 4, CheckAt = KeyIdAt + KeyIdBytes, HeadBytes = CheckAt + sizeof(uint);
    private const int NonceBytes = 12, GcmTagBytes = 16, TagBytes = HMACSHA256.HashSizeInBytes, KeyBytes = 32;

    private readonly byte _kind;
    private readonly byte[] _key;
    private readonly byte[] _keyId;
    private readonly IdSource _ids;

    private EntrySeal(byte kind, byte[] secret, byte[] salt, IdSource ids)
    {
        _kind = kind;
        _ids = ids;
        _key = Derive(secret, KeyBytes, salt, "key");
        _keyId = Derive(secret, KeyIdBytes, salt, "name");
    }

    /// <summary>Whether entries are encrypted.</summary>
    public bool Encrypts => _kind == Encrypted;

    /// <summary>A seal that entries can be read behind.</summary>
    /// <param name="secret">The store's.</param>
    /// <param name="ids">Randomness.</param>
    public static EntrySeal WithTag(byte[] secret, IdSource ids) => new(Tagged, secret, [], ids);

    /// <summary>A seal that entries cannot be read behind.</summary>
    /// <param name="secret">The store's.</param>
    /// <param name="contentKey">Whoever has it can read them.</param>
    /// <param name="ids">Randomness, for nonces.</param>
    public static EntrySeal WithEncryption(byte[] secret, string contentKey, IdSource ids) => new(Encrypted, Encoding.UTF8.GetBytes(contentKey), secret, ids);

    /// <summary>Packs and seals an entry.</summary>
    public StoredCacheEntry Seal(CacheEntry entry)
    {
        var open = new StoredCacheEntry(
            entry.Namespace, entry.Key, entry.Model, entry.ExpiresUnixMs, entry.CostNanoUsd, entry.FlushNumber, entry.Partition, default);
        var packed = EntryPacking.Pack(entry);
        var columns = Columns(open);
        var bytes = new byte[HeadBytes + (Encrypts ? NonceBytes + packed.Length + GcmTagBytes : packed.Length + TagBytes)];
        bytes[0] = _kind;
        _keyId.CopyTo(bytes, KeyIdAt);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(CheckAt), CheckOf(bytes, columns));
        var rest = bytes.AsSpan(HeadBytes);
        if (Encrypts)
        {
            var nonce = rest[..NonceBytes];
            _ids.Fill(nonce);
            using var aes = new AesGcm(_key, GcmTagBytes);
            aes.Encrypt(nonce, packed, rest.Slice(NonceBytes, packed.Length), rest[(NonceBytes + packed.Length)..], Bound(bytes, columns));
        }
        else
        {
            packed.CopyTo(rest);
            TagOf(bytes, columns, packed, rest[packed.Length..]);
        }

        return open with { Sealed = bytes };
    }

    /// <summary>Opens what was sealed. Throws for no bytes.</summary>
    public OpenedEntry Open(StoredCacheEntry stored)
    {
        var bytes = stored.Sealed.Span;
        if (bytes.Length < HeadBytes)
        {
            return new OpenedEntry(OpenOutcome.Corrupted, null);
        }

        var columns = Columns(stored);
        if (bytes[0] != _kind || !bytes.Slice(KeyIdAt, KeyIdBytes).SequenceEqual(_keyId))
        {
            var isWhole = BinaryPrimitives.ReadUInt32LittleEndian(bytes[CheckAt..]) == CheckOf(bytes, columns);
            return new OpenedEntry(isWhole ? OpenOutcome.WrongKey : OpenOutcome.Corrupted, null);
        }

        var entry = Encrypts ? Decrypt(stored, bytes, columns) : Verify(stored, bytes, columns);
        return new OpenedEntry(entry is null ? OpenOutcome.Corrupted : OpenOutcome.Opened, entry);
    }

    private static byte[] Derive(byte[] secret, int bytes, byte[] salt, string use) =>
        HKDF.DeriveKey(HashAlgorithmName.SHA256, secret, bytes, salt, Encoding.UTF8.GetBytes($"aiorchestrator cache entries, {use}"));

    /// <summary>What stands beside an entry, each text behind its length: no two rows have the same.</summary>
    private static ReadOnlySpan<byte> Columns(StoredCacheEntry stored)
    {
        var image = new ImageWriter();
        image.Text(stored.Namespace);
        image.Text(stored.Key);
        image.Text(stored.Model);
        image.Text(stored.Partition);
        image.Int64(stored.ExpiresUnixMs);
        image.Int64(stored.CostNanoUsd);
        image.Int64(stored.FlushNumber);
        return image.Written.Span;
    }

    private static uint CheckOf(ReadOnlySpan<byte> bytes, ReadOnlySpan<byte> columns) => Crc32.Of([.. bytes[..CheckAt], .. columns]);

    private static byte[] Bound(ReadOnlySpan<byte> bytes, ReadOnlySpan<byte> columns) => [.. bytes[..HeadBytes], .. columns];

    /// <summary>The head has one length and the columns say theirs, so nothing of one part can pass for another's.</summary>
    private void TagOf(ReadOnlySpan<byte> bytes, ReadOnlySpan<byte> columns, ReadOnlySpan<byte> packed, Span<byte> tag)
    {
        using var hmac = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, _key);
        hmac.AppendData(bytes[..HeadBytes]);
        hmac.AppendData(columns);
        hmac.AppendData(packed);
        _ = hmac.GetHashAndReset(tag);
    }

    private CacheEntry? Verify(StoredCacheEntry stored, ReadOnlySpan<byte> bytes, ReadOnlySpan<byte> columns)
    {
        if (bytes.Length < HeadBytes + TagBytes)
        {
            return null;
        }

        Span<byte> tag = stackalloc byte[TagBytes];
        var packed = bytes[HeadBytes..^TagBytes];
        TagOf(bytes, columns, packed, tag);
        return CryptographicOperations.FixedTimeEquals(tag, bytes[^TagBytes..]) ? EntryPacking.Unpack(stored, packed) : null;
    }

    private CacheEntry? Decrypt(StoredCacheEntry stored, ReadOnlySpan<byte> bytes, ReadOnlySpan<byte> columns)
    {
        if (bytes.Length < HeadBytes + NonceBytes + GcmTagBytes)
        {
            return null;
        }

        var hidden = bytes[(HeadBytes + NonceBytes)..^GcmTagBytes];
        var packed = new byte[hidden.Length];
        try
        {
            // One for each call: an instance is not safe for concurrent use.
            using var aes = new AesGcm(_key, GcmTagBytes);
            aes.Decrypt(bytes.Slice(HeadBytes, NonceBytes), hidden, bytes[^GcmTagBytes..], packed, Bound(bytes, columns));
        }
        catch (AuthenticationTagMismatchException)
        {
            // Safe: it is not what was sealed, which is what the caller is told.
            return null;
        }

        return EntryPacking.Unpack(stored, packed);
    }
}

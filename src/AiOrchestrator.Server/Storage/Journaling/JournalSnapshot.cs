using System.Buffers.Binary;
using System.Security.Cryptography;
using AiOrchestrator.Ledger.Wallets;

namespace AiOrchestrator.Server.Storage;

/// <summary>
/// What all rows up to one came to, in a file beside the journal, so that a start replays only those after it. Never the truth: a file that
/// is missing, cannot be read, has another form or belongs to another journal is as if it were not there, and all is replayed.
/// </summary>
/// <remarks>
/// Eight bytes <c>AOSNAP\r\n</c>, four of version, eight of the row's number, its hash (32), the image, and the SHA-256 of all that. Little endian.
/// </remarks>
internal static class JournalSnapshot
{
    /// <summary>Of this file and of the images in it; another one is another form.</summary>
    public const int Version = 1;

    private const int HeadBytes = 8 + sizeof(int) + sizeof(long) + JournalChain.HashBytes;

    private static ReadOnlySpan<byte> Magic => "AOSNAP\r\n"u8;

    /// <summary>The file that belongs to a journal.</summary>
    public static string PathOf(string journalPath) => Path.ChangeExtension(journalPath, ".snapshot");

    /// <summary>Reads the file of a journal and takes up its state.</summary>
    /// <param name="journalPath">The journal.</param>
    /// <param name="hashOf">The stored hash of a row by its number; empty when there is none.</param>
    /// <param name="create">Makes a replay that has seen nothing.</param>
    /// <param name="ignored">Told why a file that is there is not used, in one line.</param>
    /// <returns>The row it was made after, a replay that goes on from there, and the file's length; null when there is none to be used.</returns>
    public static (ChainPoint At, TReplay Replay, long Bytes)? Load<TReplay>(
        string journalPath, Func<long, byte[]> hashOf, Func<TReplay> create, Action<string> ignored)
        where TReplay : class, IJournalReplay
    {
        var path = PathOf(journalPath);
        byte[] file;
        try
        {
            if (!File.Exists(path))
            {
                return null;
            }

            file = File.ReadAllBytes(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Safe: the journal says the same, it only takes longer.
            ignored($"it cannot be read: {e.Message}");
            return null;
        }

        if (file.Length < HeadBytes + JournalChain.HashBytes
            || !file.AsSpan().StartsWith(Magic)
            || !SHA256.HashData(file.AsSpan(0, file.Length - JournalChain.HashBytes)).AsSpan().SequenceEqual(file.AsSpan(file.Length - JournalChain.HashBytes)))
        {
            ignored("it is damaged");
            return null;
        }

        if (BinaryPrimitives.ReadInt32LittleEndian(file.AsSpan(8)) != Version)
        {
            ignored("another version of the program wrote it");
            return null;
        }

        var at = new ChainPoint(BinaryPrimitives.ReadInt64LittleEndian(file.AsSpan(12)), file.AsSpan(20, JournalChain.HashBytes).ToArray());
        if (!hashOf(at.Seq).AsSpan().SequenceEqual(at.Hash))
        {
            ignored($"it was made after a row {at.Seq} that this journal does not have");
            return null;
        }

        if (Load(file.AsSpan(HeadBytes..^JournalChain.HashBytes), create) is not { } replay)
        {
            ignored("what is in it has another form");
            return null;
        }

        return (at, replay, file.Length);
    }

    /// <summary>Writes the file of a journal. It is on the disk under another name before it takes the place of the one before.</summary>
    /// <returns>Its length.</returns>
    /// <exception cref="IOException">It cannot be written; the one before is still there.</exception>
    /// <exception cref="UnauthorizedAccessException">The same.</exception>
    public static long Write(string journalPath, ChainPoint at, IJournalReplay replay)
    {
        var image = new ImageWriter();
        replay.Save(image);
        var head = new byte[HeadBytes];
        Magic.CopyTo(head);
        BinaryPrimitives.WriteInt32LittleEndian(head.AsSpan(8), Version);
        BinaryPrimitives.WriteInt64LittleEndian(head.AsSpan(12), at.Seq);
        at.Hash.CopyTo(head.AsSpan(20));
        using var sha = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        sha.AppendData(head);
        sha.AppendData(image.Written.Span);
        var path = PathOf(journalPath);
        var fresh = path + ".new";
        using (var file = new FileStream(fresh, FileMode.Create, FileAccess.Write, FileShare.None, bufferSize: 0))
        {
            file.Write(head);
            file.Write(image.Written.Span);
            file.Write(sha.GetHashAndReset());
            file.Flush(flushToDisk: true);
        }

        File.Move(fresh, path, overwrite: true);
        return HeadBytes + image.Length + JournalChain.HashBytes;
    }

    private static TReplay? Load<TReplay>(ReadOnlySpan<byte> bytes, Func<TReplay> create)
        where TReplay : class, IJournalReplay
    {
        try
        {
            var replay = create();
            var image = new ImageReader(bytes);
            return replay.Load(ref image) && image.IsAtEnd ? replay : null;
        }
        catch (Exception e) when (e is ArgumentException or OverflowException or KeyNotFoundException)
        {
            // Safe: an image that is not what this program writes is not used, and what was made of it is thrown away.
            return null;
        }
    }
}

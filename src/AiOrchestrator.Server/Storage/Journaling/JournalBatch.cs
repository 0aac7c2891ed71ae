namespace AiOrchestrator.Server.Storage;

/// <summary>
/// What becomes one row: entries behind room for the previous hash and the row's number, so that the chain hash is one pass
/// over contiguous bytes; and who waits for them.
/// </summary>
internal sealed class JournalBatch
{
    /// <summary>Previous hash (32) and number (8).</summary>
    public const int HeadBytes = 40;

    // A batch that once grew during an outage does not keep that memory.
    private const int RetainBytes = 4 << 20;
    private const int InitialBytes = 64 << 10;

    private byte[] _bytes = new byte[InitialBytes];

    /// <summary>Callers to be told whether it became durable.</summary>
    public List<JournalWaiter> Waiters { get; } = new(capacity: 64);

    /// <summary>Flushes that end when it is durable, however long that takes.</summary>
    public List<TaskCompletionSource> Flushes { get; } = [];

    /// <summary>Head and entries.</summary>
    public Span<byte> Frame => _bytes.AsSpan(0, HeadBytes + EntryBytes);

    /// <summary>The entries.</summary>
    public ReadOnlySpan<byte> Entries => _bytes.AsSpan(HeadBytes, EntryBytes);

    /// <summary>Bytes of entries.</summary>
    public int EntryBytes { get; private set; }

    /// <summary>Somebody waits: to be committed as soon as the writer can.</summary>
    public bool IsAwaited => Waiters.Count > 0 || Flushes.Count > 0;

    /// <summary>Nothing to write and nobody to tell.</summary>
    public bool IsEmpty => EntryBytes == 0 && !IsAwaited;

    /// <summary>Room for at most so many bytes; <see cref="Advance"/> takes what was used.</summary>
    public Span<byte> Reserve(int maxBytes)
    {
        var needed = checked(HeadBytes + EntryBytes + maxBytes);
        if (_bytes.Length < needed)
        {
            Array.Resize(ref _bytes, Math.Max(needed, (int)Math.Min(2L * _bytes.Length, Array.MaxLength)));
        }

        return _bytes.AsSpan(HeadBytes + EntryBytes);
    }

    /// <summary>Takes bytes written into what <see cref="Reserve"/> returned.</summary>
    public void Advance(int bytes) => EntryBytes += bytes;

    /// <summary>Removes every entry somebody waited for and was told it failed; the others are kept until they can be written.</summary>
    public void KeepUnawaited()
    {
        var reader = new EntryReader(Entries);
        var from = 0;
        var to = 0;
        while (reader.Read(out var entry) == EntryRead.Entry)
        {
            var end = EntryBytes - reader.RemainingBytes;
            if (entry.Kind is EntryKind.Settlement or EntryKind.Restarted)
            {
                _bytes.AsSpan(HeadBytes + from, end - from).CopyTo(_bytes.AsSpan(HeadBytes + to));
                to += end - from;
            }

            from = end;
        }

        EntryBytes = to;
    }

    /// <summary>Appends another batch's entries and flushes.</summary>
    public void Append(JournalBatch later)
    {
        later.Entries.CopyTo(Reserve(later.EntryBytes));
        Advance(later.EntryBytes);
        Flushes.AddRange(later.Flushes);
    }

    /// <summary>Empties it for reuse.</summary>
    public void Clear()
    {
        EntryBytes = 0;
        Flushes.Clear();
        if (_bytes.Length > RetainBytes)
        {
            _bytes = new byte[InitialBytes];
        }
    }
}

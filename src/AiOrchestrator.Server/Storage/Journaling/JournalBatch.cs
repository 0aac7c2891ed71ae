namespace AiOrchestrator.Server.Storage;

/// <summary>
/// What becomes one row: its entries, and who waits for them.
/// </summary>
internal sealed partial class JournalBatch
{
    // A batch that once grew during an outage does not keep that memory.
    private const int RetainBytes = 4 << 20;
    private const int InitialBytes = 64 << 10;

    private byte[] _bytes = new byte[InitialBytes];
    private TextNumbers _texts = new();

    /// <summary>Callers to be told whether it became durable.</summary>
    public List<JournalWaiter> Waiters { get; } = new(capacity: 64);

    /// <summary>Flushes that end when it is durable, however long that takes.</summary>
    public List<TaskCompletionSource> Flushes { get; } = [];

    /// <summary>The entries.</summary>
    public ReadOnlySpan<byte> Entries => _bytes.AsSpan(0, EntryBytes);

    /// <summary>Bytes of entries.</summary>
    public int EntryBytes { get; private set; }

    /// <summary>Entries, texts among them.</summary>
    public int Count { get; private set; }

    /// <summary>Somebody waits: to be committed as soon as the writer can.</summary>
    public bool IsAwaited => Waiters.Count > 0 || Flushes.Count > 0;

    /// <summary>Nothing to write and nobody to tell.</summary>
    public bool IsEmpty => EntryBytes == 0 && !IsAwaited;

    /// <summary>
    /// Removes every entry somebody waited for and was told it failed; the others are kept until they can be written. Texts stay: the
    /// entries behind them name them.
    /// </summary>
    public void KeepUnawaited()
    {
        // From a copy: texts are read again where they were.
        var all = Entries.ToArray();
        var reader = new EntryReader(all, new RowTexts());
        var from = 0;
        var to = 0;
        var kept = 0;
        while (reader.Read(out var entry) == EntryRead.Entry)
        {
            var end = all.Length - reader.RemainingBytes;
            if (entry.Kind is EntryKind.Settlement or EntryKind.Restarted or EntryKind.WalletLine or EntryKind.Text or EntryKind.TextsReset)
            {
                all.AsSpan(from..end).CopyTo(_bytes.AsSpan(to));
                to += end - from;
                kept++;
            }

            from = end;
        }

        EntryBytes = to;
        Count = kept;
    }

    /// <summary>Appends another batch's entries and flushes, and goes on with its texts.</summary>
    public void Append(JournalBatch later)
    {
        Flushes.AddRange(later.Flushes);
        if (later.EntryBytes == 0)
        {
            return;
        }

        if (EntryBytes > 0)
        {
            var reset = new EntryWriter(Reserve(1));
            reset.TextsReset();
            Advance(reset.Length);
        }

        later.Entries.CopyTo(Reserve(later.EntryBytes));
        EntryBytes += later.EntryBytes;
        Count += later.Count;
        (_texts, later._texts) = (later._texts, _texts);
    }

    /// <summary>Empties it for reuse.</summary>
    public void Clear()
    {
        EntryBytes = 0;
        Count = 0;
        Flushes.Clear();
        _texts.Reset();
        if (_bytes.Length > RetainBytes)
        {
            _bytes = new byte[InitialBytes];
        }
    }

    /// <summary>Room for at most so many bytes; <see cref="Advance"/> takes what was used.</summary>
    private Span<byte> Reserve(int maxBytes)
    {
        var needed = checked(EntryBytes + maxBytes);
        if (_bytes.Length < needed)
        {
            Array.Resize(ref _bytes, Math.Max(needed, (int)Math.Min(2L * _bytes.Length, Array.MaxLength)));
        }

        return _bytes.AsSpan(EntryBytes);
    }

    /// <summary>Takes the entry written into what <see cref="Reserve"/> returned.</summary>
    private void Advance(int bytes)
    {
        EntryBytes += bytes;
        Count++;
    }
}

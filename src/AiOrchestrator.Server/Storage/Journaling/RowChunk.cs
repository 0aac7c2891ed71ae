using System.Security.Cryptography;
using SQLitePCL;

namespace AiOrchestrator.Server.Storage;

/// <summary>A run of rows read from the journal, and what can be computed of each without the one before. Used again.</summary>
internal sealed class RowChunk
{
    /// <summary>The rows of a chunk: enough that handing it on costs nothing, few enough that some fit in memory at once.</summary>
    public const int Rows = 64;

    private readonly Row[] _rows = new Row[Rows];
    private readonly byte[] _hashes = new byte[2 * JournalChain.HashBytes * Rows];
    private byte[] _bytes = new byte[1 << 20];

    private readonly record struct Row(long Seq, int Start, int Length);

    /// <summary>How many rows were found.</summary>
    public int Count { get; private set; }

    /// <summary>Bytes of entries in them.</summary>
    public int Bytes { get; private set; }

    /// <summary>A statement that reads what <see cref="Fill"/> wants.</summary>
    public static sqlite3_stmt Prepare(SqliteDatabase database) =>
        database.Prepare("SELECT seq, entries, hash FROM journal WHERE seq > ? AND seq <= ? ORDER BY seq");

    /// <summary>Reads the rows after one number up to another and hashes their entries.</summary>
    /// <param name="database">The connection.</param>
    /// <param name="select">From <see cref="Prepare"/>.</param>
    /// <param name="after">Exclusive.</param>
    /// <param name="until">Inclusive; at most <see cref="Rows"/> further.</param>
    /// <param name="lastFlatRow">Rows up to it are of format 1, and their entries are not hashed alone.</param>
    /// <exception cref="StorageException">They cannot be read.</exception>
    public void Fill(SqliteDatabase database, sqlite3_stmt select, long after, long until, long lastFlatRow)
    {
        Count = 0;
        Bytes = 0;
        _ = raw.sqlite3_bind_int64(select, 1, after);
        _ = raw.sqlite3_bind_int64(select, 2, until);
        while (Count < Rows && database.Step(select))
        {
            var seq = raw.sqlite3_column_int64(select, 0);
            var entries = raw.sqlite3_column_blob(select, 1);
            if (_bytes.Length - Bytes < entries.Length)
            {
                Array.Resize(ref _bytes, Math.Max(2 * _bytes.Length, Bytes + entries.Length));
            }

            entries.CopyTo(_bytes.AsSpan(Bytes));
            _rows[Count] = new Row(seq, Bytes, entries.Length);
            var stored = raw.sqlite3_column_blob(select, 2);

            // A hash of another length is no hash: zeros differ from whatever is computed.
            Stored(Count).Clear();
            if (stored.Length == JournalChain.HashBytes)
            {
                stored.CopyTo(Stored(Count));
            }

            if (seq > lastFlatRow)
            {
                _ = SHA256.HashData(Entries(Count), Computed(Count));
            }

            Bytes += entries.Length;
            Count++;
        }

        _ = raw.sqlite3_reset(select);
    }

    /// <summary>A row's number.</summary>
    public long Seq(int row) => _rows[row].Seq;

    /// <summary>A row's entries.</summary>
    public ReadOnlySpan<byte> Entries(int row) => _bytes.AsSpan(_rows[row].Start, _rows[row].Length);

    /// <summary>The SHA-256 of its entries.</summary>
    public Span<byte> Computed(int row) => _hashes.AsSpan(2 * row * JournalChain.HashBytes, JournalChain.HashBytes);

    /// <summary>The hash that is stored with it.</summary>
    public Span<byte> Stored(int row) => _hashes.AsSpan(((2 * row) + 1) * JournalChain.HashBytes, JournalChain.HashBytes);
}

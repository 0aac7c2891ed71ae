using System.Runtime.CompilerServices;
using AiOrchestrator.Core.Metering;
using SQLitePCL;

namespace AiOrchestrator.Server.Storage;

/// <summary>The usage stream on the journal: a position is a row's number, a batch is a row.</summary>
internal sealed class JournalUsageStream(Journal journal, string path, JournalOptions options, TimeProvider time) : IUsageStream
{
    // Read in pieces, so that no read transaction stays open while a consumer works: it would keep the log from starting afresh.
    private const int ChunkRows = 256;
    private const int ChunkBytes = 4 << 20;

    /// <inheritdoc/>
    public ValueTask<bool> AppendStartAsync(in ExchangeStart start) => journal.AppendStartAsync(start);

    /// <inheritdoc/>
    public void AppendSettlement(in ExchangeSettlement settlement) => journal.AppendSettlement(settlement);

    /// <inheritdoc/>
    public ValueTask FlushAsync(CancellationToken cancellation) => new(journal.FlushAsync().WaitAsync(cancellation));

    /// <inheritdoc/>
    public async IAsyncEnumerable<UsageBatch> ReadAsync(long afterPosition, [EnumeratorCancellation] CancellationToken cancellation)
    {
        using var database = SqliteDatabase.Open(path, readOnly: true);
        var select = database.Prepare("SELECT seq, entries FROM journal WHERE seq > ? ORDER BY seq LIMIT ?");
        var chunk = new List<UsageBatch>(ChunkRows);
        var position = afterPosition;
        while (true)
        {
            cancellation.ThrowIfCancellationRequested();
            position = ReadChunk(database, select, position, chunk);
            foreach (var batch in chunk)
            {
                yield return batch;
            }

            if (chunk.Count > 0)
            {
                continue;
            }

            await journal.Committed.WaitBeyondAsync(position).WaitAsync(cancellation);

            // Every look costs a transaction here and one at the consumer: a few milliseconds of patience save hundreds a second.
            await Task.Delay(TimeSpan.FromMilliseconds(options.ReadPauseMs), time, cancellation);
        }
    }

    private static long ReadChunk(SqliteDatabase database, sqlite3_stmt select, long position, List<UsageBatch> chunk)
    {
        chunk.Clear();
        var bytes = 0;
        _ = raw.sqlite3_bind_int64(select, 1, position);
        _ = raw.sqlite3_bind_int(select, 2, ChunkRows);
        while (bytes < ChunkBytes && database.Step(select))
        {
            position = raw.sqlite3_column_int64(select, 0);
            var row = raw.sqlite3_column_blob(select, 1);
            bytes += row.Length;
            chunk.Add(new UsageBatch(position, Events(row)));
        }

        _ = raw.sqlite3_reset(select);
        return position;
    }

    private static ReadOnlyMemory<byte>[] Events(ReadOnlySpan<byte> row)
    {
        byte[]? copy = null;
        List<ReadOnlyMemory<byte>>? events = null;
        var reader = new EntryReader(row);
        while (reader.Read(out var entry) == EntryRead.Entry)
        {
            if (entry.Kind is not (EntryKind.Settlement or EntryKind.UnfinishedCharged))
            {
                continue;
            }

            // The event is the last thing in its entry, so it ends where the entry does.
            copy ??= row.ToArray();
            events ??= [];
            var end = row.Length - reader.RemainingBytes;
            events.Add(copy.AsMemory(end - entry.EventJson.Length, entry.EventJson.Length));
        }

        return events?.ToArray() ?? [];
    }
}

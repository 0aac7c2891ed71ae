using System.Runtime.CompilerServices;
using AiOrchestrator.Core.Metering;
using SQLitePCL;

namespace AiOrchestrator.Server.Storage;

/// <summary>The usage stream on the journal: a position is a row's number, a batch is a row.</summary>
internal sealed class JournalUsageStream(Journal journal, string path, JournalOptions options, TimeProvider time)
    : IUsageStream, IUsageFeed
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
        var texts = new RowTexts();
        var paths = new PathCache();
        var position = afterPosition;
        while (true)
        {
            cancellation.ThrowIfCancellationRequested();
            position = ReadChunk(database, select, position, chunk, texts, paths);
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

    private static long ReadChunk(
        SqliteDatabase database, sqlite3_stmt select, long position, List<UsageBatch> chunk, RowTexts texts, PathCache paths)
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
            chunk.Add(new UsageBatch(position, Entries(position, row, texts, paths)));
        }

        _ = raw.sqlite3_reset(select);
        return position;
    }

    /// <summary>Whatever a settlement or a statement line says; the place of every other entry counts too.</summary>
    private static List<StreamEntry> Entries(long position, ReadOnlySpan<byte> row, RowTexts texts, PathCache paths)
    {
        var entries = new List<StreamEntry>();
        var reader = new EntryReader(row, texts);
        for (var number = position * Journal.EntriesPerRow; reader.Read(out var entry) == EntryRead.Entry; number++)
        {
            if (entry.Kind is EntryKind.Settlement or EntryKind.UnfinishedCharged)
            {
                entries.Add(new StreamEntry(number, EventReader.Read(entry, row, texts), Line: null) { Wallets = paths.Get(entry.Path) });
            }
            else if (!entry.LineJson.IsEmpty)
            {
                entries.Add(new StreamEntry(number, Usage: null, WalletLineJson.Read(entry.LineJson)));
            }
            else if (!entry.LinesJson.IsEmpty)
            {
                // A command of several lines takes as many numbers.
                var lines = WalletLineJson.ReadAll(entry.LinesJson);
                for (var i = 0; i < lines.Count; i++)
                {
                    entries.Add(new StreamEntry(number + i, Usage: null, lines[i]));
                }

                number += Math.Max(0, lines.Count - 1);
            }
        }

        return entries;
    }
}

namespace AiOrchestrator.Server.Storage;

/// <summary>
/// Reads a journal's rows ahead on several threads, each with a connection of its own, and hands them out in order. A few chunks are
/// read ahead and no more, so memory stays bounded however slow the consumer is.
/// </summary>
internal sealed class ChunkPipeline : IDisposable
{
    private readonly Lock _turn = new();
    private readonly SemaphoreSlim _room;
    private readonly SemaphoreSlim[] _filled;
    private readonly RowChunk[] _chunks;
    private readonly List<Thread> _readers = [];
    private readonly string _path;
    private readonly long _after;
    private readonly long _until;
    private readonly long _lastFlatRow;
    private readonly long _count;
    private long _next;
    private long _consumed = -1;
    private volatile Exception? _failure;
    private volatile bool _stopping;

    /// <summary>Begins to read.</summary>
    /// <param name="path">The database.</param>
    /// <param name="after">The first row is the one after this.</param>
    /// <param name="until">The last row.</param>
    /// <param name="lastFlatRow">See <see cref="RowChunk.Fill"/>.</param>
    /// <param name="threads">At most so many read and hash at once.</param>
    public ChunkPipeline(string path, long after, long until, long lastFlatRow, int threads)
    {
        _path = path;
        _after = after;
        _until = until;
        _lastFlatRow = lastFlatRow;
        _count = (until - after + RowChunk.Rows - 1) / RowChunk.Rows;
        threads = (int)Math.Min(threads, _count);
        _chunks = [.. Enumerable.Range(0, (2 * threads) + 1).Select(static _ => new RowChunk())];
        _filled = [.. _chunks.Select(static _ => new SemaphoreSlim(initialCount: 0))];
        _room = new SemaphoreSlim(_chunks.Length);
        for (var i = 0; i < threads; i++)
        {
            var reader = new Thread(Read) { IsBackground = true, Name = "journal reader" };
            _readers.Add(reader);
            reader.Start();
        }
    }

    /// <summary>The next chunk, valid until the next call; null after the last.</summary>
    /// <exception cref="StorageException">It could not be read.</exception>
    public RowChunk? Next()
    {
        if (_consumed >= 0)
        {
            _ = _room.Release();
        }

        if (++_consumed >= _count)
        {
            return null;
        }

        var place = _consumed % _chunks.Length;
        _filled[place].Wait();
        return _failure is { } failure ? throw new StorageException(failure.Message, failure) : _chunks[place];
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _stopping = true;
        _ = _room.Release(_readers.Count + 1);
        foreach (var reader in _readers)
        {
            reader.Join();
        }

        _room.Dispose();
        foreach (var filled in _filled)
        {
            filled.Dispose();
        }
    }

    private void Read()
    {
        try
        {
            using var database = SqliteDatabase.Open(_path, readOnly: true);
            var select = RowChunk.Prepare(database);
            while (Take(out var number))
            {
                var chunk = _chunks[number % _chunks.Length];
                var from = number == 0 && _after == 0 ? long.MinValue : _after + (number * RowChunk.Rows);
                chunk.Fill(database, select, from, Math.Min(_until, _after + ((number + 1) * RowChunk.Rows)), _lastFlatRow);
                _ = _filled[number % _chunks.Length].Release();
            }
        }
        catch (Exception e) when (e is StorageException or OutOfMemoryException)
        {
            // Told to the consumer in the place of the next chunk, whichever that is: what this reader had taken never comes.
            _failure = e;
            foreach (var filled in _filled)
            {
                _ = filled.Release();
            }
        }
    }

    /// <summary>Takes the number of the next chunk when there is room for it: in order, so that the consumer is never waited for in vain.</summary>
    private bool Take(out long number)
    {
        lock (_turn)
        {
            _room.Wait();
            number = _next++;
            return number < _count && !_stopping;
        }
    }
}

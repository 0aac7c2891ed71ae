using System.Buffers.Binary;
using AiOrchestrator.Core.Insight;
using AiOrchestrator.Core.Insight.Statistics;
using AiOrchestrator.Core.Metering;
using AiOrchestrator.Core.Platform;
using Microsoft.Data.Sqlite;

namespace AiOrchestrator.Server.Storage;

/// <summary>
/// Usage events and statement lines in usage.db, events clustered by organisation and time (an exchange id sorts by time). A projection: losing its last
/// commits in a power cut loses nothing, the stream is read again from the position stored with them.
/// </summary>
internal sealed class SqliteUsageStore : IUsageStore, IDisposable
{
    // A request is stamped and named by the same clock within one process; this is more than any two differ by.
    private const long CreatedSlackMs = 3_600_000;
    private const int MaxLimit = 1000;

    // In a table without rowid a row that is longer than a quarter of a page spills; events have a few hundred bytes, texts and all.
    private const string Pragmas = "PRAGMA page_size = 16384; PRAGMA synchronous = NORMAL";

    private static readonly string[] Tables =
        ["usage", "position", "statement", "places", "place_wallets", "calls", "call_hours", "wallet_periods", "rollup", "model_hours"];

    // Format 1 had events as JSON, format 2 no calls by wallet, format 3 no periods beside an event, format 4 no statistics of models and nothing of what is of an earlier time.
    private static readonly SqliteFormat Format = new(
        """
        CREATE TABLE usage(
            organisation_id TEXT NOT NULL, id BLOB NOT NULL, created INTEGER NOT NULL, key_id TEXT, model TEXT, provider TEXT,
            status TEXT, request_id TEXT, event BLOB NOT NULL, periods TEXT NOT NULL, PRIMARY KEY(organisation_id, id)) WITHOUT ROWID;
        CREATE INDEX usage_by_key ON usage(organisation_id, key_id, id);
        CREATE TABLE statement(
            organisation TEXT, wallet_id TEXT NOT NULL, number INTEGER PRIMARY KEY, at INTEGER NOT NULL, period TEXT NOT NULL,
            kind TEXT NOT NULL, line BLOB NOT NULL);
        CREATE INDEX statement_by_wallet ON statement(wallet_id, number);
        """ + PlaceTable.CreateSql + CallTable.CreateSql + RollupTable.CreateSql + StatisticsTable.CreateSql +
        """
        CREATE TABLE position(value INTEGER NOT NULL);
        INSERT INTO position VALUES(0)
        """)
    {
        First = 5,
        DropSql = string.Join("; ", Tables.Select(static t => "DROP TABLE IF EXISTS " + t)),
    };

    private readonly SemaphoreSlim _readTurn = new(initialCount: 1);
    private readonly SemaphoreSlim _writeTurn = new(initialCount: 1);
    private readonly SqliteConnection _reading;
    private readonly SqliteConnection _writing;
    private readonly UsageInsert _insert;
    private readonly StatementTable _statement;
    private readonly PlaceTable _places;
    private readonly CallTable _calls;
    private readonly CallReader _callReader;
    private readonly RollupTable _rollup;
    private readonly StatisticsTable _statistics;

    /// <summary>Opens or creates the database.</summary>
    /// <exception cref="StorageException">It cannot be opened or has a newer format.</exception>
    public SqliteUsageStore(string path)
    {
        _writing = SqliteConnections.OpenForWriting(path, Format, Pragmas);
        _insert = new UsageInsert(_writing);
        _reading = SqliteConnections.OpenForReading(path);
        _statement = new StatementTable(_writing, _reading);
        _places = new PlaceTable(_writing);
        _calls = new CallTable(_writing);
        _callReader = new CallReader(_reading);
        _rollup = new RollupTable(_writing, path);
        _statistics = new StatisticsTable(_writing, path);
    }

    /// <inheritdoc/>
    public async ValueTask<long> PositionAsync(CancellationToken cancellation)
    {
        await _readTurn.WaitAsync(cancellation);
        try
        {
            using var command = _reading.CreateCommand();
            command.CommandText = "SELECT value FROM position";
            return (long)command.ExecuteScalar()!;
        }
        finally
        {
            _ = _readTurn.Release();
        }
    }

    /// <inheritdoc/>
    public async ValueTask StoreAsync(IReadOnlyList<UsageBatch> batches, CancellationToken cancellation)
    {
        if (batches.Count == 0)
        {
            return;
        }

        await _writeTurn.WaitAsync(cancellation);
        var stored = false;
        try
        {
            using var transaction = _writing.BeginTransaction(deferred: false);
            foreach (var batch in batches)
            {
                foreach (var entry in batch.Entries)
                {
                    Store(entry);
                }
            }

            _calls.Flush();
            _rollup.Flush();
            _statistics.Flush();
            using var command = _writing.CreateCommand();
            command.CommandText = "UPDATE position SET value = max(value, $v)";
            _ = command.Parameters.AddWithValue("$v", batches[^1].Position);
            _ = command.ExecuteNonQuery();
            transaction.Commit();
            stored = true;
        }
        finally
        {
            if (!stored)
            {
                // What was gathered belongs to a transaction that never was.
                _places.Forget();
                _calls.Forget();
                _rollup.Forget();
                _statistics.Forget();
            }

            _ = _writeTurn.Release();
        }
    }

    /// <inheritdoc/>
    public async ValueTask<UsageEvent?> GetAsync(string organisationId, ExchangeId id, CancellationToken cancellation)
    {
        await _readTurn.WaitAsync(cancellation);
        try
        {
            using var command = _reading.CreateCommand();
            command.CommandText = "SELECT event FROM usage WHERE organisation_id = $o AND id = $i";
            _ = command.Parameters.AddWithValue("$o", organisationId);
            _ = command.Parameters.AddWithValue("$i", Key(id));
            return command.ExecuteScalar() is byte[] stored ? EventReader.ReadWhole(stored) : null;
        }
        finally
        {
            _ = _readTurn.Release();
        }
    }

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<UsageEvent>> QueryAsync(UsageQuery query, CancellationToken cancellation) =>
        EventsAsync(query, static (usage, _) => usage, cancellation);

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<ChargedCall>> ChargedAsync(UsageQuery query, CancellationToken cancellation) =>
        EventsAsync(query, static (usage, periods) => new ChargedCall(usage, CallTable.SharesOf(usage, periods)), cancellation);

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<StatementLine>> LinesAsync(StatementQuery query, CancellationToken cancellation)
    {
        CheckLimit(query.Limit);
        await _readTurn.WaitAsync(cancellation);
        try
        {
            return _statement.Query(query);
        }
        finally
        {
            _ = _readTurn.Release();
        }
    }

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<StatementEntry>> StatementAsync(StatementQuery query, CancellationToken cancellation)
    {
        CheckLimit(query.Limit);
        await _readTurn.WaitAsync(cancellation);
        try
        {
            // One picture: what is stored between the two would leave a gap for whoever goes on after the last number.
            using var transaction = _reading.BeginTransaction(deferred: true);
            var lines = query.Kind == StatementQuery.CallKind ? [] : _statement.Query(query);
            var calls = query.Kind is null or StatementQuery.CallKind ? _callReader.Query(query, cancellation) : [];
            return StatementEntry.Merge(lines.Select(StatementEntry.Of), calls, query.Limit);
        }
        finally
        {
            _ = _readTurn.Release();
        }
    }

    /// <inheritdoc/>
    public IAsyncEnumerable<ChargebackRow> ChargebackAsync(ChargebackQuery query, CancellationToken cancellation) =>
        _rollup.QueryAsync(query, cancellation);

    /// <inheritdoc/>
    public IAsyncEnumerable<ModelHour> StatisticsAsync(StatisticsQuery query, CancellationToken cancellation) =>
        _statistics.QueryAsync(query, cancellation);

    /// <inheritdoc/>
    public void Dispose()
    {
        _statistics.Dispose();
        _calls.Dispose();
        _rollup.Dispose();
        _insert.Dispose();
        _reading.Dispose();
        _writing.Dispose();
        _readTurn.Dispose();
        _writeTurn.Dispose();
    }

    private async ValueTask<IReadOnlyList<T>> EventsAsync<T>(UsageQuery query, Func<UsageEvent, string, T> take, CancellationToken cancellation)
    {
        CheckLimit(query.Limit);
        await _readTurn.WaitAsync(cancellation);
        try
        {
            using var command = _reading.CreateCommand();
            Fill(command, query);
            using var reader = command.ExecuteReader();
            var events = new List<T>();
            while (reader.Read())
            {
                cancellation.ThrowIfCancellationRequested();
                events.Add(take(EventReader.ReadWhole(reader.GetFieldValue<byte[]>(0)), reader.GetString(1)));
            }

            return events;
        }
        finally
        {
            _ = _readTurn.Release();
        }
    }

    private static void CheckLimit(int limit)
    {
        if (limit is < 1 or > MaxLimit)
        {
            throw new ArgumentOutOfRangeException(nameof(limit), limit, $"The limit is 1 to {MaxLimit}.");
        }
    }

    private void Store(in StreamEntry entry)
    {
        if (entry.Usage is { } usage)
        {
            Span<byte> key = stackalloc byte[EntryWriter.IdBytes];
            if (_insert.Run(usage, _calls.Periods(entry.Wallets), key))
            {
                Count(entry, usage, key);
                if (ModelCounts.Counts(usage))
                {
                    _statistics.Add(usage);
                }
            }
        }

        if (entry.Line is { } line && _statement.Insert(entry.Number, line) && line.Kind == StatementEntry.PeriodOpenedKind)
        {
            _calls.AddPeriod(line);
        }
    }

    /// <summary>A call that was not stored before joins its wallets' statements and its groups.</summary>
    private void Count(in StreamEntry entry, UsageEvent usage, ReadOnlySpan<byte> key)
    {
        var (stands, counts) = (StatementEntry.IsCall(usage), ChargebackQuery.Counts(usage));
        if (!stands && !counts)
        {
            return;
        }

        var place = _places.NumberOf(usage, entry.Wallets);
        if (stands)
        {
            _calls.Add(place, entry.Number, key, usage, entry.Wallets);
        }

        if (counts)
        {
            _rollup.Add(place, usage);
        }
    }

    private static void Fill(SqliteCommand command, UsageQuery query)
    {
        var sql = new System.Text.StringBuilder("SELECT event, periods FROM usage WHERE organisation_id = $o");
        _ = command.Parameters.AddWithValue("$o", query.OrganisationId);
        void Where(string condition, string name, object? value)
        {
            if (value is not null)
            {
                _ = sql.Append(" AND ").Append(condition).Append(name);
                _ = command.Parameters.AddWithValue(name, value);
            }
        }

        Where("key_id = ", "$k", query.KeyId);
        Where("model = ", "$m", query.Model);
        Where("provider = ", "$p", query.Provider);
        Where("status = ", "$s", query.Status is { } status ? UsageInsert.Name(status) : null);
        Where("request_id = ", "$r", query.RequestId);
        Where("created >= ", "$f", query.FromUnixMs);
        Where("created < ", "$u", query.UntilUnixMs);

        // The same bounds on the id, generously: they let SQLite start and stop in the middle of an organisation's events.
        Where("id >= ", "$fi", query.FromUnixMs is { } from ? Key(ExchangeId.FirstAt(from - CreatedSlackMs)) : null);
        Where("id < ", "$ui", query.UntilUnixMs is { } until ? Key(ExchangeId.FirstAt(until + CreatedSlackMs)) : null);
        Where("id < ", "$b", query.Before is { } before ? Key(before) : null);
        _ = command.Parameters.AddWithValue("$n", query.Limit);
#pragma warning disable CA2100 // Put together from the constants above; every value is a parameter.
        command.CommandText = sql.Append(" ORDER BY id DESC LIMIT $n").ToString();
#pragma warning restore CA2100
    }

    private static byte[] Key(ExchangeId id)
    {
        var key = new byte[EntryWriter.IdBytes];
        BinaryPrimitives.WriteUInt128BigEndian(key, id.Value);
        return key;
    }
}

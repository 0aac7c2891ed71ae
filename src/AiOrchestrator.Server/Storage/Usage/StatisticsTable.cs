using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Serialization;
using AiOrchestrator.Core.Insight;
using AiOrchestrator.Core.Insight.Statistics;
using AiOrchestrator.Core.Metering;
using Microsoft.Data.Sqlite;

namespace AiOrchestrator.Server.Storage;

/// <summary>
/// How calls to models went, by organisation, hour, provider and model: kept up in the same transaction as the events, one update per group and
/// run. Whoever calls holds the turn of the connection.
/// </summary>
internal sealed class StatisticsTable(SqliteConnection writing, string path) : IDisposable
{
    public const string CreateSql =
        """
        CREATE TABLE model_hours(
            organisation_id TEXT NOT NULL, hour INTEGER NOT NULL, provider TEXT NOT NULL, model TEXT NOT NULL, counts BLOB NOT NULL,
            PRIMARY KEY(organisation_id, hour, provider, model)) WITHOUT ROWID;
        """;

    private readonly SqliteStatement _write = new(
        writing, "INSERT INTO model_hours(organisation_id, hour, provider, model, counts) VALUES(?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET counts = excluded.counts");

    private readonly Dictionary<(string Organisation, long Hour, string Provider, string Model), Dictionary<string, long>> _run = [];

    /// <summary>Counts a call that was stored just now, and never before.</summary>
    public void Add(UsageEvent usage)
    {
        foreach (var row in ModelCounts.Rows(usage))
        {
            var key = (usage.OrganisationId ?? "", ChargebackQuery.HourOf(usage.CreatedUnixMs), row.Provider, row.Model);
            if (!_run.TryGetValue(key, out var counts))
            {
                _run.Add(key, counts = new Dictionary<string, long>(StringComparer.Ordinal));
            }

            Merge(counts, row.Counts);
        }
    }

    /// <summary>Writes what was counted, inside the connection's transaction.</summary>
    public void Flush()
    {
        foreach (var ((organisation, hour, provider, model), counts) in _run)
        {
            if (Find(organisation, hour, provider, model) is { } before)
            {
                Merge(counts, before);
            }

            _ = _write.Bind(1, organisation).Bind(2, hour).Bind(3, provider).Bind(4, model)
                .Bind(5, JsonSerializer.SerializeToUtf8Bytes(counts, StatisticsTableJson.Default.DictionaryStringInt64)).Run();
        }

        _run.Clear();
    }

    /// <summary>Throws away what was counted.</summary>
    public void Forget() => _run.Clear();

    /// <summary>The hours of a query. On a connection of its own: whoever asks may read slowly, and nobody else waits for that.</summary>
    public async IAsyncEnumerable<ModelHour> QueryAsync(StatisticsQuery query, [EnumeratorCancellation] CancellationToken cancellation)
    {
        using var connection = SqliteConnections.OpenForReading(path);
        using var command = connection.CreateCommand();
        command.CommandText =
            """
            SELECT hour, provider, model, counts FROM model_hours
            WHERE organisation_id = $o AND hour >= $f AND hour < $u AND ($p IS NULL OR provider = $p) AND ($m IS NULL OR model = $m)
            """;
        _ = command.Parameters.AddWithValue("$o", query.OrganisationId);
        _ = command.Parameters.AddWithValue("$f", query.FromHour);
        _ = command.Parameters.AddWithValue("$u", query.UntilHour);
        _ = command.Parameters.AddWithValue("$p", (object?)query.Provider ?? DBNull.Value);
        _ = command.Parameters.AddWithValue("$m", (object?)query.Model ?? DBNull.Value);
        using var reader = await command.ExecuteReaderAsync(cancellation);
        while (reader.Read())
        {
            cancellation.ThrowIfCancellationRequested();
            yield return new ModelHour(reader.GetInt64(0), reader.GetString(1), reader.GetString(2), Read(reader.GetFieldValue<byte[]>(3)));
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _write.Dispose();

    private static void Merge(Dictionary<string, long> counts, IEnumerable<KeyValuePair<string, long>> more)
    {
        foreach (var (name, count) in more)
        {
            counts[name] = counts.GetValueOrDefault(name) + count;
        }
    }

    private Dictionary<string, long>? Find(string organisation, long hour, string provider, string model)
    {
        using var command = writing.CreateCommand();
        command.CommandText = "SELECT counts FROM model_hours WHERE organisation_id = $o AND hour = $h AND provider = $p AND model = $m";
        _ = command.Parameters.AddWithValue("$o", organisation);
        _ = command.Parameters.AddWithValue("$h", hour);
        _ = command.Parameters.AddWithValue("$p", provider);
        _ = command.Parameters.AddWithValue("$m", model);
        return command.ExecuteScalar() is byte[] stored ? Read(stored) : null;
    }

    private static Dictionary<string, long> Read(byte[] stored) =>
        JsonSerializer.Deserialize(stored, StatisticsTableJson.Default.DictionaryStringInt64) ?? throw new JsonException("counts are never null");
}

[JsonSerializable(typeof(Dictionary<string, long>))]
internal sealed partial class StatisticsTableJson : JsonSerializerContext;

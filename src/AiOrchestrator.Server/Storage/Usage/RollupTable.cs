using System.Globalization;
using System.Runtime.CompilerServices;
using AiOrchestrator.Core.Insight;
using AiOrchestrator.Core.Metering;
using Microsoft.Data.Sqlite;

namespace AiOrchestrator.Server.Storage;

/// <summary>
/// What calls came to by hour, place, key, model, provider and what of them is of an earlier time: kept up in the same transaction as the events, one update per group and run.
/// </summary>
internal sealed class RollupTable(SqliteConnection writing, string path) : IDisposable
{
    public const string CreateSql =
        """
        CREATE TABLE rollup(
            hour INTEGER NOT NULL, place_id INTEGER NOT NULL, key_id TEXT NOT NULL, model TEXT NOT NULL, provider TEXT NOT NULL,
            legacy TEXT NOT NULL, calls INTEGER NOT NULL, prompt_tokens INTEGER NOT NULL, completion_tokens INTEGER NOT NULL, cost INTEGER NOT NULL,
            PRIMARY KEY(hour, place_id, key_id, model, provider, legacy)) WITHOUT ROWID;
        """;

    private const int MaxKnown = 10_000;

    private readonly SqliteStatement _add = new(
        writing,
        """
        INSERT INTO rollup(hour, place_id, key_id, model, provider, legacy, calls, prompt_tokens, completion_tokens, cost)
        VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET calls = calls + excluded.calls,
            prompt_tokens = prompt_tokens + excluded.prompt_tokens, completion_tokens = completion_tokens + excluded.completion_tokens,
            cost = cost + excluded.cost
        """);

    private readonly Dictionary<(long Hour, long Place, string Key, string Model, string Provider, string Legacy), Totals> _run = [];

    /// <summary>Counts a call that was stored just now, and never before.</summary>
    public void Add(long place, UsageEvent usage)
    {
        var key = (ChargebackQuery.HourOf(usage.CreatedUnixMs), place, usage.KeyId ?? "", usage.Model ?? "", usage.Provider ?? "", usage.LegacyUse ?? "");
        var totals = _run.GetValueOrDefault(key);
        checked
        {
            _run[key] = new Totals(
                totals.Calls + 1,
                totals.PromptTokens + usage.PromptTokens,
                totals.CompletionTokens + usage.CompletionTokens,
                totals.CostNanoUsd + usage.CostNanoUsd);
        }
    }

    /// <summary>Writes what was counted, inside the connection's transaction.</summary>
    public void Flush()
    {
        foreach (var ((hour, place, key, model, provider, legacy), totals) in _run)
        {
            _ = _add.Bind(1, hour).Bind(2, place).Bind(3, key).Bind(4, model).Bind(5, provider)
                .Bind(6, legacy).Bind(7, totals.Calls).Bind(8, totals.PromptTokens).Bind(9, totals.CompletionTokens).Bind(10, totals.CostNanoUsd).Run();
        }

        _run.Clear();
    }

    /// <summary>Throws away what was counted.</summary>
    public void Forget() => _run.Clear();

    /// <summary>
    /// The groups of a query. On a connection of its own: whoever asks may read slowly, and nobody else waits for that. What does not fit into
    /// SQLite's own memory is sorted in a temporary file.
    /// </summary>
    public async IAsyncEnumerable<ChargebackRow> QueryAsync(ChargebackQuery query, [EnumeratorCancellation] CancellationToken cancellation)
    {
        using var connection = SqliteConnections.OpenForReading(path);
        var teams = new Dictionary<string, string>(StringComparer.Ordinal) { [""] = "" };
        connection.CreateFunction("team_of", (string wallets) => TeamOf(teams, query, wallets), isDeterministic: true);
        using var command = connection.CreateCommand();
        Fill(command, query);
        using var reader = await command.ExecuteReaderAsync(cancellation);
        var groups = query.GroupBy.Count;
        while (reader.Read())
        {
            cancellation.ThrowIfCancellationRequested();
            var keys = new string?[groups];
            for (var i = 0; i < groups; i++)
            {
                keys[i] = Key(reader, i, query.GroupBy[i]);
            }

            yield return new ChargebackRow(keys, reader.GetInt64(groups), reader.GetInt64(groups + 1), reader.GetInt64(groups + 2), reader.GetInt64(groups + 3));
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _add.Dispose();

    private static string TeamOf(Dictionary<string, string> known, ChargebackQuery query, string wallets)
    {
        if (known.TryGetValue(wallets, out var team))
        {
            return team;
        }

        team = query.TeamOf(wallets);
        if (known.Count < MaxKnown)
        {
            known.Add(wallets, team);
        }

        return team;
    }

    private static void Fill(SqliteCommand command, ChargebackQuery query)
    {
        var columns = string.Join(", ", query.GroupBy.Select(Column));
        var only = query.WalletId is null ? "" : " AND place_id IN (SELECT place_id FROM place_wallets WHERE wallet_id = $w)";
        var numbers = string.Join(", ", Enumerable.Range(1, query.GroupBy.Count));

        // CROSS JOIN is SQLite's way to say: hours first, then each row's place by its number.
#pragma warning disable CA2100 // Put together from the constants here; every value is a parameter.
        command.CommandText =
            $"""
            SELECT {columns}, sum(calls), sum(prompt_tokens), sum(completion_tokens), sum(cost)
            FROM rollup CROSS JOIN places USING(place_id)
            WHERE hour >= $f AND hour < $u AND organisation_id = $o{only} GROUP BY {numbers} ORDER BY {numbers}
            """;
#pragma warning restore CA2100
        _ = command.Parameters.AddWithValue("$o", query.OrganisationId);
        _ = command.Parameters.AddWithValue("$f", query.FromHour ?? long.MinValue);
        _ = command.Parameters.AddWithValue("$u", query.UntilHour ?? long.MaxValue);
        if (query.WalletId is not null)
        {
            _ = command.Parameters.AddWithValue("$w", query.WalletId);
        }
    }

    private static string Column(ChargebackGroup group) => group switch
    {
        ChargebackGroup.Wallet => "substr(path || '/', 1, instr(path || '/', '/') - 1)",
        ChargebackGroup.Team => "team_of(path)",
        ChargebackGroup.CostCentre => "cost_centre",
        ChargebackGroup.Key => "key_id",
        ChargebackGroup.Model => "model",
        ChargebackGroup.Provider => "provider",
        ChargebackGroup.Day => "hour / 24",
        ChargebackGroup.LegacyUse => "legacy",
        _ => throw new ArgumentOutOfRangeException(nameof(group), group, "Not a group."),
    };

    private static string? Key(SqliteDataReader reader, int index, ChargebackGroup group)
    {
        if (group == ChargebackGroup.Day)
        {
            return DateTimeOffset.FromUnixTimeMilliseconds(24 * ChargebackQuery.HourMs * reader.GetInt64(index)).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
        }

        return reader.GetString(index) is { Length: > 0 } text ? text : null;
    }

    private readonly record struct Totals(long Calls, long PromptTokens, long CompletionTokens, long CostNanoUsd);
}

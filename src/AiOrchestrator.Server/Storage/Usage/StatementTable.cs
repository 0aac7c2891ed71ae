using System.Text;
using AiOrchestrator.Core.Insight;
using AiOrchestrator.Core.Metering;
using Microsoft.Data.Sqlite;

namespace AiOrchestrator.Server.Storage;

/// <summary>Statement lines in usage.db. Whoever calls holds the turn of the connection.</summary>
internal sealed class StatementTable(SqliteConnection writing, SqliteConnection reading)
{
    /// <summary>Stores a line inside the writing connection's transaction; false for one that is stored already: it changes nothing.</summary>
    public bool Insert(long number, WalletLine line)
    {
        using var command = writing.CreateCommand();
        command.CommandText =
            """
            INSERT INTO statement(organisation, wallet_id, number, at, period, kind, line)
            VALUES($o, $w, $n, $a, $p, $k, $l) ON CONFLICT DO NOTHING
            """;
        _ = command.Parameters.AddWithValue("$o", (object?)line.OrganisationId ?? DBNull.Value);
        _ = command.Parameters.AddWithValue("$w", line.WalletId);
        _ = command.Parameters.AddWithValue("$n", number);
        _ = command.Parameters.AddWithValue("$a", line.AtUnixMs);
        _ = command.Parameters.AddWithValue("$p", line.Period);
        _ = command.Parameters.AddWithValue("$k", line.Kind);
        _ = command.Parameters.AddWithValue("$l", WalletLineJson.Write(line));
        return command.ExecuteNonQuery() > 0;
    }

    /// <summary>Lines that match, ascending by number.</summary>
    public List<StatementLine> Query(StatementQuery query)
    {
        using var command = reading.CreateCommand();
        var sql = new StringBuilder("SELECT number, line FROM statement WHERE wallet_id = $w");
        _ = command.Parameters.AddWithValue("$w", query.WalletId);
        void Where(string condition, string name, object? value)
        {
            if (value is not null)
            {
                _ = sql.Append(" AND ").Append(condition).Append(name);
                _ = command.Parameters.AddWithValue(name, value);
            }
        }

        Where("number > ", "$a", query.AfterNumber);
        Where("number < ", "$b", query.BeforeNumber);
        Where("at >= ", "$f", query.FromUnixMs);
        Where("at < ", "$u", query.UntilUnixMs);
        Where("kind = ", "$k", query.Kind);
        Where("period = ", "$p", query.Period);
        _ = command.Parameters.AddWithValue("$l", query.Limit);
#pragma warning disable CA2100 // Put together from the constants above; every value is a parameter.
        command.CommandText = sql.Append(" ORDER BY number LIMIT $l").ToString();
#pragma warning restore CA2100
        using var reader = command.ExecuteReader();
        var lines = new List<StatementLine>();
        while (reader.Read())
        {
            lines.Add(new StatementLine(reader.GetInt64(0), WalletLineJson.Read(reader.GetFieldValue<byte[]>(1))));
        }

        return lines;
    }
}

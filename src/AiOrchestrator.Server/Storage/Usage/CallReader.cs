using System.Globalization;
using AiOrchestrator.Core.Insight;
using Microsoft.Data.Sqlite;

namespace AiOrchestrator.Server.Storage;

/// <summary>
/// Reads a wallet's calls in the order of their numbers: the next call of every place below the wallet stands in a queue. A page costs as many
/// look-ups as there are places and lines, however many calls there are. Whoever calls holds the turn of the connection.
/// </summary>
internal sealed class CallReader(SqliteConnection reading)
{
    /// <summary>Calls that match, ascending by number.</summary>
    public List<StatementEntry> Query(StatementQuery query, CancellationToken cancellation)
    {
        var lines = new List<StatementEntry>();
        if (Bounds(query) is not { } bounds)
        {
            return lines;
        }

        using var next = Next(query, bounds.Before);
        using var find = Find();
        var queue = new PriorityQueue<Found, long>();
        foreach (var place in Places(query.WalletId))
        {
            Enqueue(queue, next, place, bounds.After);
        }

        var names = new Dictionary<int, string?>();
        while (lines.Count < query.Limit && queue.TryDequeue(out var found, out var number))
        {
            cancellation.ThrowIfCancellationRequested();
            var period = PeriodOf(found);
            if (bounds.Periods is null || bounds.Periods.Contains(period))
            {
                find.Parameters["$o"].Value = found.Place.OrganisationId;
                find.Parameters["$i"].Value = found.Id;
                lines.Add(new StatementEntry(number, NameOf(query.WalletId, period, names), Line: null, EventReader.ReadWhole((byte[])find.ExecuteScalar()!)));
            }

            Enqueue(queue, next, found.Place, number);
        }

        return lines;
    }

    private static void Enqueue(PriorityQueue<Found, long> queue, SqliteCommand next, Place place, long after)
    {
        next.Parameters["$p"].Value = place.Number;
        next.Parameters["$a"].Value = after;
        using var reader = next.ExecuteReader();
        if (reader.Read())
        {
            queue.Enqueue(new Found(place, reader.GetFieldValue<byte[]>(1), reader.GetString(2)), reader.GetInt64(0));
        }
    }

    private static int PeriodOf(in Found found) =>
        found.Periods.Split('/') is var periods && found.Place.Level < periods.Length
        && int.TryParse(periods[found.Place.Level], NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? number
            : 0;

    private SqliteCommand Next(StatementQuery query, long before)
    {
        var command = reading.CreateCommand();
        command.CommandText =
            """
            SELECT number, id, periods FROM calls
            WHERE place_id = $p AND number > $a AND number < $b AND at >= $f AND at < $u ORDER BY number LIMIT 1
            """;
        _ = command.Parameters.Add("$p", SqliteType.Integer);
        _ = command.Parameters.Add("$a", SqliteType.Integer);
        _ = command.Parameters.AddWithValue("$b", before);
        _ = command.Parameters.AddWithValue("$f", query.FromUnixMs ?? long.MinValue);
        _ = command.Parameters.AddWithValue("$u", query.UntilUnixMs ?? long.MaxValue);
        return command;
    }

    private SqliteCommand Find()
    {
        var command = reading.CreateCommand();
        command.CommandText = "SELECT event FROM usage WHERE organisation_id = $o AND id = $i";
        _ = command.Parameters.Add("$o", SqliteType.Text);
        _ = command.Parameters.Add("$i", SqliteType.Blob);
        return command;
    }

    /// <summary>Between which numbers the calls lie; null when there are none.</summary>
    private (long After, long Before, HashSet<int>? Periods)? Bounds(StatementQuery query)
    {
        var after = query.AfterNumber ?? -1;
        var before = query.BeforeNumber ?? long.MaxValue;
        if (query.FromUnixMs is { } from)
        {
            if (Number("SELECT min(first) FROM call_hours WHERE hour >= $h", ChargebackQuery.HourOf(from)) is not { } first)
            {
                return null;
            }

            after = Math.Max(after, first - 1);
        }

        if (query.UntilUnixMs is { } until)
        {
            if (Number("SELECT max(last) FROM call_hours WHERE hour <= $h", ChargebackQuery.HourOf(until)) is not { } last)
            {
                return null;
            }

            before = Math.Min(before, last + 1);
        }

        return query.Period is null ? (after, before, null) : InPeriod(query, after, before);
    }

    private (long After, long Before, HashSet<int>? Periods)? InPeriod(StatementQuery query, long after, long before)
    {
        using var command = reading.CreateCommand();
        command.CommandText = "SELECT period, first, last FROM wallet_periods WHERE wallet_id = $w AND id = $i AND first IS NOT NULL";
        _ = command.Parameters.AddWithValue("$w", query.WalletId);
        _ = command.Parameters.AddWithValue("$i", query.Period);
        using var reader = command.ExecuteReader();
        var periods = new HashSet<int>();
        var (first, last) = (long.MaxValue, -1L);
        while (reader.Read())
        {
            _ = periods.Add(reader.GetInt32(0));
            (first, last) = (Math.Min(first, reader.GetInt64(1)), Math.Max(last, reader.GetInt64(2)));
        }

        return periods.Count == 0 ? null : (Math.Max(after, first - 1), Math.Min(before, last + 1), periods);
    }

    private List<Place> Places(string walletId)
    {
        using var command = reading.CreateCommand();
        command.CommandText =
            "SELECT place_id, level, organisation_id FROM place_wallets JOIN places USING(place_id) WHERE wallet_id = $w";
        _ = command.Parameters.AddWithValue("$w", walletId);
        using var reader = command.ExecuteReader();
        var places = new List<Place>();
        while (reader.Read())
        {
            places.Add(new Place(reader.GetInt64(0), reader.GetInt32(1), reader.GetString(2)));
        }

        return places;
    }

    private string? NameOf(string walletId, int period, Dictionary<int, string?> names)
    {
        if (names.TryGetValue(period, out var name))
        {
            return name;
        }

        using var command = reading.CreateCommand();
        command.CommandText = "SELECT id FROM wallet_periods WHERE wallet_id = $w AND period = $n";
        _ = command.Parameters.AddWithValue("$w", walletId);
        _ = command.Parameters.AddWithValue("$n", period);
        return names[period] = command.ExecuteScalar() as string;
    }

    private long? Number(string sql, long hour)
    {
        using var command = reading.CreateCommand();
#pragma warning disable CA2100 // Every caller passes a constant.
        command.CommandText = sql;
#pragma warning restore CA2100
        _ = command.Parameters.AddWithValue("$h", hour);
        return command.ExecuteScalar() as long?;
    }

    private sealed record Place(long Number, int Level, string OrganisationId);

    private readonly record struct Found(Place Place, byte[] Id, string Periods);
}

using AiOrchestrator.Core.Metering;
using Microsoft.Data.Sqlite;

namespace AiOrchestrator.Server.Storage;

/// <summary>
/// The places calls are charged to, numbered: an organisation, a path of wallets, a cost centre. There are few, and calls name them by number.
/// Whoever calls holds the turn of the connection.
/// </summary>
internal sealed class PlaceTable(SqliteConnection writing)
{
    public const string CreateSql =
        """
        CREATE TABLE places(
            place_id INTEGER PRIMARY KEY, organisation_id TEXT NOT NULL, path TEXT NOT NULL, cost_centre TEXT NOT NULL,
            UNIQUE(organisation_id, path, cost_centre));
        CREATE TABLE place_wallets(
            wallet_id TEXT NOT NULL, place_id INTEGER NOT NULL, level INTEGER NOT NULL, PRIMARY KEY(wallet_id, place_id)) WITHOUT ROWID;
        """;

    private const int MaxKnown = 100_000;

    private readonly Dictionary<(string Organisation, string Path, string CostCentre), long> _known = [];

    /// <summary>The wallets of a call, ids leaf to root, joined with '/'; empty for none.</summary>
    public static string PathOf(UsageEvent usage, IReadOnlyList<WalletShare>? wallets) =>
        usage.WalletPath ?? (wallets is null ? usage.WalletId ?? "" : string.Join('/', wallets.Select(static w => w.WalletId)));

    /// <summary>The number of a call's place, inside the connection's transaction.</summary>
    public long NumberOf(UsageEvent usage, IReadOnlyList<WalletShare>? wallets)
    {
        var place = (usage.OrganisationId ?? "", PathOf(usage, wallets), usage.CostCentre ?? "");
        if (_known.TryGetValue(place, out var number))
        {
            return number;
        }

        if (_known.Count == MaxKnown)
        {
            _known.Clear();
        }

        number = Find(place) ?? Add(place);
        _known.Add(place, number);
        return number;
    }

    /// <summary>A transaction was rolled back: what was numbered in it is not.</summary>
    public void Forget() => _known.Clear();

    private long? Find((string Organisation, string Path, string CostCentre) place)
    {
        using var command = writing.CreateCommand();
        command.CommandText = "SELECT place_id FROM places WHERE organisation_id = $o AND path = $p AND cost_centre = $c";
        _ = command.Parameters.AddWithValue("$o", place.Organisation);
        _ = command.Parameters.AddWithValue("$p", place.Path);
        _ = command.Parameters.AddWithValue("$c", place.CostCentre);
        return (long?)command.ExecuteScalar();
    }

    private long Add((string Organisation, string Path, string CostCentre) place)
    {
        using var command = writing.CreateCommand();
        command.CommandText = "INSERT INTO places(organisation_id, path, cost_centre) VALUES($o, $p, $c) RETURNING place_id";
        _ = command.Parameters.AddWithValue("$o", place.Organisation);
        _ = command.Parameters.AddWithValue("$p", place.Path);
        _ = command.Parameters.AddWithValue("$c", place.CostCentre);
        var number = (long)command.ExecuteScalar()!;
        var wallets = place.Path.Split('/', StringSplitOptions.RemoveEmptyEntries);
        for (var level = 0; level < wallets.Length; level++)
        {
            using var wallet = writing.CreateCommand();
            wallet.CommandText = "INSERT INTO place_wallets(wallet_id, place_id, level) VALUES($w, $p, $l) ON CONFLICT DO NOTHING";
            _ = wallet.Parameters.AddWithValue("$w", wallets[level]);
            _ = wallet.Parameters.AddWithValue("$p", number);
            _ = wallet.Parameters.AddWithValue("$l", level);
            _ = wallet.ExecuteNonQuery();
        }

        return number;
    }
}

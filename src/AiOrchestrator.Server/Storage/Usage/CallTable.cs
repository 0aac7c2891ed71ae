using System.Globalization;
using AiOrchestrator.Core.Insight;
using AiOrchestrator.Core.Metering;
using Microsoft.Data.Sqlite;

namespace AiOrchestrator.Server.Storage;

/// <summary>
/// Which calls stand on which wallets' statements: one narrow row per call, by place and number, however deep the tree is. Beside it, between
/// which numbers an hour's calls and a period's calls lie. Whoever calls holds the turn of the connection.
/// </summary>
internal sealed class CallTable(SqliteConnection writing) : IDisposable
{
    public const string CreateSql =
        """
        CREATE TABLE calls(
            place_id INTEGER NOT NULL, number INTEGER NOT NULL, id BLOB NOT NULL, at INTEGER NOT NULL, periods TEXT NOT NULL,
            PRIMARY KEY(place_id, number)) WITHOUT ROWID;
        CREATE TABLE call_hours(hour INTEGER PRIMARY KEY, first INTEGER NOT NULL, last INTEGER NOT NULL);
        CREATE TABLE wallet_periods(
            wallet_id TEXT NOT NULL, period INTEGER NOT NULL, id TEXT, first INTEGER, last INTEGER, PRIMARY KEY(wallet_id, period)) WITHOUT ROWID;
        """;

    private const int MaxKnown = 100_000;

    /// <summary>A thousand rows of the journal: some seconds.</summary>
    private const long AheadMask = (1024L << 20) - 1;

    private readonly SqliteStatement _insert = new(
        writing, "INSERT INTO calls(place_id, number, id, at, periods) VALUES(?, ?, ?, ?, ?) ON CONFLICT DO NOTHING");

    private readonly SqliteStatement _hour = new(
        writing,
        "INSERT INTO call_hours(hour, first, last) VALUES(?, ?, ?) ON CONFLICT DO UPDATE SET first = min(first, excluded.first), last = max(last, excluded.last)");

    private readonly SqliteStatement _period = new(
        writing,
        """
        INSERT INTO wallet_periods(wallet_id, period, first, last) VALUES(?, ?, ?, ?)
        ON CONFLICT DO UPDATE SET first = min(coalesce(first, excluded.first), excluded.first), last = max(coalesce(last, excluded.last), excluded.last)
        """);

    private readonly SqliteStatement _opened = new(
        writing,
        """
        INSERT INTO wallet_periods(wallet_id, period, id)
        SELECT ?1, 1 + coalesce((SELECT max(period) FROM wallet_periods WHERE wallet_id = ?1), 0), ?2 WHERE 1
        ON CONFLICT DO UPDATE SET id = excluded.id
        """);

    private readonly Dictionary<long, (long First, long Last)> _hours = [];
    private readonly Dictionary<WalletShare, long> _periods = [];
    private IReadOnlyList<WalletShare>? _lastWallets;
    private string _lastPeriods = "";

    /// <summary>Adds a call inside the connection's transaction.</summary>
    /// <param name="place">Its place's number.</param>
    /// <param name="number">Its own.</param>
    /// <param name="key">Its exchange id as it stands in the table of events.</param>
    /// <param name="usage">The call.</param>
    /// <param name="wallets">The wallets on its path, or null.</param>
    public void Add(long place, long number, ReadOnlySpan<byte> key, UsageEvent usage, IReadOnlyList<WalletShare>? wallets)
    {
        var at = StatementEntry.SettledUnixMs(usage);
        _ = _insert.Bind(1, place).Bind(2, number).Bind(3, key).Bind(4, at).Bind(5, Periods(wallets)).Run();
        Widen(ChargebackQuery.HourOf(at), number);
        for (var i = 0; i < (wallets?.Count ?? 0); i++)
        {
            if (wallets![i].Period != 0 && number > _periods.GetValueOrDefault(wallets[i], -1))
            {
                Widen(wallets[i], number);
            }
        }
    }

    /// <summary>
    /// Notes that a period of a wallet was opened; they are numbered from 1, and no call is charged to one before it is opened. A wallet from
    /// before there were lines has no line for its first: then its calls tell of it.
    /// </summary>
    public void AddPeriod(WalletLine line) => _ = _opened.Bind(1, line.WalletId).Bind(2, line.Period).Run();

    /// <summary>Writes what was gathered, inside the same transaction.</summary>
    public void Flush()
    {
        foreach (var (hour, (first, last)) in _hours)
        {
            _ = _hour.Bind(1, hour).Bind(2, first).Bind(3, last).Run();
        }

        _hours.Clear();
    }

    /// <summary>A transaction was rolled back: what was gathered and noted in it is not.</summary>
    public void Forget()
    {
        _hours.Clear();
        _periods.Clear();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _insert.Dispose();
        _hour.Dispose();
        _period.Dispose();
        _opened.Dispose();
    }

    /// <summary>The numbers of the periods, leaf to root, joined with '/'; empty where they are not known.</summary>
    public string Periods(IReadOnlyList<WalletShare>? wallets)
    {
        // One after the other calls mostly have the same list.
        if (!ReferenceEquals(wallets, _lastWallets))
        {
            _lastWallets = wallets;
            _lastPeriods = wallets is null ? "" : string.Join('/', wallets.Select(static w => w.Period.ToString(CultureInfo.InvariantCulture)));
        }

        return _lastPeriods;
    }

    /// <summary>The wallets an event names, with the periods that stand beside it.</summary>
    public static IReadOnlyList<WalletShare> SharesOf(UsageEvent usage, string periods)
    {
        var numbers = periods.Split('/');
        return
        [
            .. (usage.WalletPath ?? usage.WalletId ?? "").Split('/', StringSplitOptions.RemoveEmptyEntries).Select((id, level) => new WalletShare(
                id,
                level < numbers.Length && int.TryParse(numbers[level], NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : 0)),
        ];
    }

    private void Widen(long hour, long number) =>
        _hours[hour] = _hours.TryGetValue(hour, out var known) ? (Math.Min(known.First, number), Math.Max(known.Last, number)) : (number, number);

    /// <summary>
    /// Notes that a period's calls reach to a number. The note says a bit more than that, so that it is not written with every run; a
    /// reader looks at each call's period anyway.
    /// </summary>
    private void Widen(in WalletShare share, long number)
    {
        if (_periods.Count >= MaxKnown)
        {
            _periods.Clear();
        }

        var last = number | AheadMask;
        _periods[share] = last;
        _ = _period.Bind(1, share.WalletId).Bind(2, share.Period).Bind(3, number).Bind(4, last).Run();
    }
}

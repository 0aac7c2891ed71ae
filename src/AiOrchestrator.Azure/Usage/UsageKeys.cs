using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using AiOrchestrator.Core.Insight;
using AiOrchestrator.Core.Metering;
using AiOrchestrator.Core.Platform;

namespace AiOrchestrator.Azure;

/// <summary>
/// The names of partitions and items. Every request goes to one partition, so that it costs what it reads and needs no plan: events by
/// organisation, day of their id and shard; lines by wallet; calls by wallet and month of their settlement.
/// </summary>
internal static class UsageKeys
{
    /// <summary>
    /// In how many partitions a day of an organisation is spread: one takes 10,000 request units a second and 20 GB. It is part of every
    /// stored name and never changes.
    /// </summary>
    public const int Shards = 4;

    /// <summary>
    /// A request is stamped and named by the same clock within one process; this is more than any two differ by, and more than a number made of a
    /// wallet's time runs ahead.
    /// </summary>
    public const long SlackMs = ChargebackQuery.HourMs;

    /// <summary>The mark of a month some of whose numbers are not made of its time.</summary>
    public const string AnyNumber = "|any";

    private const long DayMs = 24 * ChargebackQuery.HourMs;
    private const string DayFormat = "yyyyMMdd";
    private const string MonthFormat = "yyyyMM";

    /// <summary>The exchange an id names.</summary>
    /// <exception cref="InvalidDataException">None: then it is not an event the stream took.</exception>
    public static ExchangeId ExchangeOf(string id) =>
        ExchangeId.TryParse(id, out var exchange) ? exchange : throw new InvalidDataException($"A usage event has '{id}' for its id.");

    /// <summary>The day of an event, by its id.</summary>
    public static string DayOf(ExchangeId id) => At(id.CreatedUnixMs).ToString(DayFormat, CultureInfo.InvariantCulture);

    /// <summary>The day of a time; the first or last there is for one far out.</summary>
    public static string DayOf(long unixMs) => At(unixMs).ToString(DayFormat, CultureInfo.InvariantCulture);

    /// <summary>The first moment after a day, milliseconds since 1970.</summary>
    public static long EndOfDay(string day) => Start(day, DayFormat) + DayMs;

    /// <summary>The hours the calls of a day's events are counted in: a report relies on no other being there.</summary>
    public static (long First, long Last) Hours(string day) =>
        (ChargebackQuery.HourOf(EndOfDay(day) - DayMs - SlackMs), ChargebackQuery.HourOf(EndOfDay(day) + SlackMs - 1));

    /// <summary>The month of a time.</summary>
    public static string MonthOf(long unixMs) => At(unixMs).ToString(MonthFormat, CultureInfo.InvariantCulture);

    /// <summary>The first moment of a month and one that is not in it any more, milliseconds since 1970.</summary>
    public static (long Start, long End) Month(string month) => (Start(month, MonthFormat), Start(month, MonthFormat) + (31 * DayMs));

    /// <summary>The partition of an event. The low bits of an id are random.</summary>
    public static string Events(string? organisationId, ExchangeId id) => Events(organisationId, DayOf(id), (int)(id.Value % Shards));

    /// <summary>One partition of a day.</summary>
    public static string Events(string? organisationId, string day, int shard) => $"{organisationId}|{day}|{shard}";

    /// <summary>Where an organisation's days are marked.</summary>
    public static string Days(string? organisationId) => $"{organisationId}|days";

    /// <summary>The lines of a wallet.</summary>
    public static string Lines(string walletId) => $"{walletId}|lines";

    /// <summary>The calls of a wallet that were settled in a month.</summary>
    public static string Calls(string walletId, string month) => $"{walletId}|{month}";

    /// <summary>Where a wallet's months are marked.</summary>
    public static string Months(string walletId) => $"{walletId}|months";

    /// <summary>The mark of a month: whether an entry's number is made of its time.</summary>
    public static string Month(long number, long atUnixMs) =>
        number >= StatementNumbers.Next(0, atUnixMs - SlackMs) && number < StatementNumbers.Next(0, atUnixMs + SlackMs)
            ? MonthOf(atUnixMs)
            : MonthOf(atUnixMs) + AnyNumber;

    /// <summary>The calls started on a lease.</summary>
    public static string Starts(string walletId, string? lease) => $"{walletId}|{lease}";

    /// <summary>How a statement's number begins an id: sorts as the number does.</summary>
    public static string Number(long number) => number.ToString("D19", CultureInfo.InvariantCulture);

    /// <summary>The number an id begins with.</summary>
    public static long NumberOf(string id) => long.Parse(id.AsSpan(0, 19), NumberStyles.None, CultureInfo.InvariantCulture);

    /// <summary>A lease as it is written; null for none.</summary>
    public static string? Lease(UInt128 lease) => lease == 0 ? null : lease.ToString("x32", CultureInfo.InvariantCulture);

    /// <summary>A lease as it was written.</summary>
    public static UInt128 LeaseOf(string? lease) =>
        lease is null ? 0 : UInt128.Parse(lease, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);

    /// <summary>Where the ids of an hour's rollups begin.</summary>
    public static string Rollups(long hour) => "r|" + Math.Clamp(hour, 0, 999_999_999).ToString("D9", CultureInfo.InvariantCulture);

    /// <summary>Where the ids of an hour's models begin.</summary>
    public static string Models(long hour) => "s|" + Math.Clamp(hour, 0, 999_999_999).ToString("D9", CultureInfo.InvariantCulture);

    /// <summary>The id of a model's hour.</summary>
    public static string Model(long hour, string provider, string model) => $"{Models(hour)}|{Hash(provider, model)}";

    /// <summary>The id of a rollup.</summary>
    public static string Rollup(long hour, params ReadOnlySpan<string> common) => $"{Rollups(hour)}|{Hash(common)}";

    /// <summary>128 bits of a hash over what calls have in common.</summary>
    private static string Hash(params ReadOnlySpan<string> common)
    {
        var text = new StringBuilder();
        foreach (var part in common)
        {
            _ = text.Append(part.Length).Append(':').Append(part);
        }

        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        _ = SHA256.HashData(Encoding.UTF8.GetBytes(text.ToString()), hash);
        return Convert.ToHexStringLower(hash[..16]);
    }

    private static DateTimeOffset At(long unixMs) => DateTimeOffset.FromUnixTimeMilliseconds(
        Math.Clamp(unixMs, 0, DateTimeOffset.MaxValue.ToUnixTimeMilliseconds()));

    private static long Start(string text, string format) => DateTimeOffset
        .ParseExact(text, format, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal)
        .ToUnixTimeMilliseconds();
}

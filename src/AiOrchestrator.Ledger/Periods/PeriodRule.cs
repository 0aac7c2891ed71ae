namespace AiOrchestrator.Ledger.Periods;

/// <summary>How often an allowance begins anew.</summary>
public enum PeriodKind
{
    /// <summary>Never: one period for all time.</summary>
    Lifetime,

    /// <summary>Every local day.</summary>
    Daily,

    /// <summary>Every week, on one weekday.</summary>
    Weekly,

    /// <summary>Every month, on one day of it.</summary>
    Monthly,

    /// <summary>In January, April, July and October, on one day of the month.</summary>
    Quarterly,
}

/// <summary>When periods begin: always at the first instant of a local day.</summary>
/// <param name="Kind">How often.</param>
/// <param name="Day">
/// Weekly: 1 (Monday) to 7 (Sunday). Monthly and quarterly: day of the month, 1 to 31; a month that has no such day uses its last.
/// Daily and lifetime: 1.
/// </param>
/// <param name="Zone">The IANA name of the time zone whose days count; meaningless for a lifetime.</param>
public sealed record PeriodRule(PeriodKind Kind, int Day, string Zone)
{
    /// <summary>The zone of whoever says nothing.</summary>
    public const string DefaultZone = "UTC";

    /// <summary>One period for all time.</summary>
    public static PeriodRule Lifetime { get; } = new(PeriodKind.Lifetime, 1, DefaultZone);

    /// <summary>The largest day a kind of period takes; the smallest is 1.</summary>
    public static int MaxDay(PeriodKind kind) => kind switch
    {
        PeriodKind.Weekly => 7,
        PeriodKind.Monthly or PeriodKind.Quarterly => 31,
        _ => 1,
    };

    /// <summary>Whether <see cref="PeriodCalendar"/> can work with this rule: the day is one the kind takes, and the zone is known.</summary>
    public bool IsUsable(ITimeZones zones) => Day >= 1 && Day <= MaxDay(Kind) && (Kind == PeriodKind.Lifetime || zones.Knows(Zone));
}

/// <summary>A stretch of time that has an allowance of its own.</summary>
/// <param name="Id">
/// Its kind and the local date on which it begins: <c>day-2026-11-21</c>, <c>week-2026-11-16</c>, <c>month-2026-11-01</c>,
/// <c>quarter-2026-10-01</c>; or <c>lifetime</c>. Unique, and in order of time, among the periods of one kind.
/// </param>
/// <param name="StartUnixMs">Its first millisecond since 1970.</param>
/// <param name="EndUnixMs">The first millisecond that is not in it any more; <see cref="long.MaxValue"/> for a lifetime.</param>
public readonly record struct Period(string Id, long StartUnixMs, long EndUnixMs)
{
    /// <summary>The one period of a lifetime.</summary>
    public static Period Lifetime { get; } = new("lifetime", 0, long.MaxValue);
}

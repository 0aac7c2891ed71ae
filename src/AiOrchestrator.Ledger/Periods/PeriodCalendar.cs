using System.Globalization;

namespace AiOrchestrator.Ledger.Periods;

/// <summary>
/// Which period an instant is in. Periods of one rule touch exactly and cover all time; none is empty. Good for the years 2 to 9998 of the
/// Gregorian calendar.
/// </summary>
public static class PeriodCalendar
{
    private const int DaysOfAWeek = 7;

    private const int MonthsOfAQuarter = 3;

    /// <summary>The period an instant is in.</summary>
    /// <param name="rule">A usable one (<see cref="PeriodRule.IsUsable"/>).</param>
    /// <param name="unixMs">Milliseconds since 1970.</param>
    /// <param name="zones">The time zones.</param>
    public static Period At(PeriodRule rule, long unixMs, ITimeZones zones)
    {
        if (rule.Kind == PeriodKind.Lifetime)
        {
            return Period.Lifetime;
        }

        ArgumentOutOfRangeException.ThrowIfLessThan(rule.Day, 1, nameof(rule));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(rule.Day, PeriodRule.MaxDay(rule.Kind), nameof(rule));
        var first = LastStart(rule, zones.DateAt(rule.Zone, unixMs));
        while (true)
        {
            var next = NextStart(rule, first);
            var end = zones.StartOfDay(rule.Zone, next);
            if (unixMs < end)
            {
                return new Period(Id(rule.Kind, first), zones.StartOfDay(rule.Zone, first), end);
            }

            // Clocks put back over midnight show yesterday's date once more, when today has begun; and a day that clocks skipped
            // is an empty one, which nothing is in.
            first = next;
        }
    }

    /// <summary>The period that begins where another of the same rule ends; a lifetime is followed by itself.</summary>
    /// <param name="rule">The rule the period is of.</param>
    /// <param name="period">The period before.</param>
    /// <param name="zones">The time zones.</param>
    public static Period After(PeriodRule rule, Period period, ITimeZones zones) => At(rule, period.EndUnixMs, zones);

    /// <summary>The last date on or before <paramref name="date"/> on which a period begins.</summary>
    private static DateOnly LastStart(PeriodRule rule, DateOnly date)
    {
        switch (rule.Kind)
        {
            case PeriodKind.Weekly:
                // Sunday is 0 to the runtime and 7 to ISO 8601, which agree modulo the week.
                return date.AddDays(-(((int)date.DayOfWeek - rule.Day + DaysOfAWeek) % DaysOfAWeek));
            case PeriodKind.Monthly or PeriodKind.Quarterly:
                var months = Months(rule.Kind);
                var month = new DateOnly(date.Year, date.Month - ((date.Month - 1) % months), 1);
                var start = DayOf(month, rule.Day);
                return start <= date ? start : DayOf(month.AddMonths(-months), rule.Day);
            default:
                return date;
        }
    }

    private static DateOnly NextStart(PeriodRule rule, DateOnly start) => rule.Kind switch
    {
        PeriodKind.Weekly => start.AddDays(DaysOfAWeek),
        PeriodKind.Monthly or PeriodKind.Quarterly => DayOf(start.AddMonths(Months(rule.Kind)), rule.Day),
        _ => start.AddDays(1),
    };

    private static int Months(PeriodKind kind) => kind == PeriodKind.Quarterly ? MonthsOfAQuarter : 1;

    private static DateOnly DayOf(DateOnly month, int day)
    {
        var first = new DateOnly(month.Year, month.Month, 1);
        var last = first.AddMonths(1).AddDays(-1);
        return day < last.Day ? first.AddDays(day - 1) : last;
    }

    private static string Id(PeriodKind kind, DateOnly start)
    {
        var name = kind switch
        {
            PeriodKind.Daily => "day",
            PeriodKind.Weekly => "week",
            PeriodKind.Monthly => "month",
            _ => "quarter",
        };
        return string.Create(CultureInfo.InvariantCulture, $"{name}-{start:yyyy-MM-dd}");
    }
}

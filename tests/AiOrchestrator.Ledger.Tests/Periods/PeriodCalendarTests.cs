using AiOrchestrator.Ledger.Periods;

namespace AiOrchestrator.Ledger.Tests.Periods;

/// <summary>The calendar on UTC and on a zone made up by hand, whose clocks skip midnight, show it twice, and skip a day.</summary>
public sealed class PeriodCalendarTests
{
    private const long Hour = 3_600_000;
    private const long Day = 24 * Hour;

    /// <summary>2026-01-01T00:00:00Z.</summary>
    private const long Year2026 = 1_767_225_600_000;

    private static readonly FakeZone Utc = new("UTC", 0, []);

    /// <summary>
    /// Three hours behind UTC. On 2026-03-01 at 00:00 an hour is skipped; on 2026-09-01 at 00:30 an hour is repeated; 2026-12-30 is skipped.
    /// </summary>
    private static readonly FakeZone Odd = new("Odd", -3 * Hour,
    [
        (Year2026 + (59 * Day) + (3 * Hour), -2 * Hour),
        (Year2026 + (243 * Day) + (2 * Hour) + (Hour / 2), -3 * Hour),
        (Year2026 + (363 * Day) + (3 * Hour), 21 * Hour),
    ]);

    public static TheoryData<PeriodKind, int, long, string, long, long> OnUtc => new()
    {
        // A moment, days since 2026-01-01; the period's id; its first and its first day after, days since 2026-01-01.
        { PeriodKind.Daily, 1, 0, "day-2026-01-01", 0, 1 },
        { PeriodKind.Daily, 1, 58, "day-2026-02-28", 58, 59 },
        { PeriodKind.Weekly, 1, 0, "week-2025-12-29", -3, 4 },
        { PeriodKind.Weekly, 1, 4, "week-2026-01-05", 4, 11 },
        { PeriodKind.Weekly, 4, 0, "week-2026-01-01", 0, 7 },
        { PeriodKind.Weekly, 7, 3, "week-2026-01-04", 3, 10 },
        { PeriodKind.Weekly, 7, 2, "week-2025-12-28", -4, 3 },
        { PeriodKind.Monthly, 1, 30, "month-2026-01-01", 0, 31 },
        { PeriodKind.Monthly, 15, 13, "month-2025-12-15", -17, 14 },
        { PeriodKind.Monthly, 31, 29, "month-2025-12-31", -1, 30 },
        { PeriodKind.Monthly, 31, 30, "month-2026-01-31", 30, 58 },
        { PeriodKind.Monthly, 31, 58, "month-2026-02-28", 58, 89 },
        { PeriodKind.Monthly, 30, 58, "month-2026-02-28", 58, 88 },
        { PeriodKind.Monthly, 29, 58, "month-2026-02-28", 58, 87 },
        { PeriodKind.Monthly, 29, 788, "month-2028-01-29", 758, 789 },
        { PeriodKind.Monthly, 29, 789, "month-2028-02-29", 789, 818 },
        { PeriodKind.Monthly, 31, 789, "month-2028-02-29", 789, 820 },
        { PeriodKind.Quarterly, 1, 89, "quarter-2026-01-01", 0, 90 },
        { PeriodKind.Quarterly, 31, 90, "quarter-2026-01-31", 30, 119 },
        { PeriodKind.Quarterly, 31, 119, "quarter-2026-04-30", 119, 211 },
        { PeriodKind.Quarterly, 10, 8, "quarter-2025-10-10", -83, 9 },
        { PeriodKind.Lifetime, 1, 100, "lifetime", 0, 0 },
    };

    [Theory]
    [MemberData(nameof(OnUtc))]
    public void A_moment_is_in_the_period_that_began_last(PeriodKind kind, int day, long daysIn, string id, long firstDay, long afterDay)
    {
        var rule = new PeriodRule(kind, day, "UTC");
        var moment = Year2026 + (daysIn * Day);
        var expected = kind == PeriodKind.Lifetime
            ? new Period(id, 0, long.MaxValue)
            : new Period(id, Year2026 + (firstDay * Day), Year2026 + (afterDay * Day));
        Assert.Equal(expected, PeriodCalendar.At(rule, moment, Utc));
        Assert.Equal(expected, PeriodCalendar.At(rule, moment + Day - 1, Utc));
    }

    [Fact]
    public void A_day_whose_midnight_is_skipped_begins_after_the_gap()
    {
        var rule = new PeriodRule(PeriodKind.Daily, 1, "Odd");
        var gap = Year2026 + (59 * Day) + (3 * Hour);
        Assert.Equal(new Period("day-2026-02-28", gap - Day, gap), PeriodCalendar.At(rule, gap - 1, Odd));
        Assert.Equal(new Period("day-2026-03-01", gap, gap + (23 * Hour)), PeriodCalendar.At(rule, gap, Odd));
    }

    [Fact]
    public void A_day_whose_midnight_is_shown_twice_begins_at_the_first()
    {
        var rule = new PeriodRule(PeriodKind.Monthly, 1, "Odd");
        var midnight = Year2026 + (243 * Day) + (2 * Hour);
        Assert.Equal("month-2026-08-01", PeriodCalendar.At(rule, midnight - 1, Odd).Id);
        Assert.Equal(midnight, PeriodCalendar.At(rule, midnight - 1, Odd).EndUnixMs);

        // Half an hour later the calendars on the wall go back to August for half an hour; the period does not.
        foreach (var later in new[] { 0, Hour / 2, (Hour / 2) + 1, Hour - 1, Hour, Hour + 1 })
        {
            Assert.Equal("month-2026-09-01", PeriodCalendar.At(rule, midnight + later, Odd).Id);
            Assert.Equal(midnight, PeriodCalendar.At(rule, midnight + later, Odd).StartUnixMs);
        }
    }

    [Fact]
    public void A_day_that_is_skipped_has_no_period_of_its_own_and_a_longer_period_that_should_begin_on_it_begins_after_it()
    {
        var gap = Year2026 + (363 * Day) + (3 * Hour);
        var daily = new PeriodRule(PeriodKind.Daily, 1, "Odd");
        Assert.Equal("day-2026-12-29", PeriodCalendar.At(daily, gap - 1, Odd).Id);
        Assert.Equal(new Period("day-2026-12-31", gap, gap + Day), PeriodCalendar.At(daily, gap, Odd));
        Assert.Equal("day-2026-12-31", PeriodCalendar.After(daily, PeriodCalendar.At(daily, gap - 1, Odd), Odd).Id);

        var monthly = new PeriodRule(PeriodKind.Monthly, 30, "Odd");
        Assert.Equal(gap, PeriodCalendar.At(monthly, gap - 1, Odd).EndUnixMs);
        Assert.Equal("month-2026-12-30", PeriodCalendar.At(monthly, gap, Odd).Id);
    }

    [Theory]
    [InlineData(PeriodKind.Daily, 1, 1_096)]
    [InlineData(PeriodKind.Weekly, 2, 156)]
    [InlineData(PeriodKind.Monthly, 31, 36)]
    [InlineData(PeriodKind.Quarterly, 30, 12)]
    public void Periods_touch_exactly_and_their_ids_are_in_order_of_time(PeriodKind kind, int day, int atLeast)
    {
        var rule = new PeriodRule(kind, day, "Odd");
        var period = PeriodCalendar.At(rule, Year2026 - Day, Odd);
        for (var count = 0; count < atLeast; count++)
        {
            Assert.True(period.StartUnixMs < period.EndUnixMs);
            Assert.Equal(period, PeriodCalendar.At(rule, period.StartUnixMs, Odd));
            Assert.Equal(period, PeriodCalendar.At(rule, period.EndUnixMs - 1, Odd));
            var next = PeriodCalendar.After(rule, period, Odd);
            Assert.Equal(period.EndUnixMs, next.StartUnixMs);
            Assert.True(string.CompareOrdinal(period.Id, next.Id) < 0, $"{period.Id} before {next.Id}");
            period = next;
        }
    }

    [Fact]
    public void A_lifetime_asks_no_zone_and_follows_itself() =>
        Assert.Equal(Period.Lifetime, PeriodCalendar.After(PeriodRule.Lifetime, Period.Lifetime, new FakeZone("none", 0, [])));

    [Theory]
    [InlineData(PeriodKind.Lifetime, 1, "UTC", true)]
    [InlineData(PeriodKind.Lifetime, 1, "Mars/Olympus", true)]
    [InlineData(PeriodKind.Daily, 1, "UTC", true)]
    [InlineData(PeriodKind.Daily, 2, "UTC", false)]
    [InlineData(PeriodKind.Daily, 1, "Mars/Olympus", false)]
    [InlineData(PeriodKind.Weekly, 7, "UTC", true)]
    [InlineData(PeriodKind.Weekly, 8, "UTC", false)]
    [InlineData(PeriodKind.Weekly, 0, "UTC", false)]
    [InlineData(PeriodKind.Monthly, 31, "UTC", true)]
    [InlineData(PeriodKind.Monthly, 32, "UTC", false)]
    [InlineData(PeriodKind.Quarterly, 31, "UTC", true)]
    [InlineData(PeriodKind.Quarterly, -1, "UTC", false)]
    public void A_rule_is_usable_with_a_day_its_kind_takes_in_a_zone_that_exists(PeriodKind kind, int day, string zone, bool usable) =>
        Assert.Equal(usable, new PeriodRule(kind, day, zone).IsUsable(Utc));

    [Fact]
    public void A_rule_that_is_not_usable_is_a_bug_of_who_asks() => Assert.Throws<ArgumentOutOfRangeException>(
        static () => PeriodCalendar.At(new PeriodRule(PeriodKind.Weekly, 8, "UTC"), Year2026, Utc));

    /// <summary>One zone: an offset, and others from given instants on. Finds starts of days by looking at every half hour around them.</summary>
    private sealed class FakeZone(string name, long firstOffsetMs, (long AtUnixMs, long OffsetMs)[] changes) : ITimeZones
    {
        public bool Knows(string zone) => zone == name;

        public DateOnly DateAt(string zone, long unixMs)
        {
            Assert.Equal(name, zone);
            var offset = firstOffsetMs;
            foreach (var change in changes)
            {
                offset = unixMs >= change.AtUnixMs ? change.OffsetMs : offset;
            }

            return new DateOnly(1970, 1, 1).AddDays((int)Math.Floor((unixMs + offset) / (double)Day));
        }

        public long StartOfDay(string zone, DateOnly date)
        {
            var instant = ((date.DayNumber - new DateOnly(1970, 1, 1).DayNumber) * Day) - (2 * Day);
            while (DateAt(zone, instant) < date)
            {
                instant += Hour / 2;
            }

            return instant;
        }
    }
}

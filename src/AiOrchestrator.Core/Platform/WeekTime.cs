namespace AiOrchestrator.Core.Platform;

/// <summary>Days of the week and times of the day, as configuration writes them.</summary>
internal static class WeekTime
{
    /// <summary>All seven days, as bits.</summary>
    public const int AllDays = 0b111_1111;

    /// <summary>Minutes of a day.</summary>
    public const int DayMinutes = 24 * 60;

    private static readonly string[] Names = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];

    /// <summary>The days by their numbers; Sunday is 0.</summary>
    public static IReadOnlyList<string> DayNames => Names;

    /// <summary>The number of a day; -1 for none.</summary>
    public static int Day(string name) => Array.IndexOf(Names, name);

    /// <summary>A time as HH:mm, 00:00 to 24:00, in minutes; null for none.</summary>
    public static int? Minute(string text) =>
        text.Length == 5 && text[2] == ':'
        && text.All(c => c == ':' || char.IsAsciiDigit(c))
        && int.TryParse(text.AsSpan(0, 2), out var hour) && int.TryParse(text.AsSpan(3, 2), out var minute)
        && minute < 60 && (hour * 60) + minute <= DayMinutes
            ? (hour * 60) + minute
            : null;
}

namespace AiOrchestrator.Ledger.Periods;

/// <summary>
/// What a calendar must know of time zones. A port, because the rules change by law several times a year and come from a package, and
/// this project takes none. The same arguments always give the same answer.
/// </summary>
public interface ITimeZones
{
    /// <summary>Whether there is a zone of this IANA name. The other members may be asked only about zones that are known.</summary>
    bool Knows(string zone);

    /// <summary>The date that calendars on the wall show at an instant, milliseconds since 1970.</summary>
    DateOnly DateAt(string zone, long unixMs);

    /// <summary>
    /// The first instant at which calendars on the wall show <paramref name="date"/> or a later one, milliseconds since 1970. Where clocks
    /// skip midnight that is the first instant after the gap; where they show midnight twice, the first of the two; where they
    /// skip the whole day, the start of the next.
    /// </summary>
    long StartOfDay(string zone, DateOnly date);
}

using AiOrchestrator.Ledger.Periods;
using NodaTime;
using NodaTime.TimeZones;

namespace AiOrchestrator.Core.Platform;

/// <summary>
/// The IANA time zone database that comes inside NodaTime, so that two machines with different (or no) time zone files agree on where a
/// period ends. New rules come with a new version of the package.
/// </summary>
public sealed class TzdbTimeZones : ITimeZones
{
    private static readonly HashSet<string> Names = new(TzdbDateTimeZoneSource.Default.GetIds(), StringComparer.Ordinal);

    /// <summary>Midnight where it exists once; the first of two; after the gap where there is none, however long the gap.</summary>
    private static readonly ZoneLocalMappingResolver StartsDay =
        Resolvers.CreateMappingResolver(Resolvers.ReturnEarlier, Resolvers.ReturnStartOfIntervalAfter);

    /// <inheritdoc/>
    public bool Knows(string zone) => Names.Contains(zone);

    /// <inheritdoc/>
    public DateOnly DateAt(string zone, long unixMs) => Instant.FromUnixTimeMilliseconds(unixMs).InZone(Zone(zone)).Date.ToDateOnly();

    /// <inheritdoc/>
    public long StartOfDay(string zone, DateOnly date) =>
        Zone(zone).ResolveLocal(LocalDate.FromDateOnly(date).AtMidnight(), StartsDay).ToInstant().ToUnixTimeMilliseconds();

    private static DateTimeZone Zone(string zone) => DateTimeZoneProviders.Tzdb[zone];
}

using AiOrchestrator.Ledger.Periods;

namespace AiOrchestrator.Server.Tests.Storage;

/// <summary>A world without daylight saving time.</summary>
internal sealed class UtcZones : ITimeZones
{
    public bool Knows(string zone) => zone == "UTC";

    public DateOnly DateAt(string zone, long unixMs) => DateOnly.FromDateTime(DateTimeOffset.FromUnixTimeMilliseconds(unixMs).UtcDateTime);

    public long StartOfDay(string zone, DateOnly date) =>
        new DateTimeOffset(date.ToDateTime(TimeOnly.MinValue, DateTimeKind.Utc)).ToUnixTimeMilliseconds();
}

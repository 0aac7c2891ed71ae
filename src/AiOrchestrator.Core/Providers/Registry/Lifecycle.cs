using System.Text.Json.Serialization;

namespace AiOrchestrator.Core.Providers.Registry;

/// <summary>How far a model is in its life.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<LifecycleStatus>))]
public enum LifecycleStatus
{
    /// <summary>Served, and nothing else is announced.</summary>
    [JsonStringEnumMemberName("ACTIVE")] Active,

    /// <summary>Served, and its end is announced.</summary>
    [JsonStringEnumMemberName("DYING")] Dying,

    /// <summary>Not served any more: it is never called.</summary>
    [JsonStringEnumMemberName("DEAD")] Dead,
}

/// <summary>
/// A model's dates, milliseconds since 1970. The status follows from them and the time alone, so nobody has to act on the day, and time never moves it
/// back.
/// </summary>
/// <param name="DeprecatedUnixMs">From when it is dying; <see cref="Never"/> while nothing is announced.</param>
/// <param name="RetiredUnixMs">From when it is dead, not before <paramref name="DeprecatedUnixMs"/>; <see cref="Never"/> while no date is known.</param>
public readonly record struct Lifecycle(long DeprecatedUnixMs, long RetiredUnixMs)
{
    /// <summary>A date that does not come.</summary>
    public const long Never = long.MaxValue;

    private const long DayMs = 86_400_000;

    /// <summary>Of a model about which nothing is announced.</summary>
    public static Lifecycle Unending { get; } = new(Never, Never);

    /// <summary>A lifecycle of dates that may be unknown. An end that is announced without the day it was announced on counts as announced for ever.</summary>
    public static Lifecycle Of(long? deprecatedUnixMs, long? retiredUnixMs)
    {
        var retired = retiredUnixMs ?? Never;
        return new Lifecycle(Math.Min(deprecatedUnixMs ?? (retiredUnixMs is null ? Never : 0), retired), retired);
    }

    /// <summary>The status at a time: exactly one.</summary>
    public LifecycleStatus StatusAt(long unixMs) => unixMs >= RetiredUnixMs ? LifecycleStatus.Dead
        : unixMs >= DeprecatedUnixMs ? LifecycleStatus.Dying
        : LifecycleStatus.Active;

    /// <summary>Whether it is dead at a time.</summary>
    public bool IsDeadAt(long unixMs) => unixMs >= RetiredUnixMs;

    /// <summary>Milliseconds until it is dying, 0 from then on; null where no date is known.</summary>
    public long? MsUntilDeprecation(long unixMs) => Until(DeprecatedUnixMs, unixMs);

    /// <summary>Milliseconds until it is dead, 0 from then on; null where no date is known.</summary>
    public long? MsUntilRetirement(long unixMs) => Until(RetiredUnixMs, unixMs);

    /// <summary>Days until it is dead, the one that has begun included: 0 only once it is; null where no date is known.</summary>
    public long? DaysLeft(long unixMs) => Days(MsUntilRetirement(unixMs));

    /// <summary>Likewise until it is dying.</summary>
    public long? DaysUntilDeprecation(long unixMs) => Days(MsUntilDeprecation(unixMs));

    /// <summary>Of a model that two serve: as long as one does it lives.</summary>
    public Lifecycle Or(Lifecycle other) => new(
        Math.Max(DeprecatedUnixMs, other.DeprecatedUnixMs), Math.Max(RetiredUnixMs, other.RetiredUnixMs));

    private static long? Until(long date, long unixMs) => date == Never ? null : Math.Max(0, checked(date - unixMs));

    private static long? Days(long? ms) => ms is { } left ? (left / DayMs) + (left % DayMs > 0 ? 1 : 0) : null;
}

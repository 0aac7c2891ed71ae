using AiOrchestrator.Core.Metering;

namespace AiOrchestrator.Core.Insight;

/// <summary>What calls are added up by. Wallets and cost centre are those of the time of the call.</summary>
public enum ChargebackGroup
{
    /// <summary>The wallet that was charged, nearest to the caller.</summary>
    Wallet,

    /// <summary>The team's wallet on the call's path (<see cref="ChargebackQuery.TeamOf"/>).</summary>
    Team,

    /// <summary>The cost centre.</summary>
    CostCentre,

    /// <summary>The API key.</summary>
    Key,

    /// <summary>The model.</summary>
    Model,

    /// <summary>The provider.</summary>
    Provider,

    /// <summary>The day in UTC.</summary>
    Day,

    /// <summary>What of the calls is of an earlier time (<see cref="UsageEvent.LegacyUse"/>). Corrections of calls are not told apart by it.</summary>
    LegacyUse,
}

/// <summary>Which calls are added up, and how.</summary>
/// <param name="OrganisationId">Always: one organisation never sees another's.</param>
public sealed record ChargebackQuery(string OrganisationId)
{
    /// <summary>At least one, each once.</summary>
    public required IReadOnlyList<ChargebackGroup> GroupBy { get; init; }

    /// <summary>The team's wallet on a path (ids leaf to root, joined with '/', never empty). The same path always has the same.</summary>
    public Func<string, string> TeamOf { get; init; } = static path => path[(path.LastIndexOf('/') + 1)..];

    /// <summary>Created in this hour since 1970 or later.</summary>
    public long? FromHour { get; init; }

    /// <summary>Created before this hour since 1970.</summary>
    public long? UntilHour { get; init; }

    /// <summary>Only calls whose path holds this wallet.</summary>
    public string? WalletId { get; init; }

    /// <summary>Milliseconds of the hours calls are added up by.</summary>
    public const long HourMs = 3_600_000;

    /// <summary>Whether a call is added up: all but what the gateway refused.</summary>
    public static bool Counts(UsageEvent usage) => usage.Status != UsageStatus.Refused;

    /// <summary>The hour since 1970 a time is in.</summary>
    public static long HourOf(long unixMs) => unixMs / HourMs;
}

/// <summary>A group of calls.</summary>
/// <param name="Keys">What they have in common, in the order asked for; null where the calls have none. A day as <c>2026-11-21</c>.</param>
/// <param name="Calls">How many.</param>
/// <param name="PromptTokens">Charged prompt tokens.</param>
/// <param name="CompletionTokens">Charged completion tokens.</param>
/// <param name="CostNanoUsd">What they cost.</param>
public sealed record ChargebackRow(IReadOnlyList<string?> Keys, long Calls, long PromptTokens, long CompletionTokens, long CostNanoUsd);

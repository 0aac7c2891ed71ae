using System.Text.Json.Serialization;
using AiOrchestrator.Core.Identity;
using AiOrchestrator.Core.Platform;

namespace AiOrchestrator.Core.Limits;

/// <summary>A limit as it is stored.</summary>
internal sealed record StoredLimit(
    string Id,
    LimitScope Scope,
    string Subject,
    long? RequestsPerMinute,
    long? RequestsPerDay,
    long? TokensPerMinute,
    long? Burst,
    long CreatedUnixMs,
    long Version)
{
    public long? TokensPerDay { get; init; }

    public long? CostNanoUsdPerDay { get; init; }
}

/// <summary>What was used of a limit per day.</summary>
/// <param name="Day">The day, days since 1970, UTC.</param>
/// <param name="Used">Requests by subject.</param>
internal sealed record StoredDay(long Day, Dictionary<string, long> Used)
{
    /// <summary>Tokens by subject; null for none.</summary>
    public Dictionary<string, long>? Tokens { get; init; }

    /// <summary>Nano-dollars by subject; null for none.</summary>
    public Dictionary<string, long>? CostNanoUsd { get; init; }

    /// <summary>What was used of a kind.</summary>
    public IReadOnlyDictionary<string, long> Of(RateKind kind) => kind switch
    {
        RateKind.TokensPerDay => Tokens,
        RateKind.CostPerDay => CostNanoUsd,
        _ => Used,
    } ?? [];
}

/// <summary>Where limits' documents lie.</summary>
internal static class LimitPartitions
{
    /// <summary>Counters of all organisations: a limit's id is unique.</summary>
    public const string Days = "limit_days";

    private const string LimitsPrefix = "limits:";

    public static string Limits(string organisationId) => LimitsPrefix + organisationId;

    /// <summary>Whether the limits in memory rest on a partition.</summary>
    public static bool AreLimits(string partition) =>
        partition == IdentityPartitions.Organisations || partition.StartsWith(LimitsPrefix, StringComparison.Ordinal);
}

/// <summary>The written form of limits' documents and answers.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(StoredLimit))]
[JsonSerializable(typeof(StoredDay))]
[JsonSerializable(typeof(StoredGauge))]
[JsonSerializable(typeof(LimitView))]
[JsonSerializable(typeof(Page<LimitView>))]
[JsonSerializable(typeof(Page<CountersView>))]
[JsonSerializable(typeof(CreateLimitRequest))]
[JsonSerializable(typeof(ChangeLimitRequest))]
[JsonSerializable(typeof(ResetLimitRequest))]
internal sealed partial class LimitsJson : JsonSerializerContext;

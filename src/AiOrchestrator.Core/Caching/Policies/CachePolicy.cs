using System.Text.Json.Serialization;
using AiOrchestrator.Core.Traffic.Configuration;

namespace AiOrchestrator.Core.Caching.Policies;

/// <summary>How answers are given again.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<CacheMode>))]
public enum CacheMode
{
    /// <summary>They are not kept.</summary>
    [JsonStringEnumMemberName("off")] Off,

    /// <summary>To the same question.</summary>
    [JsonStringEnumMemberName("exact")] Exact,

    /// <summary>To the same question, and to others that mean the same.</summary>
    [JsonStringEnumMemberName("semantic")] Semantic,
}

/// <summary>Which calls with tools are answered from the cache.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<CacheTools>))]
public enum CacheTools
{
    /// <summary>None.</summary>
    [JsonStringEnumMemberName("none")] None,

    /// <summary>Those that offer functions, as long as the model calls none.</summary>
    [JsonStringEnumMemberName("offered")] Offered,

    /// <summary>Those whose answer calls functions too.</summary>
    [JsonStringEnumMemberName("called")] Called,
}

/// <summary>Who is given an answer that somebody has paid for.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<CacheShare>))]
public enum CacheShare
{
    /// <summary>The team of whoever paid: the nearest wallet above the key that is no key's, user's or project's.</summary>
    [JsonStringEnumMemberName("team")] Team,

    /// <summary>Everybody in the organisation whose policy says so too.</summary>
    [JsonStringEnumMemberName("company")] Company,

    /// <summary>The user alone: a key without a user is its own.</summary>
    [JsonStringEnumMemberName("user")] User,
}

/// <summary>What is said of answers to the calls of an organisation, a team or a user, for some models or all; null: nothing is said.</summary>
/// <param name="Level">Whose calls.</param>
/// <param name="Subject">By id.</param>
public sealed record CachePolicy(Level Level, string Subject)
{
    /// <summary>A model's name or a pattern; null for all.</summary>
    public string? Model { get; init; }

    /// <summary>How answers are given again.</summary>
    public CacheMode? Mode { get; init; }

    /// <summary>For how long; seconds, 1 to 30 days.</summary>
    public long? TtlSeconds { get; init; }

    /// <summary>Calls that may vary more are not answered from the cache; 0 to 2. A call that says nothing has 1.</summary>
    public double? MaxTemperature { get; init; }

    /// <summary>Whether a call with a seed is answered from the cache at any temperature.</summary>
    public bool? AcceptsSeed { get; init; }

    /// <summary>Which calls with tools are.</summary>
    public CacheTools? Tools { get; init; }

    /// <summary>Who is given the answer.</summary>
    public CacheShare? Share { get; init; }

    /// <summary>How near another question must be, as the cosine of the angle between both; 0.5 to 1.</summary>
    public double? MinSimilarity { get; init; }

    /// <summary>The model that says how near questions are; <see cref="EffectiveCachePolicy.Embedded"/> for what is built in.</summary>
    public string? Embedding { get; init; }

    /// <summary>What a hit is charged, in percent of what the answer cost; 0 to 100.</summary>
    public int? ChargePercent { get; init; }

    /// <summary>Whether the same question, asked while it is being answered, waits for that answer.</summary>
    public bool? SingleFlight { get; init; }
}

/// <summary>What all levels together say of a call. Immutable.</summary>
internal sealed record EffectiveCachePolicy
{
    /// <summary>The name of the embedding that is built in.</summary>
    public const string Embedded = "embedded";

    /// <summary>The longest an answer is kept; seconds.</summary>
    public const long MaxTtlSeconds = CachingOptions.MaxTtlDays * 24L * 3600;

    /// <summary>How answers are given again.</summary>
    public CacheMode Mode { get; init; } = CacheMode.Exact;

    /// <summary>For how long; seconds.</summary>
    public long TtlSeconds { get; init; } = 3600;

    /// <summary>Calls that may vary more are not answered from the cache.</summary>
    public double MaxTemperature { get; init; }

    /// <summary>Whether a call with a seed is, at any temperature.</summary>
    public bool AcceptsSeed { get; init; } = true;

    /// <summary>Which calls with tools are.</summary>
    public CacheTools Tools { get; init; } = CacheTools.None;

    /// <summary>Who is given the answer.</summary>
    public CacheShare Share { get; init; } = CacheShare.Team;

    /// <summary>Where that was said, and of whom: a team that says it shares with all below it.</summary>
    public string? ShareSubject { get; init; }

    /// <summary>How near another question must be: a cosine.</summary>
    public double MinSimilarity { get; init; } = 0.92;

    /// <summary>The model that says how near questions are.</summary>
    public string Embedding { get; init; } = Embedded;

    /// <summary>What a hit is charged, in percent of what the answer cost.</summary>
    public int ChargePercent { get; init; }

    /// <summary>Whether the same question waits for an answer that is under way.</summary>
    public bool SingleFlight { get; init; } = true;
}

using System.Text.Json.Serialization;

namespace AiOrchestrator.Core.Limits;

/// <summary>Whose calls a limit counts together.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<LimitScope>))]
public enum LimitScope
{
    /// <summary>All calls of the organisation.</summary>
    [JsonStringEnumMemberName("organisation")] Organisation,

    /// <summary>Calls paid from a wallet or from one below it: a team.</summary>
    [JsonStringEnumMemberName("wallet")] Wallet,

    /// <summary>Calls of a user's keys; a key without a user is its own.</summary>
    [JsonStringEnumMemberName("user")] User,

    /// <summary>Calls of a key.</summary>
    [JsonStringEnumMemberName("key")] Key,

    /// <summary>Calls to a model.</summary>
    [JsonStringEnumMemberName("model")] Model,

    /// <summary>Calls to a provider, whoever makes them.</summary>
    [JsonStringEnumMemberName("provider")] Provider,
}

/// <summary>
/// What is counted, and in which window. In the order in which a call asks: what takes longest to pass is told first. The numbers are stored.
/// </summary>
public enum RateKind
{
    /// <summary>Requests in a day, UTC.</summary>
    RequestsPerDay = 0,

    /// <summary>Tokens in a day, UTC, prompt and completion together.</summary>
    TokensPerDay = 3,

    /// <summary>Nano-dollars in a day, UTC.</summary>
    CostPerDay = 4,

    /// <summary>Requests in a minute.</summary>
    RequestsPerMinute = 1,

    /// <summary>Tokens in a minute, prompt and completion together.</summary>
    TokensPerMinute = 2,
}

/// <summary>Kinds in order, and what they have in common.</summary>
internal static class RateKinds
{
    /// <summary>All, in the order in which a call asks.</summary>
    public static IReadOnlyList<RateKind> All { get; } =
        [RateKind.RequestsPerDay, RateKind.TokensPerDay, RateKind.CostPerDay, RateKind.RequestsPerMinute, RateKind.TokensPerMinute];

    /// <summary>Those of a day.</summary>
    public static IReadOnlyList<RateKind> OfDays { get; } = [.. All.Where(static k => k.CountsDays())];

    /// <summary>Whether it begins anew with every day; else a bucket fills by the minute.</summary>
    public static bool CountsDays(this RateKind kind) => kind is RateKind.RequestsPerDay or RateKind.TokensPerDay or RateKind.CostPerDay;
}

/// <summary>What a call takes of limits beside itself, or has used of them.</summary>
/// <param name="TokensOfMinute">Tokens, as far as limits by the minute count them; 0 or more.</param>
/// <param name="TokensOfDay">Tokens, as far as limits by the day count them; 0 or more.</param>
/// <param name="CostNanoUsd">Nano-dollars; 0 or more.</param>
internal readonly record struct RateUse(long TokensOfMinute, long TokensOfDay, long CostNanoUsd)
{
    /// <summary>Whether the request itself has been taken before, and stays taken: only what goes with it is taken again.</summary>
    public bool GoesOn { get; init; }

    /// <summary>Tokens that all limits count.</summary>
    public static RateUse Of(long tokens, long costNanoUsd = 0) => new(tokens, tokens, costNanoUsd);

    /// <summary>Both together.</summary>
    public RateUse Plus(in RateUse other) =>
        checked(new(TokensOfMinute + other.TokensOfMinute, TokensOfDay + other.TokensOfDay, CostNanoUsd + other.CostNanoUsd));
}

/// <summary>One limit, as configured.</summary>
/// <param name="Id"><c>lim_…</c>.</param>
/// <param name="OrganisationId">Whose it is.</param>
/// <param name="Scope">What <paramref name="Subject"/> names.</param>
/// <param name="Subject">An id, or <c>*</c>: each of them separately.</param>
/// <param name="RequestsPerMinute">1 to 1,000,000,000, or null.</param>
/// <param name="RequestsPerDay">1 to 1,000,000,000, or null.</param>
/// <param name="TokensPerMinute">1 to 1,000,000,000,000, or null.</param>
/// <param name="Burst">Most requests at once; null: as many as in a minute.</param>
/// <param name="Version">Grows with every change.</param>
public sealed record Limit(
    string Id,
    string OrganisationId,
    LimitScope Scope,
    string Subject,
    long? RequestsPerMinute,
    long? RequestsPerDay,
    long? TokensPerMinute,
    long? Burst,
    long Version)
{
    /// <summary>The subject that stands for each.</summary>
    public const string Each = "*";

    /// <summary>Tokens from 00:00 UTC to the next; 1 to 1,000,000,000,000, or null.</summary>
    public long? TokensPerDay { get; init; }

    /// <summary>Nano-dollars likewise; 1 to 1,000,000,000,000,000,000, or null.</summary>
    public long? CostNanoUsdPerDay { get; init; }

    /// <summary>Where it is a maximum of somebody's preferences, the word of their level; null for a limit by itself.</summary>
    public string? Level { get; init; }

    /// <summary>The terms of one kind; null when it is not limited.</summary>
    public RateTerms? Terms(RateKind kind) => kind switch
    {
        RateKind.RequestsPerDay => OfDay(RequestsPerDay),
        RateKind.TokensPerDay => OfDay(TokensPerDay),
        RateKind.CostPerDay => OfDay(CostNanoUsdPerDay),
        RateKind.RequestsPerMinute => RequestsPerMinute is { } perMinute ? new RateTerms(perMinute, Burst ?? perMinute, Version) : null,
        _ => TokensPerMinute is { } tokens ? new RateTerms(tokens, tokens, Version) : null,
    };

    private RateTerms? OfDay(long? figure) => figure is { } most ? new RateTerms(most, most, Version) : null;
}

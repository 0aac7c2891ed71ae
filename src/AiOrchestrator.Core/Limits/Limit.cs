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

/// <summary>What is counted, and in which window. In the order in which a call asks: what takes longest to pass is told first.</summary>
public enum RateKind
{
    /// <summary>Requests in a day, UTC.</summary>
    RequestsPerDay,

    /// <summary>Requests in a minute.</summary>
    RequestsPerMinute,

    /// <summary>Tokens in a minute, prompt and completion together.</summary>
    TokensPerMinute,
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

    /// <summary>The terms of one kind; null when it is not limited.</summary>
    public RateTerms? Terms(RateKind kind) => kind switch
    {
        RateKind.RequestsPerDay => RequestsPerDay is { } perDay ? new RateTerms(perDay, perDay, Version) : null,
        RateKind.RequestsPerMinute => RequestsPerMinute is { } perMinute ? new RateTerms(perMinute, Burst ?? perMinute, Version) : null,
        _ => TokensPerMinute is { } tokens ? new RateTerms(tokens, tokens, Version) : null,
    };
}

using System.Globalization;
using System.Text.Json;
using AiOrchestrator.Core.Platform;

namespace AiOrchestrator.Core.Limits;

/// <summary>No such limit in the caller's organisation.</summary>
public sealed record LimitNotFound() : ApiFailure(404, "invalid_request_error", "limit_not_found", "There is no limit with this id.");

/// <summary>One of the limits the call counts in is reached.</summary>
public sealed record RateLimitExceeded : ApiFailure
{
    private readonly RateRefusal _refusal;

    /// <summary>Says which, and when to come back.</summary>
    public RateLimitExceeded(RateRefusal refusal)
        : base(
            429,
            "rate_limit_error",
            "rate_limit_exceeded",
            string.Create(CultureInfo.InvariantCulture, $"The limit of {refusal.Limit} {refusal.Unit} for the {refusal.Scope} '{refusal.Subject}' is reached. Retry in {refusal.RetryAfterSeconds} s."))
    {
        _refusal = refusal;
        RetryAfterSeconds = refusal.RetryAfterSeconds;
        MayRetry = refusal.RetryAfterSeconds <= RateRefusal.LongestWaitSeconds;
    }

    /// <inheritdoc/>
    public override bool HasMetadata => true;

    /// <inheritdoc/>
    public override void WriteMetadata(Utf8JsonWriter writer) => _refusal.Write(writer);
}

/// <summary>Calls to the provider are limited, whoever makes them.</summary>
public sealed record ProviderLimitReached : ApiFailure
{
    private readonly RateRefusal _refusal;

    /// <summary>Says which, and when to come back.</summary>
    public ProviderLimitReached(RateRefusal refusal)
        : base(
            429,
            "rate_limit_error",
            "provider_limit_reached",
            string.Create(CultureInfo.InvariantCulture, $"The limit of {refusal.Limit} {refusal.Unit} to the provider '{refusal.Subject}' is reached. Retry in {refusal.RetryAfterSeconds} s."))
    {
        _refusal = refusal;
        RetryAfterSeconds = refusal.RetryAfterSeconds;
        MayRetry = refusal.RetryAfterSeconds <= RateRefusal.LongestWaitSeconds;
    }

    /// <summary>What is counted.</summary>
    internal RateKind Kind => _refusal.Kind;

    /// <summary>How much is allowed.</summary>
    internal long Allowed => _refusal.Limit;

    /// <summary>In how long there may be enough again, as exactly as is known; microseconds.</summary>
    internal long WaitUs { get; init; }

    /// <inheritdoc/>
    public override bool HasMetadata => true;

    /// <inheritdoc/>
    public override void WriteMetadata(Utf8JsonWriter writer) => _refusal.Write(writer);
}

/// <summary>Nobody can say what is left of a limit: fail closed.</summary>
public sealed record LimitsUnavailable : ApiFailure
{
    /// <summary>Says when to come back.</summary>
    public LimitsUnavailable()
        : base(503, "server_error", "limits_unavailable", "A limit that the call counts in cannot be asked; nothing is sent without it.") =>
        RetryAfterSeconds = 1;
}

/// <summary>What stood in a call's way.</summary>
/// <param name="LimitId">The limit.</param>
/// <param name="Scope">Its scope, as written.</param>
/// <param name="Subject">Whom it counts.</param>
/// <param name="Limit">How much it allows.</param>
/// <param name="Kind">Of what.</param>
/// <param name="RetryAfterSeconds">When there may be enough again, 1 or more.</param>
public sealed record RateRefusal(string LimitId, string Scope, string Subject, long Limit, RateKind Kind, int RetryAfterSeconds)
{
    /// <summary>Official clients wait no longer than this; who would have to is told not to try.</summary>
    internal const int LongestWaitSeconds = 60;

    internal string Unit => Kind switch
    {
        RateKind.RequestsPerDay => "requests per day",
        RateKind.RequestsPerMinute => "requests per minute",
        _ => "tokens per minute",
    };

    internal void Write(Utf8JsonWriter writer)
    {
        writer.WriteString("limit"u8, LimitId);
        writer.WriteString("scope"u8, Scope);
        writer.WriteString("subject"u8, Subject);
        writer.WriteString("kind"u8, Unit.Replace(' ', '_'));
        writer.WriteNumber("allowed"u8, Limit);
    }
}

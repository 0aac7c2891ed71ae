using System.Globalization;
using System.Text.Json;
using AiOrchestrator.Core.Platform;
using AiOrchestrator.Ledger.Money;

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
            string.Create(CultureInfo.InvariantCulture, $"The limit of {refusal.Allowed} for the {refusal.Scope} '{refusal.Subject}' is reached{refusal.Account}. Retry in {refusal.RetryAfterSeconds} s."))
    {
        _refusal = refusal;
        RetryAfterSeconds = refusal.RetryAfterSeconds;
        MayRetry = refusal.MayRetry;
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
            string.Create(CultureInfo.InvariantCulture, $"The limit of {refusal.Allowed} to the provider '{refusal.Subject}' is reached{refusal.Account}. Retry in {refusal.RetryAfterSeconds} s."))
    {
        _refusal = refusal;
        RetryAfterSeconds = refusal.RetryAfterSeconds;
        MayRetry = refusal.MayRetry;
    }

    /// <summary>What is counted.</summary>
    internal RateKind Kind => _refusal.Kind;

    /// <summary>How much is allowed.</summary>
    internal long Allowed => _refusal.Limit;

    /// <summary>How much of it the call takes; 1 or more.</summary>
    internal long Needed => _refusal.Needed;

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

/// <summary>The call could use more of a day than preferences leave of it.</summary>
public sealed record DailyMaximumReached : ApiFailure
{
    private readonly RateRefusal _refusal;
    private readonly string _level;

    /// <summary>Says whose maximum, how much of it is used, and when it begins anew.</summary>
    /// <param name="refusal">What stands in the way.</param>
    /// <param name="level">The level of the preferences, as written.</param>
    public DailyMaximumReached(RateRefusal refusal, string level)
        : base(
            429,
            "rate_limit_error",
            "daily_maximum_reached",
            $"The preferences of the {level} '{refusal.Subject}' allow {refusal.Allowed}{refusal.Account}. The day ends at {Rfc3339.Format(refusal.ResetUnixMs)}.")
    {
        (_refusal, _level) = (refusal, level);
        RetryAfterSeconds = refusal.RetryAfterSeconds;
        MayRetry = refusal.MayRetry;
    }

    /// <inheritdoc/>
    public override bool HasMetadata => true;

    /// <inheritdoc/>
    public override void WriteMetadata(Utf8JsonWriter writer)
    {
        writer.WriteString("preferences"u8, _refusal.LimitId);
        writer.WriteString("level"u8, _level);
        writer.WriteString("subject"u8, _refusal.Subject);
        _refusal.WriteFigures(writer, "maximum"u8);
        writer.WriteString("resets_at"u8, Rfc3339.Format(_refusal.ResetUnixMs));
    }
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

    /// <summary>What is used of it, as far as this instance knows; calls under way count with what they may use.</summary>
    internal long Used { get; init; }

    /// <summary>What the call may use.</summary>
    internal long Needed { get; init; }

    /// <summary>When the day ends, milliseconds since 1970.</summary>
    internal long ResetUnixMs { get; init; }

    /// <summary>Whether waiting a while helps: not where one call may use more than there ever is.</summary>
    internal bool MayRetry => RetryAfterSeconds <= LongestWaitSeconds && !(Kind.CountsDays() && Needed > Limit);

    /// <summary>How much it allows, as text.</summary>
    internal string Allowed => $"{Text(Limit)} {Unit}";

    /// <summary>Where a call takes more than one of it: what is used and what the call may use, as the middle of a sentence.</summary>
    internal string Account => Kind is RateKind.TokensPerDay or RateKind.CostPerDay
        ? $": {Text(Used)} are used, calls under way included, and this call may use {Text(Needed)}"
        : "";

    private string Unit => Kind switch
    {
        RateKind.RequestsPerDay => "requests per day",
        RateKind.TokensPerDay => "tokens per day",
        RateKind.CostPerDay => "US dollars per day",
        RateKind.RequestsPerMinute => "requests per minute",
        _ => "tokens per minute",
    };

    private string Word => Kind == RateKind.CostPerDay ? "cost_usd_per_day" : Unit.Replace(' ', '_');

    internal void Write(Utf8JsonWriter writer)
    {
        writer.WriteString("limit"u8, LimitId);
        writer.WriteString("scope"u8, Scope);
        writer.WriteString("subject"u8, Subject);
        WriteFigures(writer, "allowed"u8);
    }

    internal void WriteFigures(Utf8JsonWriter writer, ReadOnlySpan<byte> allowed)
    {
        writer.WriteString("kind"u8, Word);
        Write(writer, allowed, Limit);
        if (Kind is RateKind.TokensPerDay or RateKind.CostPerDay)
        {
            Write(writer, "used"u8, Used);
            Write(writer, "needed"u8, Needed);
        }
    }

    private void Write(Utf8JsonWriter writer, ReadOnlySpan<byte> name, long amount)
    {
        if (Kind == RateKind.CostPerDay)
        {
            writer.WriteString(name, NanoUsd.FormatUsd(amount));
        }
        else
        {
            writer.WriteNumber(name, amount);
        }
    }

    private string Text(long amount) => Kind == RateKind.CostPerDay ? NanoUsd.FormatUsd(amount) : amount.ToString(CultureInfo.InvariantCulture);
}

using AiOrchestrator.Core.Metering;
using AiOrchestrator.Core.Platform;
using AiOrchestrator.Core.Providers.Chat;

namespace AiOrchestrator.Core.Gateway;

/// <summary>The provider cannot be connected to.</summary>
/// <param name="Provider">Its id.</param>
public sealed record UpstreamUnreachable(string Provider) : ApiFailure(
    502, "upstream_error", "upstream_unreachable", $"The provider '{Provider}' cannot be reached.");

/// <summary>The provider broke off before answering, or answered with a server error.</summary>
/// <param name="Provider">Its id.</param>
/// <param name="UpstreamStatus">What it answered; 0 where it did not.</param>
public sealed record UpstreamFailed(string Provider, int UpstreamStatus) : ApiFailure(
    UpstreamStatus is 503 or 529 ? 503 : UpstreamStatus is 504 ? 504 : 502,
    "upstream_error",
    "upstream_failed",
    UpstreamStatus == 0
        ? $"The provider '{Provider}' broke off before it answered."
        : $"The provider '{Provider}' failed with status {UpstreamStatus}.");

/// <summary>The provider does not accept our credential: the caller's is not at fault.</summary>
/// <param name="Provider">Its id.</param>
public sealed record UpstreamRefusedUs(string Provider) : ApiFailure(
    502, "upstream_error", "upstream_authentication_failed", $"The provider '{Provider}' refused the gateway's credential. An administrator must mend it.");

/// <summary>The provider refused the request in words we do not relay.</summary>
/// <param name="Provider">Its id.</param>
/// <param name="UpstreamStatus">What it answered.</param>
public sealed record UpstreamRefused(string Provider, int UpstreamStatus) : ApiFailure(
    UpstreamStatus, UpstreamStatus == 429 ? "rate_limit_error" : "invalid_request_error", "upstream_refused",
    $"The provider '{Provider}' refused the request with status {UpstreamStatus}.");

/// <summary>The provider refused the request in words of its own wire format, which are kept.</summary>
public sealed record UpstreamExplained : ApiFailure
{
    /// <summary>Names the provider, what it answered and what it said.</summary>
    internal UpstreamExplained(string provider, int status, ProviderError error)
        : base(status, status == 429 ? "rate_limit_error" : "invalid_request_error", "upstream_refused", $"{provider}: {error.Message}")
    {
        Param = error.Param;
        RetryAfterSeconds = error.RetryAfterSeconds;
    }
}

/// <summary>The provider reported an error inside an answer that began well.</summary>
public sealed record UpstreamReported : ApiFailure
{
    /// <summary>Names the provider and what it said.</summary>
    internal UpstreamReported(string provider, ProviderError error)
        : base(502, "upstream_error", "upstream_failed", $"{provider}: {error.Message}")
    {
    }
}

/// <summary>The provider was too slow.</summary>
/// <param name="Provider">Its id.</param>
/// <param name="Part">Which deadline passed.</param>
/// <param name="TimeoutMs">How long it is.</param>
public sealed record UpstreamTimeout(string Provider, string Part, int TimeoutMs) : ApiFailure(
    504, "upstream_error", "upstream_timeout", $"The provider '{Provider}' took longer than the {Part} timeout of {TimeoutMs} ms.");

/// <summary>The provider's answer is not what the wire format says.</summary>
/// <param name="Provider">Its id.</param>
/// <param name="What">What is wrong with it.</param>
public sealed record UpstreamInvalid(string Provider, string What) : ApiFailure(
    502, "upstream_error", "upstream_invalid_answer", $"The provider '{Provider}' sent {What}.")
{
    /// <summary>Nothing is wrong with it but that it is larger than the gateway reads.</summary>
    internal bool IsTooLarge { get; init; }
}

/// <summary>The stream broke off after its first byte.</summary>
/// <param name="Provider">Its id.</param>
public sealed record UpstreamCut(string Provider) : ApiFailure(
    502, "upstream_error", "upstream_stream_cut", $"The provider '{Provider}' broke off in the middle of its answer.");

/// <summary>The route is being tried by another call, after failures: nobody reads this but the list of tries.</summary>
/// <param name="Provider">Its id.</param>
public sealed record RouteResting(string Provider) : ApiFailure(
    503, "server_error", "route_resting", $"The provider '{Provider}' has failed lately, and one call at a time finds out whether it is well.");

/// <summary>All the provider's places are taken.</summary>
public sealed record ProviderAtCapacity : ApiFailure
{
    /// <summary>Names the provider.</summary>
    public ProviderAtCapacity(string provider)
        : base(503, "server_error", "provider_at_capacity", $"As many calls to '{provider}' are under way as its max_connections allows.") =>
        RetryAfterSeconds = 1;
}

/// <summary>Another route answered first; nobody reads this but the usage event.</summary>
public sealed record Superseded() : ApiFailure(499, "cancelled", UsageEvent.SupersededCode, "Another route that was asked beside this one answered first.");

/// <summary>The client has gone; nobody reads this but the usage event.</summary>
public sealed record ClientGone() : ApiFailure(499, "cancelled", "client_gone", "The client went away.");

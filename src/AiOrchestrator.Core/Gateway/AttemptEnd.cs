using AiOrchestrator.Core.Gateway.Stages;
using AiOrchestrator.Core.Platform;
using AiOrchestrator.Core.Providers.Health;
using AiOrchestrator.Core.Providers.Registry;

namespace AiOrchestrator.Core.Gateway;

/// <summary>What a failed try at a route means for the next one (RT-04, RT-05).</summary>
internal enum AttemptEnd
{
    /// <summary>It is the request's fault, the caller's, or ours: nobody else would do better.</summary>
    Final,

    /// <summary>It has too much to do: another provider at once.</summary>
    Throttled,

    /// <summary>All of its places are taken, or another call finds out whether it is well: another route at once.</summary>
    Full,

    /// <summary>It does not take our credential: another provider, and this one not again.</summary>
    Refused,

    /// <summary>It does not have the model: another route.</summary>
    Missing,

    /// <summary>It did not answer in time: another route, with more time.</summary>
    TimedOut,

    /// <summary>It failed: the same again after a moment, then another route.</summary>
    Failed,
}

/// <summary>The table of failures.</summary>
internal static class AttemptEnds
{
    /// <summary>What the failure of the try under way means.</summary>
    public static AttemptEnd Of(Exchange exchange, ApiFailure failure) => failure switch
    {
        UpstreamUnreachable or UpstreamCut or UpstreamInvalid { IsTooLarge: false } => AttemptEnd.Failed,
        UpstreamTimeout { Part: "total" } => AttemptEnd.Final,
        UpstreamTimeout => AttemptEnd.TimedOut,
        UpstreamRefusedUs or UpstreamFailed { UpstreamStatus: 402 } => AttemptEnd.Refused,
        UpstreamFailed { UpstreamStatus: 429 } => AttemptEnd.Throttled,
        UpstreamFailed => AttemptEnd.Failed,
        UpstreamReported => HealthSignals.OfError(exchange.Reader?.Error?.Type ?? exchange.AnswerFacts.ErrorType) switch
        {
            null => AttemptEnd.Final,
            HealthSignal.Throttled => AttemptEnd.Throttled,
            HealthSignal.Refused => AttemptEnd.Refused,
            _ => AttemptEnd.Failed,
        },
        UpstreamRefused or UpstreamExplained or UpstreamWorded => exchange.UpstreamStatus switch
        {
            429 => AttemptEnd.Throttled,
            404 => AttemptEnd.Missing,
            _ => AttemptEnd.Final,
        },
        ProviderAtCapacity or RouteResting => AttemptEnd.Full,
        ModelRetired => AttemptEnd.Missing,
        _ => AttemptEnd.Final,
    };
}

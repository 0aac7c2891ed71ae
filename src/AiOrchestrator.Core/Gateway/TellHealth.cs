using AiOrchestrator.Core.Gateway.Stages;
using AiOrchestrator.Core.Platform;
using AiOrchestrator.Core.Providers.Health;

namespace AiOrchestrator.Core.Gateway;

/// <summary>
/// Tells the health book how an exchange ended, once: what the provider is to blame for, or that it answered. What is the caller's doing (a
/// request it refuses, a client that goes away) or the gateway's own is not told.
/// </summary>
internal sealed class TellHealth(HealthBook book, TimeProvider time)
{
    public void Run(Exchange exchange)
    {
        if (exchange is { Started: true, Route: { } route } && Look(exchange) is { } seen)
        {
            book.Note(route, seen, time.GetUtcNow().ToUnixTimeMilliseconds());
        }
    }

    /// <summary>What the end of an exchange says of its provider; null for nothing.</summary>
    private Sighting? Look(Exchange exchange)
    {
        if (exchange.Failure is { } failure)
        {
            return OfFailure(exchange, failure);
        }

        if (exchange.ClientGone)
        {
            // Cut before its end: it was answering as far as anybody knows.
            return null;
        }

        return exchange.AnswerFacts.HasError
            ? Bad(HealthSignals.OfError(exchange.Reader?.Error?.Type ?? exchange.AnswerFacts.ErrorType), "upstream_failed", exchange.UpstreamStatus)
            : new Sighting(HealthSignal.Ok, null, exchange.UpstreamStatus, LatencyUs(exchange));
    }

    private static Sighting? OfFailure(Exchange exchange, ApiFailure failure) => failure switch
    {
        UpstreamTimeout { Part: "total" } or UpstreamInvalid { IsTooLarge: true } => null,
        UpstreamUnreachable or UpstreamTimeout or UpstreamCut or UpstreamInvalid => Bad(HealthSignal.Failed, failure.Code, exchange.UpstreamStatus),
        UpstreamReported => Bad(HealthSignals.OfError(exchange.Reader?.Error?.Type ?? exchange.AnswerFacts.ErrorType), failure.Code, exchange.UpstreamStatus),
        UpstreamFailed { UpstreamStatus: 0 } => Bad(HealthSignal.Failed, failure.Code, 0),
        UpstreamRefusedUs => Bad(HealthSignal.Refused, failure.Code, exchange.UpstreamStatus),
        UpstreamFailed { UpstreamStatus: 402 } => Bad(HealthSignal.Refused, ProbeProvider.RefusedUs, exchange.UpstreamStatus),
        UpstreamFailed => Bad(HealthSignals.OfStatus(exchange.UpstreamStatus, errorType: null), failure.Code, exchange.UpstreamStatus),

        // The request's own fault, but for too many of them.
        UpstreamRefused or UpstreamExplained or UpstreamWorded when exchange.UpstreamStatus == 429 => Bad(HealthSignal.Throttled, failure.Code, exchange.UpstreamStatus),

        // Ours, or the caller's: the journal, the drain, a fault.
        _ => null,
    };

    private static Sighting? Bad(HealthSignal? signal, string code, int status) => signal is { } known ? new Sighting(known, code, status, 0) : null;

    private long LatencyUs(Exchange exchange)
    {
        var first = exchange.Watch!.FirstByteTimestamp is not 0 and var came ? came : exchange.UpstreamEndTimestamp;
        return first == 0 ? 0 : (long)time.GetElapsedTime(exchange.SentTimestamp, first).TotalMicroseconds;
    }
}

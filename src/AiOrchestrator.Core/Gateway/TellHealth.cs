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
    /// <summary>How long one is left alone that has too much to do and does not say for how long.</summary>
    private static readonly TimeSpan UsualPause = TimeSpan.FromSeconds(1);

    public void Run(Exchange exchange)
    {
        if (exchange.IsTold || exchange is not { Started: true, Route: { } route })
        {
            exchange.Cell?.Leave();
            exchange.Cell = null;
            return;
        }

        exchange.IsTold = true;
        var now = time.GetUtcNow().ToUnixTimeMilliseconds();
        var seen = Look(exchange);
        if (seen is { } sighting)
        {
            book.Note(route, sighting, now);
        }

        Leave(exchange, seen, now);
    }

    /// <summary>Tells the route the same: its breaker, its latency, and for how long it wants to be left alone.</summary>
    private void Leave(Exchange exchange, Sighting? seen, long nowUnixMs)
    {
        if (exchange.Cell is not { } cell)
        {
            return;
        }

        exchange.Cell = null;
        if (seen is not { } sighting || sighting.Signal == HealthSignal.Throttled)
        {
            cell.Leave();
        }
        else
        {
            cell.Leave(sighting.Signal != HealthSignal.Ok, sighting.LatencyUs, nowUnixMs);
            if (sighting.Signal == HealthSignal.Failed && book.StatusOf(exchange.Route!) == HealthStatus.Unavailable)
            {
                // It gets no more calls, and so would show no more failures: its breaker says when it is to be tried.
                cell.Open(nowUnixMs);
            }
        }

        if (seen is { Signal: HealthSignal.Throttled, UpstreamStatus: 429 })
        {
            var said = exchange.Answer is { } answer ? ComeAgain.Read(answer.Headers, nowUnixMs) : null;
            var wait = said ?? (exchange.Failure?.RetryAfterSeconds is > 0 and <= ComeAgain.MostSeconds and var seconds ? TimeSpan.FromSeconds(seconds) : UsualPause);
            cell.Pause(nowUnixMs + (long)Math.Ceiling(wait.TotalMilliseconds));
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

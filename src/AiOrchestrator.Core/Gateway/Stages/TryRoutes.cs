using AiOrchestrator.Core.Platform;
using AiOrchestrator.Core.Providers;
using AiOrchestrator.Core.Traffic.Queueing;
using AiOrchestrator.Core.Traffic.Resilience;

namespace AiOrchestrator.Core.Gateway.Stages;

/// <summary>
/// Asks one route after another until one answers, or nobody is left (RT-04): nothing is tried again once a byte has gone to the caller, and nothing that may
/// have been billed goes unpaid. A try that cannot have been billed leaves hold and exchange to the next one; one that may have been is settled, and the next
/// is an exchange of its own with money of its own (design §3.7).
/// </summary>
internal sealed class TryRoutes(
    CallProvider call,
    RelayAnswer relayAnswer,
    RelayStream relayStream,
    RelayAudio relayAudio,
    PrepareRoutes prepare,
    WaitForProvider line,
    ProviderQueues queues,
    CallerLimits limits,
    HoldMoney hold,
    Hedge hedge,
    Succession succession,
    TellHealth health,
    RouteBook routes,
    TimeProvider time)
{
    /// <summary>Null where the caller has its answer. What happened stands in <see cref="Exchange.Last"/>.</summary>
    public async ValueTask<ApiFailure?> RunAsync(Exchange first)
    {
        if (first.Plan is not { } plan)
        {
            return first.Failure = await TryAsync(first);
        }

        var course = new TryCourse(plan, first.Chance) { BeganTimestamp = first.TriesBeganTimestamp == 0 ? first.TriesBeganTimestamp = time.GetTimestamp() : first.TriesBeganTimestamp };
        routes.BudgetOf(first.Route!.Provider).Earn();
        first.Timeouts = Timeouts(first, course);
        var exchange = await hedge.RunAsync(first) ?? first;
        course.Begin(exchange.CandidateIndex, wereBoth: exchange.WasRaced);
        exchange.Failure ??= exchange.Answer is null ? await TryAsync(exchange) : await RelayAsync(exchange);
        while (exchange.Failure is { } failure && MayGoOn(exchange) && await GoOnAsync(exchange, failure, course) is { } next)
        {
            exchange = next;
            exchange.Timeouts = Timeouts(exchange, course);
            exchange.Failure ??= await TryAsync(exchange);
        }

        if (exchange is { Failure: { } last, IsNoted: false, FailedAttempts.Count: > 0 })
        {
            // Whoever is told of the failure is told of all that led to it (P23).
            exchange.NoteFailed(last);
        }

        return exchange.Failure;
    }

    /// <summary>Asks one route, and relays what it answers.</summary>
    private async ValueTask<ApiFailure?> TryAsync(Exchange exchange) => await call.RunAsync(exchange) ?? await RelayAsync(exchange);

    private ValueTask<ApiFailure?> RelayAsync(Exchange exchange) => exchange.AnswersWithStream() ? relayStream.RunAsync(exchange)
        : exchange.Call == ModelCall.Speech ? relayAudio.RunAsync(exchange)
        : relayAnswer.RunAsync(exchange);

    /// <summary>
    /// Whether anything may be tried again: the caller is there and has seen nothing, and what begins a job has certainly not begun one.
    /// </summary>
    private static bool MayGoOn(Exchange exchange) => !exchange.Context.Response.HasStarted && !exchange.ClientGone && !exchange.IsSettled
        && (!exchange.Call.Traits().IsVideo || !exchange.Sent || exchange.UpstreamStatus is >= 400 and < 500 and not 408);

    private async ValueTask<bool> WaitAsync(Exchange exchange, double waitMs)
    {
        try
        {
            await Task.Delay(TimeSpan.FromMilliseconds(waitMs), time, exchange.Context.RequestAborted);
            return true;
        }
        catch (OperationCanceledException)
        {
            // The client left while it waited.
            exchange.ClientGone = true;
            return false;
        }
    }

    /// <summary>What follows a try that failed: the exchange that goes on, or null where nothing does.</summary>
    private async ValueTask<Exchange?> GoOnAsync(Exchange exchange, ApiFailure failure, TryCourse course)
    {
        if (course.After(AttemptEnds.Of(exchange, failure), FirstByteMs(exchange), routes.BudgetOf(exchange.Route!.Provider)) is { } next)
        {
            exchange.NoteFailed(failure);
            if (IsOver(exchange, course) || (next.WaitMs > 0 && !await WaitAsync(exchange, next.WaitMs)))
            {
                return null;
            }

            if (await MoveOnAsync(exchange, failure, course, next) is { } moved)
            {
                return moved;
            }
        }

        return await StandInLineAsync(exchange, failure, course);
    }

    /// <summary>
    /// Nobody else is left, and the last was told to come later: where the call would wait so long, it stands in line until then (RT-10). It is settled first, so
    /// that it holds neither money nor a part of a limit meanwhile; the next is an exchange of its own. Null where it is not to wait.
    /// </summary>
    private async ValueTask<Exchange?> StandInLineAsync(Exchange exchange, ApiFailure failure, TryCourse course)
    {
        if (exchange.UpstreamStatus != 429 || AttemptEnds.Of(exchange, failure) != AttemptEnd.Throttled || !course.MayTry || IsOver(exchange, course))
        {
            return null;
        }

        health.Run(exchange);
        if (line.FirstToOpen(exchange) is not { } pause)
        {
            return null;
        }

        if (!exchange.IsNoted)
        {
            exchange.NoteFailed(failure);
        }

        SettleExchange.NoteRates(exchange, default);
        var going = succession.After(exchange);
        if (going.RateLimits is { } limited)
        {
            going.RateHold.Rest(limited.Clock);
        }

        RouteHeaders.Forget(exchange);
        var began = time.GetTimestamp();
        going.Failure = await line.WaitOutAsync(going, pause);
        course.Again(going.CandidateIndex, time.GetTimestamp() - began);
        going.Failure ??= await hold.RunAsync(going);
        if (going.Failure is { } ended)
        {
            // It was not asked again: the try that failed was the last.
            going.StandBy(going.Stand(), ended);
        }

        return going;
    }

    /// <summary>The exchange that goes on, ready at the next route that can be told of the call; null where there is none: then the try that failed was the last.</summary>
    private async ValueTask<Exchange?> MoveOnAsync(Exchange exchange, ApiFailure failure, TryCourse course, NextTry next)
    {
        health.Run(exchange);
        var stand = exchange.Stand();
        var charge = Charge.Of(exchange);
        SettleExchange.NoteRates(exchange, charge);
        var going = charge.Source is null ? exchange : succession.After(exchange);
        RouteHeaders.Forget(exchange);
        for (NextTry? at = next; at is { } candidate; at = course.Instead())
        {
            if (PassesNobody(exchange, stand.Route!, candidate.Index)
                && prepare.TurnTo(going, candidate.Index) is null && await limits.RerouteAsync(going) is null
                && (ReferenceEquals(going, exchange) || await hold.RunAsync(going) is null))
            {
                return going;
            }
        }

        if (ReferenceEquals(going, exchange))
        {
            exchange.StandBy(stand, failure);
            return null;
        }

        Succession.Undo(exchange, going);
        return null;
    }

    /// <summary>Whether nobody waits for the candidate's provider (P31); at the one that has just been asked the call has had its turn.</summary>
    private bool PassesNobody(Exchange exchange, Route asked, int index)
    {
        var provider = exchange.Plan!.Candidates[index].Route.Provider.Id;
        return provider == asked.Provider.Id || !queues.StandsBefore(exchange.Caller.OrganisationId, provider, exchange.Waits.Priority);
    }

    /// <summary>Whether all attempts together have taken as long as they may.</summary>
    private bool IsOver(Exchange exchange, TryCourse course) => LeftMs(exchange, course) <= 0;

    private long LeftMs(Exchange exchange, TryCourse course) =>
        (exchange.Plan!.TotalTimeoutMs ?? exchange.Plan.Candidates[0].Route.Provider.Timeouts.TotalMs) - (long)time.GetElapsedTime(course.BeganTimestamp).TotalMilliseconds;

    private static int FirstByteMs(Exchange exchange) => (exchange.Timeouts ?? exchange.Route!.Provider.Timeouts).FirstByteMs;

    /// <summary>What the try may take: the provider's own bounds, within what is left of the whole, and more than one before that was not enough.</summary>
    private ProviderTimeouts? Timeouts(Exchange exchange, TryCourse course)
    {
        var own = exchange.Route!.Provider.Timeouts;
        if (exchange.Plan!.TotalTimeoutMs is null && exchange.FailedAttempts.Count == 0)
        {
            return null;
        }

        var leftMs = Math.Max(1, LeftMs(exchange, course));
        return own with { FirstByteMs = Backoff.FirstByteMs(own.FirstByteMs, course.TimedOutMs, leftMs), TotalMs = (int)Math.Min(own.TotalMs, leftMs) };
    }
}

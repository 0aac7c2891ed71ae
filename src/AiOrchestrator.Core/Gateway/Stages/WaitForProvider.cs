using System.Globalization;
using AiOrchestrator.Core.Identity;
using AiOrchestrator.Core.Limits;
using AiOrchestrator.Core.Platform;
using AiOrchestrator.Core.Providers;
using AiOrchestrator.Core.Traffic.Decision;
using AiOrchestrator.Core.Traffic.Queueing;
using AiOrchestrator.Core.Traffic.Utilisation;

namespace AiOrchestrator.Core.Gateway.Stages;

/// <summary>A route that asked to be left alone.</summary>
/// <param name="Index">The candidate of the plan.</param>
/// <param name="WaitUs">For how long from now; microseconds, more than 0.</param>
internal readonly record struct RoutePause(int Index, long WaitUs);

/// <summary>
/// RT-10: takes the call's part of every limit and a place at its provider. Where the provider's limit is reached, its places are taken or it asked to be left
/// alone, a call that says so waits in line. It stands before the hold, so whoever waits holds no money; nor does it hold a part of a limit or a place.
/// </summary>
internal sealed class WaitForProvider(
    CallerLimits callerLimits,
    PrepareRoutes prepare,
    DecideRoute decide,
    ProviderQueues queues,
    UseBook uses,
    UpstreamClients clients,
    KeyDirectory keys,
    Drain drain,
    TimeProvider time)
{
    private const long MinuteUs = 60_000_000;

    public async ValueTask<ApiFailure?> RunAsync(Exchange exchange)
    {
        if (QueueTerms.Read(exchange.Context.Request.Headers, exchange.Caller.Role, queues.HighPriority, out var terms) is { } wrong)
        {
            return wrong;
        }

        exchange.Waits = terms;
        var provider = exchange.Route!.Provider.Id;
        var mayWait = terms.MaxWaitMs is not null;
        if (queues.StandsBefore(exchange.Caller.OrganisationId, provider, terms.Priority))
        {
            // Nobody passes those who wait; where another serves it too, there is no need to.
            return await TakeElsewhereAsync(exchange) ? null
                : mayWait ? await WaitAsync(exchange, reached: null)
                : new ProviderBusy(provider, Seconds(queues.Find(exchange.Caller.OrganisationId, provider)!.EstimateUs()));
        }

        if (mayWait && PauseOf(exchange) is { } pause)
        {
            return await TakeElsewhereAsync(exchange) ? null : await WaitOutAsync(exchange, pause);
        }

        var failure = await TakeAsync(exchange);
        if (failure is ProviderLimitReached or ProviderAtCapacity && await TakeElsewhereAsync(exchange))
        {
            return null;
        }

        return failure is not null && mayWait && MayPass(failure, LeftUs(exchange)) ? await WaitAsync(exchange, failure) : failure;
    }

    /// <summary>Of the routes that asked to be left alone the one that may be asked first, where the call would wait so long; null where there is none, or it would not.</summary>
    public RoutePause? FirstToOpen(Exchange exchange)
    {
        RoutePause? first = null;
        for (var index = 0; index < (exchange.Plan?.Candidates.Count ?? 0); index++)
        {
            if (PausedUs(exchange, index) is > 0 and var waitUs && waitUs < (first?.WaitUs ?? long.MaxValue))
            {
                first = new RoutePause(index, waitUs);
            }
        }

        return first?.WaitUs <= LeftUs(exchange) ? first : null;
    }

    /// <summary>Stands in line until a route may be asked that asked to be left alone. Null with all it needs but money, or why it has not.</summary>
    public async ValueTask<ApiFailure?> WaitOutAsync(Exchange exchange, RoutePause pause)
    {
        if (exchange.Plan is not null && prepare.TurnTo(exchange, pause.Index) is { } failure)
        {
            return failure;
        }

        queues.PauseFor(exchange.Route!.Provider.Id, pause.WaitUs);
        return await WaitAsync(exchange, reached: null);
    }

    /// <summary>Where the provider is being left alone, or all routes asked for it: until when. Null where somebody may be asked now, or nobody within what the call would wait.</summary>
    private RoutePause? PauseOf(Exchange exchange)
    {
        var all = exchange.Plan is { } plan && Enumerable.Range(0, plan.Candidates.Count).All(index => PausedUs(exchange, index) > 0);
        return all ? FirstToOpen(exchange)
            : queues.PausedUs(exchange.Route!.Provider.Id) is > 0 and var us && us <= LeftUs(exchange) ? new RoutePause(exchange.CandidateIndex, us)
            : null;
    }

    /// <summary>For how long a candidate wants to be left alone; microseconds, 0 where it does not.</summary>
    private long PausedUs(Exchange exchange, int index) => exchange.Plan is { } plan
        ? Math.Max(0, plan.Candidates[index].Cell.PausedUntilUnixMs - time.GetUtcNow().ToUnixTimeMilliseconds()) * 1000
        : 0;

    /// <summary>How long the call would still wait; microseconds.</summary>
    private static long LeftUs(Exchange exchange) => ((exchange.Waits.MaxWaitMs ?? 0) * 1000L) - exchange.QueuedUs;

    /// <summary>Whether waiting may help: a minute fills all the time, and more than its bucket nobody takes; a day does not, and lets nobody have more than itself.</summary>
    private static bool MayPass(ApiFailure failure, long leftUs) => failure switch
    {
        ProviderLimitReached reached when reached.Kind.CountsDays() => reached.WaitUs <= leftUs && reached.Needed <= reached.Allowed,
        ProviderLimitReached or ProviderAtCapacity => true,
        _ => false,
    };

    /// <summary>All it needs but money, or nothing.</summary>
    private async ValueTask<ApiFailure?> TakeAsync(Exchange exchange)
    {
        var provider = exchange.Route!.Provider;
        var client = clients.For(provider);
        var failure = await callerLimits.RunAsync(exchange);
        if (failure is null && !exchange.TakePlace(client))
        {
            Return(exchange);
            failure = new ProviderAtCapacity(provider.Id);
        }

        uses.Note(exchange.Caller.OrganisationId, provider, exchange.RateHold.OfProvider, client.UnderWay);
        return failure;
    }

    /// <summary>
    /// Another of the plan's routes that is well, at a provider that has room (GW-11: another provider, then the line); false where there is none, and the call is
    /// at its first again.
    /// </summary>
    private async ValueTask<bool> TakeElsewhereAsync(Exchange exchange)
    {
        if (exchange.Plan is not { Candidates.Count: > 1 } plan)
        {
            return false;
        }

        var full = exchange.Route!.Provider.Id;
        var unixMs = time.GetUtcNow().ToUnixTimeMilliseconds();
        for (var index = 1; index < plan.Candidates.Count; index++)
        {
            var (other, cell) = (plan.Candidates[index].Route, plan.Candidates[index].Cell);
            if (other.Provider.Id != full && decide.IsWell(other, cell, unixMs)
                && !queues.StandsBefore(exchange.Caller.OrganisationId, other.Provider.Id, exchange.Waits.Priority)
                && prepare.TurnTo(exchange, index) is null && await TakeAsync(exchange) is null)
            {
                exchange.RouteReason = "provider_limit";
                return true;
            }
        }

        _ = prepare.TurnTo(exchange, 0);
        return false;
    }

    private static void Return(Exchange exchange)
    {
        if (exchange.RateLimits is { } limits)
        {
            exchange.RateHold.Settle(limits.Clock, admitted: false, default);
        }
    }

    private async ValueTask<ApiFailure?> WaitAsync(Exchange exchange, ApiFailure? reached)
    {
        var terms = exchange.Waits;
        var key = exchange.Caller.Key!;
        var provider = exchange.Route!.Provider;
        var client = clients.For(provider);
        var queue = queues.For(exchange.Caller.OrganisationId, provider.Id, client);
        var joined = time.GetTimestamp() - (long)((Int128)exchange.QueuedUs * time.TimestampFrequency / 1_000_000);
        var call = new QueuedCall(
            exchange.IdText, key.Id, key.WalletId, exchange.Route.Model.Id, terms.Priority, terms.MaxWaitMs!.Value, exchange.Body.Length, joined)
        {
            ArrivedTimestamp = exchange.ArrivedTimestamp,
        };
        var (waitUs, intervalUs) = Expect(reached);
        if (!queue.TryJoin(call, reached is ProviderAtCapacity ? 0 : waitUs, intervalUs))
        {
            return new QueueFull(provider.Id, Seconds(queue.EstimateUs()));
        }

        using var gone = exchange.Context.RequestAborted.UnsafeRegister(static state => Leave(state, QueueEnd.ClientGone), (queue, call));
        using var draining = drain.Begun.UnsafeRegister(static state => Leave(state, QueueEnd.Draining), (queue, call));
        ApiFailure? failure;
        try
        {
            failure = await StandAsync(exchange, queue, call, client);
        }
        finally
        {
            queue.Leave(call);
        }

        var waitedUs = (long)time.GetElapsedTime(call.JoinedTimestamp).TotalMicroseconds;
        Tell(exchange, call, waitedUs);
        return failure ?? EndOf(exchange, call, provider.Id, waitedUs, queue) ?? KeyFailure(exchange);
    }

    /// <summary>Tries whenever it is its turn, until it has all it needs, nothing is to be waited for any more, or it has left.</summary>
    private async ValueTask<ApiFailure?> StandAsync(Exchange exchange, ProviderQueue queue, QueuedCall call, UpstreamClient client)
    {
        await call.Turn;
        while (call.End == QueueEnd.None)
        {
            if (PausedUs(exchange, exchange.CandidateIndex) is > 0 and var pausedUs)
            {
                // Another call has been told meanwhile to come later: nobody's turn is before.
                queues.PauseFor(exchange.Route!.Provider.Id, pausedUs);
                await queue.PassAsync(call, pausedUs, intervalUs: 0);
                continue;
            }

            callerLimits.Begin(exchange);

            // A look first: what is taken of limits and given back again costs messages.
            var failure = client.IsFull ? new ProviderAtCapacity(exchange.Route!.Provider.Id) : await TakeAsync(exchange);
            if (failure is null)
            {
                if (!queue.TryServe(call))
                {
                    Return(exchange);
                    exchange.LeavePlace();
                }

                return null;
            }

            if (!MayPass(failure, (call.MaxWaitMs * 1000L) - (long)time.GetElapsedTime(call.JoinedTimestamp).TotalMicroseconds))
            {
                return failure;
            }

            var (waitUs, intervalUs) = Expect(failure);
            await queue.PassAsync(call, waitUs, intervalUs);
        }

        return null;
    }

    /// <summary>In how long there may be something, and how long from one such call to the next: a day that begins lets all go that fit into it.</summary>
    private static (long? WaitUs, long IntervalUs) Expect(ApiFailure? failure) => failure is ProviderLimitReached reached
        ? (reached.WaitUs, reached.Kind.CountsDays() ? 0 : (long)((Int128)MinuteUs * reached.Needed / reached.Allowed))
        : (null, 0);

    private static void Leave(object? state, QueueEnd why)
    {
        var (queue, call) = ((ProviderQueue, QueuedCall))state!;
        _ = queue.End(call, why);
    }

    private static void Tell(Exchange exchange, QueuedCall call, long waitedUs)
    {
        (exchange.QueuedUs, exchange.QueuePosition) = (Math.Max(1, waitedUs), call.Position);
        var headers = exchange.Context.Response.Headers;
        headers["x-queue-wait-ms"] = Text(waitedUs / 1000);
        headers["x-queue-estimated-ms"] = Text((call.EstimatedUs + 999) / 1000);
        headers["x-queue-position"] = Text(call.Position);
    }

    private static ApiFailure? EndOf(Exchange exchange, QueuedCall call, string providerId, long waitedUs, ProviderQueue queue)
    {
        switch (call.End)
        {
            case QueueEnd.None:
                return null;
            case QueueEnd.Cancelled:
                return new QueueCancelled();
            case QueueEnd.ClientGone:
                return new ClientGone();
            case QueueEnd.Draining:
                exchange.Context.Response.Headers.Connection = "close";
                return new ShuttingDown();
            default:
                return new QueueTimeout(providerId, waitedUs / 1000, call.Position, Seconds(queue.EstimateUs()));
        }
    }

    /// <summary>A key may have been revoked while its call waited: then nothing is sent.</summary>
    private InvalidApiKey? KeyFailure(Exchange exchange) => keys.Get(exchange.Caller.OrganisationId, exchange.Caller.Key!.Id) switch
    {
        { RevokedUnixMs: null } key => key.IsLive(time.GetUtcNow().ToUnixTimeMilliseconds()) ? null : InvalidApiKey.Expired,
        _ => InvalidApiKey.Revoked,
    };

    private static int Seconds(long us) => (int)Math.Max(1, (us + 999_999) / 1_000_000);

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);
}

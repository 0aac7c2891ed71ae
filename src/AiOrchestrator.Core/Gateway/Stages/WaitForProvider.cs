using System.Globalization;
using AiOrchestrator.Core.Identity;
using AiOrchestrator.Core.Limits;
using AiOrchestrator.Core.Platform;
using AiOrchestrator.Core.Providers;
using AiOrchestrator.Core.Traffic.Queueing;
using AiOrchestrator.Core.Traffic.Utilisation;

namespace AiOrchestrator.Core.Gateway.Stages;

/// <summary>
/// RT-10: takes the call's part of every limit and a place at its provider. Where the provider's limit is reached or its places are taken, a call that says so
/// waits in line. It stands before the hold, so whoever waits holds no money; nor does it hold a part of a limit or a place.
/// </summary>
internal sealed class WaitForProvider(
    CallerLimits callerLimits, PrepareRoutes prepare, ProviderQueues queues, UseBook uses, UpstreamClients clients, KeyDirectory keys, Drain drain, TimeProvider time)
{
    private const long MinuteUs = 60_000_000;

    public async ValueTask<ApiFailure?> RunAsync(Exchange exchange)
    {
        if (QueueTerms.Read(exchange.Context.Request.Headers, exchange.Caller.Role, queues.HighPriority, out var terms) is { } wrong)
        {
            return wrong;
        }

        var organisationId = exchange.Caller.OrganisationId;
        var provider = exchange.Route!.Provider;
        var mayWait = terms.MaxWaitMs is not null;
        if (queues.AnyWaits && queues.Find(organisationId, provider.Id) is { } line && line.StandsBefore(terms.Priority))
        {
            // Nobody passes those who wait; where another serves it too, there is no need to.
            return await TakeElsewhereAsync(exchange, terms) ? null
                : mayWait ? await WaitAsync(exchange, terms, reached: null) : new ProviderBusy(provider.Id, Seconds(line.EstimateUs()));
        }

        if (mayWait && queues.IsPaused(provider.Id))
        {
            return await TakeElsewhereAsync(exchange, terms) ? null : await WaitAsync(exchange, terms, reached: null);
        }

        var failure = await TakeAsync(exchange);
        if (failure is ProviderLimitReached or ProviderAtCapacity && await TakeElsewhereAsync(exchange, terms))
        {
            return null;
        }

        return failure is not null && mayWait && MayPass(failure, terms) ? await WaitAsync(exchange, terms, failure) : failure;
    }

    /// <summary>Whether waiting may help. A day is longer than anybody waits.</summary>
    private static bool MayPass(ApiFailure failure, QueueTerms terms) => failure switch
    {
        ProviderLimitReached { Kind: RateKind.RequestsPerDay } reached => reached.WaitUs <= terms.MaxWaitMs * 1000L,
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

    /// <summary>Another of the plan's routes, at a provider that has room (GW-11: another provider, then the line); false where there is none, and the call is at its first again.</summary>
    private async ValueTask<bool> TakeElsewhereAsync(Exchange exchange, QueueTerms terms)
    {
        if (exchange.Plan is not { Candidates.Count: > 1 } plan)
        {
            return false;
        }

        var full = exchange.Route!.Provider.Id;
        for (var index = 1; index < plan.Candidates.Count; index++)
        {
            var other = plan.Candidates[index].Route.Provider.Id;
            var isTaken = queues.AnyWaits && queues.Find(exchange.Caller.OrganisationId, other)?.StandsBefore(terms.Priority) == true;
            if (other != full && !isTaken && prepare.TurnTo(exchange, index) is null && await TakeAsync(exchange) is null)
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

    private async ValueTask<ApiFailure?> WaitAsync(Exchange exchange, QueueTerms terms, ApiFailure? reached)
    {
        var key = exchange.Caller.Key!;
        var provider = exchange.Route!.Provider;
        var client = clients.For(provider);
        var queue = queues.For(exchange.Caller.OrganisationId, provider.Id, client);
        var call = new QueuedCall(
            exchange.IdText, key.Id, key.WalletId, exchange.Route.Model.Id, terms.Priority, terms.MaxWaitMs!.Value, exchange.Body.Length, time.GetTimestamp());
        var (waitUs, intervalUs) = Expect(exchange, reached);
        if (!queue.TryJoin(call, reached is ProviderAtCapacity ? 0 : waitUs, intervalUs))
        {
            return new QueueFull(provider.Id, Seconds(queue.EstimateUs()));
        }

        using var gone = exchange.Context.RequestAborted.UnsafeRegister(static state => Leave(state, QueueEnd.ClientGone), (queue, call));
        using var draining = drain.Begun.UnsafeRegister(static state => Leave(state, QueueEnd.Draining), (queue, call));
        ApiFailure? failure;
        try
        {
            failure = await StandAsync(exchange, terms, queue, call, client);
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
    private async ValueTask<ApiFailure?> StandAsync(Exchange exchange, QueueTerms terms, ProviderQueue queue, QueuedCall call, UpstreamClient client)
    {
        await call.Turn;
        while (call.End == QueueEnd.None)
        {
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

            if (!MayPass(failure, terms))
            {
                return failure;
            }

            var (waitUs, intervalUs) = Expect(exchange, failure);
            await queue.PassAsync(call, waitUs, intervalUs);
        }

        return null;
    }

    /// <summary>In how long there may be something, and how long from one such call to the next.</summary>
    private static (long? WaitUs, long IntervalUs) Expect(Exchange exchange, ApiFailure? failure)
    {
        if (failure is not ProviderLimitReached reached)
        {
            return (null, 0);
        }

        var amount = reached.Kind == RateKind.TokensPerMinute
            ? Math.Min(reached.Allowed, exchange.PromptTokensExpected + (exchange.OutputTokensMax * exchange.Request.Choices))
            : 1;
        return (reached.WaitUs, (long)((Int128)MinuteUs * amount / reached.Allowed));
    }

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

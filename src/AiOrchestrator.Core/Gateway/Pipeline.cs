using AiOrchestrator.Core.Gateway.Batches;
using AiOrchestrator.Core.Gateway.Responses;
using AiOrchestrator.Core.Gateway.Stages;
using AiOrchestrator.Core.Gateway.Videos;
using AiOrchestrator.Core.Identity;
using AiOrchestrator.Core.Metering.Pricing;
using AiOrchestrator.Core.Platform;
using AiOrchestrator.Core.Providers;
using Microsoft.AspNetCore.Http;

namespace AiOrchestrator.Core.Gateway;

/// <summary>The whole way of a call through the gateway. Each stage is one file in Stages/ and says null to go on, or why not.</summary>
internal sealed class Pipeline(
    IdSource ids,
    TimeProvider time,
    ProviderDirectory providers,
    PriceBooks prices,
    Drain drain,
    ReadBody readBody,
    ChooseRoute chooseRoute,
    TakeOrder takeOrder,
    PrepareRoutes prepareRoutes,
    DryRun dryRun,
    AskCache askCache,
    CallerLimits callerLimits,
    WaitForProvider waitForProvider,
    HoldMoney holdMoney,
    TryRoutes tryRoutes,
    Reclassify reclassify,
    SettleExchange settle,
    ResponseIds responseIds)
{
    /// <summary>Runs a call.</summary>
    /// <param name="context">The request.</param>
    /// <param name="call">What is asked for.</param>
    /// <param name="source">The job a remix is made of.</param>
    /// <param name="order">The batch that is to be begun.</param>
    public async Task RunAsync(HttpContext context, ModelCall call, VideoJob? source = null, BatchOrder? order = null)
    {
        if (!drain.TryEnter())
        {
            context.Response.Headers.Connection = "close";
            await ErrorWriter.WriteAsync(context, new ShuttingDown());
            return;
        }

        using var exchange = Begin(context, call, source, order);
        callerLimits.Begin(exchange);
        try
        {
            exchange.Failure = await PrepareAsync(exchange);
            if (exchange.Failure is null && DryRun.IsAsked(exchange))
            {
                exchange.Failure = await dryRun.AnswerAsync(exchange);
                if (exchange.Failure is null)
                {
                    return;
                }
            }

            if (exchange.Failure is null)
            {
                (var isAnswered, exchange.Failure) = await askCache.RunAsync(exchange);
                exchange.Failure ??= isAnswered ? null : await AskProviderAsync(exchange);
            }

            await AnswerFailureAsync(exchange.Last);
        }
        catch
        {
            // A fault of ours is answered and logged by the boundary; here it only must not look like success in the books.
            exchange.Last.Failure ??= new InternalError();
            throw;
        }
        finally
        {
            try
            {
                SettleAll(exchange);
            }
            finally
            {
                // Whatever became of that: nobody waits for this call any more.
                exchange.Cache?.Flight?.Land(null);
                drain.Leave();
            }
        }
    }

    /// <summary>Money is settled whatever happened, and before the client can see the end of the answer's connection reused.</summary>
    private void SettleAll(Exchange exchange)
    {
        for (var each = exchange; each is not null; each = each.Successor)
        {
            settle.Run(each);
            if (each.Beside is { } beside)
            {
                settle.Run(beside);
            }
        }
    }

    private async ValueTask<ApiFailure?> AskProviderAsync(Exchange exchange) => await waitForProvider.RunAsync(exchange)
        ?? await holdMoney.RunAsync(exchange)
        ?? takeOrder.LookAgain(exchange)
        ?? await TryAsync(exchange);

    private async ValueTask<ApiFailure?> TryAsync(Exchange exchange) => await tryRoutes.RunAsync(exchange) is { } failure ? await reclassify.RunAsync(exchange, failure) : null;

    /// <summary>One of the calls of a batch, to be looked at: it is never sent by itself.</summary>
    public Exchange BeginBatched(HttpContext context, ModelCall call) => Begin(context, call, source: null, order: null);

    /// <summary>A call that is only explained, as of a time.</summary>
    public Exchange BeginExplained(HttpContext context, ModelCall call, DateTimeOffset at) => Begin(context, call, source: null, order: null, at);

    private async ValueTask<ApiFailure?> PrepareAsync(Exchange exchange) => exchange.Order is { } order
        ? takeOrder.Run(exchange, order)
        : await readBody.RunAsync(exchange)
            ?? ParseRequest.Run(exchange)
            ?? await chooseRoute.RunAsync(exchange)
            ?? ApplySettings.Run(exchange)
            ?? prepareRoutes.Run(exchange);

    private Exchange Begin(HttpContext context, ModelCall call, VideoJob? source, BatchOrder? order, DateTimeOffset? at = null)
    {
        var identity = context.Features.Get<RequestIdentity>()
            ?? throw new InvalidOperationException("the request did not come through its boundary");
        var caller = context.GetCaller();
        return new Exchange(context, call, ids.NewExchangeId(), providers.Current)
        {
            Source = source,
            ResponseIds = responseIds,
            Order = order,
            RequestId = identity.RequestId,
            Trace = TraceContext.From(context.Request.Headers.TraceParent, ids),
            Caller = caller,
            Prices = prices.For(caller.OrganisationId),
            ArrivedTimestamp = identity.ArrivedTimestamp,
            Arrived = at ?? time.GetUtcNow(),
            IsExplained = at is not null,
        };
    }

    private async Task AnswerFailureAsync(Exchange exchange)
    {
        if (exchange.Failure is not { } failure || exchange.Context.RequestAborted.IsCancellationRequested)
        {
            return;
        }

        // Whoever has read the failure and asks for the balance finds it settled.
        CallerLimits.ReturnRefused(exchange);
        settle.Run(exchange);
        if (!exchange.Context.Response.HasStarted)
        {
            CallerLimits.WriteHeaders(exchange);
            RouteHeaders.Write(exchange);
            await ErrorWriter.WriteAsync(exchange.Context, failure);
            await ReadBody.DrainRestAsync(exchange, failure);
        }
        else
        {
            // After the first byte the stream ends with an event that says why, never silently (GW-16).
            if (exchange.Writer is { } writer)
            {
                writer.Fail(failure);
                await exchange.Context.Response.BodyWriter.FlushAsync(exchange.Context.RequestAborted);
                return;
            }

            await exchange.Context.Response.Body.WriteAsync(ErrorWriter.Event(exchange.Context, failure), exchange.Context.RequestAborted);
        }
    }
}

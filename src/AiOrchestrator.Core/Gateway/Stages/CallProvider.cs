using System.Net;
using AiOrchestrator.Core.Metering;
using AiOrchestrator.Core.Platform;
using AiOrchestrator.Core.Providers;
using AiOrchestrator.Core.Providers.OpenAi;
using AiOrchestrator.Core.Providers.Registry;
using AiOrchestrator.Core.Wallets;
using Microsoft.Extensions.Options;

namespace AiOrchestrator.Core.Gateway.Stages;

/// <summary>
/// Sends the call. The start is journaled first; connecting overlaps with its commit, the body waits for it
/// (<see cref="UpstreamBody"/>). Ends with the answer's headers.
/// </summary>
internal sealed class CallProvider(
    UpstreamClients clients, IUsageStream stream, LeaseBook leases, Drain drain, DrainPlaces places, IOptions<GatewayOptions> options, TimeProvider time)
{
    public async ValueTask<ApiFailure?> RunAsync(Exchange exchange)
    {
        var provider = exchange.Route!.Provider;
        if (exchange.Route.Life.IsDeadAt(time.GetUtcNow().ToUnixTimeMilliseconds()))
        {
            // It ended while the call waited; whoever calls again is served by what takes its place.
            return new ModelRetired(exchange.Route.Model.Id, exchange.Route.Life.RetiredUnixMs) { MayRetry = true };
        }

        var client = clients.For(provider);
        if (!leases.StillAdmits(exchange.Hold))
        {
            return new BudgetUnavailable();
        }

        if (!Enter(exchange))
        {
            return new RouteResting(provider.Id);
        }

        if (!exchange.TakePlace(client))
        {
            return new ProviderAtCapacity(provider.Id);
        }

        exchange.SentTimestamp = time.GetTimestamp();
        exchange.Watch = new CallWatch(time, exchange.Timeouts ?? provider.Timeouts, GoneRule(exchange), places, Leaving(exchange), drain.Over);

        // Once for each exchange: another try goes on under the same start.
        var start = exchange.StartIsDurable ? new ValueTask<bool>(true) : stream.AppendStartAsync(new ExchangeStart(exchange.Id, exchange.Wallets, exchange.HoldNanoUsd)
        {
            OrganisationId = exchange.Caller.OrganisationId,
            KeyId = exchange.Caller.Key!.Id,
            IsRelaxed = options.Value.Durability == Durability.Relaxed,
        });
        exchange.Started = true;
        using var body = Body(exchange, MayStart(exchange, start));
        using var message = Message(exchange, provider, body);
        provider.Format.Sign(provider, message, body, time.GetUtcNow());
        try
        {
            exchange.Answer = await client.Invoker.SendAsync(message, exchange.Watch.Token);
            exchange.Sent = true;
            exchange.UpstreamStatus = (int)exchange.Answer.StatusCode;
            return exchange.Answer.IsSuccessStatusCode ? null : await UpstreamRefusal.ReadAsync(exchange);
        }
        catch (Exception failure) when (failure is HttpRequestException or IOException or OperationCanceledException)
        {
            exchange.Sent = body.Sent;
            await body.StartTakenAsync();
            return body.StartRefused ? new JournalUnavailable() : Classify(exchange, failure, body.Sent);
        }
        finally
        {
            // Not awaited above where no connection came about: the journal's answer must still be taken.
            await body.StartTakenAsync();
        }
    }

    /// <summary>What a broken-off call means to the caller.</summary>
    public static ApiFailure Classify(Exchange exchange, Exception failure, bool sent)
    {
        exchange.ClientGone |= exchange.Watch!.Reason == CutReason.ClientGone;
        return Classify(exchange.Route!.Provider, exchange.Watch.Reason, failure, sent, exchange.Timeouts);
    }

    /// <summary>Likewise, of a call that is no exchange.</summary>
    public static ApiFailure Classify(Provider provider, CutReason reason, Exception failure, bool sent, ProviderTimeouts? timeouts = null)
    {
        timeouts ??= provider.Timeouts;
        switch (reason)
        {
            case CutReason.ClientGone:
                return new ClientGone();
            case CutReason.FirstByteTimeout:
                return new UpstreamTimeout(provider.Id, "first-byte", timeouts.FirstByteMs);
            case CutReason.IdleTimeout:
                return new UpstreamTimeout(provider.Id, "idle", timeouts.IdleMs);
            case CutReason.TotalTimeout:
                return new UpstreamTimeout(provider.Id, "total", timeouts.TotalMs);
            case CutReason.ShuttingDown:
                return new ShuttingDown();
            case CutReason.Superseded:
                return new Superseded();
        }

        if (failure is OperationCanceledException)
        {
            // Not by our watch: the handler's own connect timeout.
            return new UpstreamTimeout(provider.Id, "connect", timeouts.ConnectMs);
        }

        return sent ? new UpstreamFailed(provider.Id, 0) : new UpstreamUnreachable(provider.Id);
    }

    /// <summary>From here on it counts among the calls under way at its route; false where its breaker has let another call through to see, and somebody else may be asked.</summary>
    private bool Enter(Exchange exchange)
    {
        if (exchange.Plan is not { } plan)
        {
            return true;
        }

        var cell = plan.Candidates[exchange.CandidateIndex].Cell;
        if (!cell.Enter(time.GetUtcNow().ToUnixTimeMilliseconds()) && cell.IsOnTrial && exchange.CandidateIndex < plan.Candidates.Count - 1)
        {
            cell.Leave();
            return false;
        }

        exchange.Cell = cell;
        return true;
    }

    private async ValueTask<bool> MayStart(Exchange exchange, ValueTask<bool> start)
    {
        var durable = await start;
        exchange.DurableTimestamp = time.GetTimestamp();
        exchange.StartIsDurable = durable;
        exchange.Watch!.Sending();
        return durable;
    }

    /// <summary>A job that has begun is paid for, and lost to a caller who is not told its name: its short answer is always read.</summary>
    private static ClientGoneRule GoneRule(Exchange exchange)
    {
        var rule = exchange.Route!.Provider.OnClientGone;
        return exchange.Call.Traits().IsVideo ? rule with { Action = ClientGoneAction.Drain } : rule;
    }

    /// <summary>A batch is begun whoever waits: its reserve would be lost with its name, and the provider's timeouts are bound enough.</summary>
    private static CancellationToken Leaving(Exchange exchange) => exchange.Order is null ? exchange.Context.RequestAborted : CancellationToken.None;

    private static UpstreamBody Body(Exchange exchange, ValueTask<bool> mayStart)
    {
        if (exchange.Order is not null)
        {
            // Written anew with the provider's name for the file: there is nothing left to edit.
            return new UpstreamBody(exchange.Body, [], "application/json", mayStart);
        }

        var quirks = exchange.Request.IsForm ? null : exchange.Route!.Provider.Quirks;
        if (exchange.Rewriting is not { } rewriting)
        {
            var edits = OpenAiRequestWriter.Edits(exchange.Request, exchange.Route!.Model, exchange.Call, exchange.ClampedTo, quirks);
            return new UpstreamBody(
                exchange.Body, quirks is null ? edits : OpenAiMemberEdits.Add(exchange.Body.Span, quirks, edits, exchange.Dropped), ContentType(exchange), mayStart);
        }

        if (exchange.ClampedTo is not null && rewriting.Write(TranslateRequest.Terms(exchange)) is { } failure)
        {
            throw new InvalidOperationException($"what could be said with one bound cannot be said with another: {failure.Code}");
        }

        var body = rewriting.Body;
        return new UpstreamBody(body, quirks is null ? [] : OpenAiMemberEdits.Add(body.Span, quirks, [], exchange.Dropped), "application/json", mayStart);
    }

    private static Uri UriOf(Exchange exchange, Provider provider) => exchange.Rewriting is PlainRewriting plain
        ? plain.UriOf(provider, exchange.Route!.Model)
        : exchange.Source is { } source ? new Uri(provider.BaseUrl, source.Path("/remix"))
        : exchange.Format?.UriOf(provider, exchange.Route!.Model, exchange.Request.Stream) ?? provider.UriOf(exchange.Call, exchange.Route!.Model);

    /// <summary>A form is nothing without the boundary its sender chose.</summary>
    private static string ContentType(Exchange exchange) => exchange.Request.IsForm ? exchange.Context.Request.ContentType! : "application/json";

    private static HttpRequestMessage Message(Exchange exchange, Provider provider, UpstreamBody body)
    {
        var uri = UriOf(exchange, provider);
        var message = new HttpRequestMessage(HttpMethod.Post, uri)
        {
            Content = body,
            Version = uri.Scheme == Uri.UriSchemeHttps ? HttpVersion.Version20 : HttpVersion.Version11,
            VersionPolicy = HttpVersionPolicy.RequestVersionOrLower,
        };
        var headers = message.Headers;
        var given = exchange.Context.Request.Headers;
        provider.Format.AddHeaders(provider, headers, name => given.TryGetValue(name, out var value) ? (string?)value : null);

        headers.TryAddWithoutValidation("Accept", exchange.Request.Stream ? provider.Format.StreamsBinary ? "application/vnd.amazon.eventstream" : "text/event-stream" : exchange.Call.Traits().IsMedia ? "*/*" : "application/json");
        headers.TryAddWithoutValidation("User-Agent", "AiOrchestrator");
        headers.TryAddWithoutValidation("x-request-id", exchange.RequestId);
        headers.TryAddWithoutValidation("traceparent", exchange.Trace.ToString());
        UpstreamHeaders.Forward(exchange.Context.Request.Headers, headers);
        UpstreamRow.Apply(provider, message);
        return message;
    }
}

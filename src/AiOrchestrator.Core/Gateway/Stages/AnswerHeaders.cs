using System.Globalization;
using AiOrchestrator.Core.Providers;
using Microsoft.AspNetCore.Http;

namespace AiOrchestrator.Core.Gateway.Stages;

/// <summary>The headers every answer carries, a provider's or one that was kept.</summary>
internal static class AnswerHeaders
{
    public static void Write(Exchange exchange)
    {
        var headers = exchange.Context.Response.Headers;
        exchange.UpstreamRequestId = exchange.Answer is { } answer ? UpstreamHeaders.Relay(answer.Headers, headers) : null;
        CacheHeaders.Write(exchange);
        CallerLimits.WriteHeaders(exchange);
        RouteHeaders.Write(exchange);
        headers["x-ao-exchange-id"] = exchange.IdText;
        headers["x-ao-provider"] = exchange.Cache?.Entry?.Provider ?? exchange.Route!.Provider.Id;
        headers["x-ao-model"] = exchange.Route!.Model.Id;
        if (exchange.Rewriting is { Dropped.Count: > 0 } || exchange.Dropped.Count > 0)
        {
            headers["x-ao-dropped"] = string.Join(", ", (exchange.Rewriting?.Dropped ?? []).Concat(exchange.Dropped).Distinct(StringComparer.Ordinal).Where(static d => d.All(static c => c is > ' ' and <= '~')).Take(50));
        }

        if (exchange.ClampedTo is { } clamped)
        {
            headers["x-max-tokens-clamped"] = clamped.ToString(CultureInfo.InvariantCulture);
        }
    }

    /// <summary>Those of an event stream.</summary>
    public static void WriteStream(HttpResponse response)
    {
        response.ContentType = "text/event-stream; charset=utf-8";
        response.Headers.CacheControl = "no-cache";
        response.Headers["x-accel-buffering"] = "no";
    }
}

using System.Globalization;
using AiOrchestrator.Core.Providers;

namespace AiOrchestrator.Core.Gateway.Stages;

/// <summary>The headers every answer from a provider carries.</summary>
internal static class AnswerHeaders
{
    public static void Write(Exchange exchange)
    {
        var headers = exchange.Context.Response.Headers;
        exchange.UpstreamRequestId = UpstreamHeaders.Relay(exchange.Answer!.Headers, headers);
        CallerLimits.WriteHeaders(exchange);
        RouteHeaders.Write(exchange);
        headers["x-ao-exchange-id"] = exchange.IdText;
        headers["x-ao-provider"] = exchange.Route!.Provider.Id;
        headers["x-ao-model"] = exchange.Route.Model.Id;
        if (exchange.Rewriting is { Dropped.Count: > 0 } || exchange.Dropped.Count > 0)
        {
            headers["x-ao-dropped"] = string.Join(", ", (exchange.Rewriting?.Dropped ?? []).Concat(exchange.Dropped).Distinct(StringComparer.Ordinal).Where(static d => d.All(static c => c is > ' ' and <= '~')).Take(50));
        }

        if (exchange.ClampedTo is { } clamped)
        {
            headers["x-max-tokens-clamped"] = clamped.ToString(CultureInfo.InvariantCulture);
        }
    }
}

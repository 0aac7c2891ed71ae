using System.Globalization;
using AiOrchestrator.Core.Caching;
using AiOrchestrator.Core.Caching.Requests;

namespace AiOrchestrator.Core.Gateway.Stages;

/// <summary>Tells a caller what the cache had to do with an answer (CA-04).</summary>
internal static class CacheHeaders
{
    /// <summary>Writes them; before the answer begins.</summary>
    public static void Write(Exchange exchange)
    {
        if (exchange.Cache is not { } cache)
        {
            return;
        }

        var headers = exchange.Context.Response.Headers;
        headers["x-cache"] = cache.Outcome.HeaderWord();
        if (cache.Refusal.Word() is { } reason)
        {
            headers["x-cache-reason"] = reason;
        }

        if (cache.Request is { } request)
        {
            headers["x-cache-namespace"] = CacheNamespaces.NameOf(cache.Namespace);
            headers["x-cache-key"] = cache.Entry?.Key ?? (exchange.FailedAttempts.Count == 0 ? cache.Key : request.Key(cache.Terms(exchange.Route!)));
        }

        if (cache.Entry is { } entry)
        {
            headers["x-cache-similarity"] = cache.Similarity.ToString("0.####", CultureInfo.InvariantCulture);
            headers["x-cache-saved-usd"] = Ledger.Money.NanoUsd.FormatUsd(entry.CostNanoUsd - Caching.CacheCall.ChargeNanoUsd(entry, cache.Policy));
            headers.Age = Math.Max(0, (exchange.Arrived.ToUnixTimeMilliseconds() - entry.CreatedUnixMs) / 1000).ToString(CultureInfo.InvariantCulture);
        }
    }
}

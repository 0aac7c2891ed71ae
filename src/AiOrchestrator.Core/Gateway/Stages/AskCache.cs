using System.Globalization;
using AiOrchestrator.Core.Caching;
using AiOrchestrator.Core.Caching.Flushes;
using AiOrchestrator.Core.Caching.Policies;
using AiOrchestrator.Core.Caching.Requests;
using AiOrchestrator.Core.Gateway.Caching;
using AiOrchestrator.Core.Platform;
using AiOrchestrator.Core.Providers;
using AiOrchestrator.Core.Providers.Anthropic;
using AiOrchestrator.Core.Providers.Chat;
using AiOrchestrator.Core.Traffic.Configuration;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;

namespace AiOrchestrator.Core.Gateway.Stages;

/// <summary>
/// CA-01 … CA-08: answers a call with what was answered before, where its policy has that; else says what is to be done with the answer it gets. It stands after
/// the route, because the model determines the answer, and before all that costs: limits of providers, lines, money.
/// </summary>
internal sealed class AskCache(
    CacheBook book,
    FlushBook flushes,
    PartDirectory<StoredCachePolicy, CachePolicySet> policies,
    CacheNamespaces namespaces,
    FindSimilar similar,
    Flights flights,
    ReplayAnswer replay,
    IOptions<CachingOptions> options,
    TimeProvider time)
{
    /// <summary>Whether the call has its answer, and why not where it should have had it.</summary>
    public async ValueTask<(bool IsAnswered, ApiFailure? Failure)> RunAsync(Exchange exchange)
    {
        exchange.Cache = Begin(exchange);
        if (exchange.Cache is not { Request: { } request } cache)
        {
            return (false, null);
        }

        var key = cache.Key = request.Key(cache.Terms(exchange.Route!));
        var entry = cache.Refreshes ? null : Fresh(cache, await book.FindAsync(cache.Namespace, key, CancellationToken.None));
        if (entry is not null)
        {
            return await AnswerAsync(exchange, entry, CacheOutcome.Hit, 1);
        }

        if (cache.Policy.Mode == CacheMode.Semantic && await similar.RunAsync(exchange, cache) is { } found && Fresh(cache, found.Entry) is { } near)
        {
            return await AnswerAsync(exchange, near, CacheOutcome.Similar, found.Similarity);
        }

        cache.Outcome = CacheOutcome.Miss;
        return !cache.Refreshes && MayWait(exchange, cache) && Fresh(cache, await WaitAsync(exchange, cache, key)) is { } landed
            ? await AnswerAsync(exchange, landed, CacheOutcome.Hit, 1)
            : (false, null);
    }

    private CacheCall Begin(Exchange exchange)
    {
        var headers = exchange.Context.Request.Headers;
        var caller = exchange.Caller;
        if (exchange is { Order: not null } or { Source: not null } || !IsKept(exchange.Call) || exchange.Path is not { } path)
        {
            return new CacheCall { Refusal = CacheRefusal.Kind };
        }

        var asks = CacheDirectives.Read(headers);
        var policy = policies.For(caller.OrganisationId).For(caller.PrincipalId, path.WalletIds, exchange.Route!.Model.Id);
        if (policy.Mode == CacheMode.Off || asks.Bypasses)
        {
            return new CacheCall { Refusal = asks.Bypasses ? CacheRefusal.Asked : CacheRefusal.Off };
        }

        var request = CanonicalRequest.Read(exchange.Body, exchange.Call, exchange.Request, Completes(exchange) ? null : exchange.Route.Model);
        var refusal = request is null ? CacheRefusal.Kind : Refuses(exchange.Call, request.Facts, policy);
        return refusal != CacheRefusal.None
            ? new CacheCall { Refusal = refusal, Policy = policy }
            : new CacheCall
            {
                Policy = policy,
                Namespace = namespaces.Of(caller, path.WalletIds, policy),
                Request = request,
                Completes = Completes(exchange),
                Headers = $"{headers["OpenAI-Beta"]}\n{headers["anthropic-beta"]}\n{VersionOf(headers)}",
                FlushNumber = flushes.CurrentNumber(caller.OrganisationId),
                Refreshes = asks.Refreshes,
                MaxAgeMs = asks.MaxAgeMs,
            };
    }

    /// <summary>The version of Anthropic's wire format, where it is not the one that is meant where nothing is said.</summary>
    private static string VersionOf(IHeaderDictionary headers) => headers.TryGetValue("anthropic-version", out var version) && version != AnthropicFormat.Version ? version.ToString() : "";

    /// <summary>Whether its provider continues texts, rather than being told them as a conversation.</summary>
    internal static bool Completes(Exchange exchange) => exchange is { Call: ModelCall.Completions, Rewriting: null };

    private static bool IsKept(ModelCall call) => IsConversation(call) || call is ModelCall.Embeddings or ModelCall.Rerank or ModelCall.Moderations;

    private static bool IsConversation(ModelCall call) => ChatFormats.DialectOf(call) is not null;

    /// <summary>What speaks against it by the policy. What is no conversation does not vary.</summary>
    private static CacheRefusal Refuses(ModelCall call, in CanonicalFacts facts, EffectiveCachePolicy policy) =>
        facts.Refusal != CacheRefusal.None ? facts.Refusal
        : IsConversation(call) && facts.OffersTools && policy.Tools == CacheTools.None ? CacheRefusal.Tools
        : IsConversation(call) && (facts.Temperature ?? 1) > policy.MaxTemperature && !(facts.HasSeed && policy.AcceptsSeed) ? CacheRefusal.Temperature
        : CacheRefusal.None;

    /// <summary>
    /// An answer where it may be given: it is not too old for the caller, nor for the policy as it is now and whoever wrote it, and its call came after the last flush
    /// that names it, also where it was waited for.
    /// </summary>
    private CacheEntry? Fresh(CacheCall cache, CacheEntry? entry) => entry is not null && !flushes.IsFlushed(entry)
        && time.GetUtcNow().ToUnixTimeMilliseconds() - entry.CreatedUnixMs <= Math.Min(cache.MaxAgeMs ?? long.MaxValue, cache.Policy.TtlSeconds * 1000) ? entry : null;

    /// <summary>Whether the caller lets it wait for the answer to the same question.</summary>
    private static bool MayWait(Exchange exchange, CacheCall cache) => cache.Policy.SingleFlight
        && !(exchange.Context.Request.Headers.TryGetValue("x-cache-single-flight", out var asked) && string.Equals(asked, "false", StringComparison.OrdinalIgnoreCase));

    /// <summary>The answer somebody else is getting; null where the call is to get it, for others too where nobody did before.</summary>
    private async ValueTask<CacheEntry?> WaitAsync(Exchange exchange, CacheCall cache, string key)
    {
        var flight = flights.Join(cache.Namespace, key, out var leads);
        if (leads)
        {
            cache.Flight = flight;

            // Whoever led before may have landed between the look and the take-off.
            return book.FindInMemory(cache.Namespace, key);
        }

        try
        {
            return await flights.WaitAsync(flight, TimeSpan.FromMilliseconds(options.Value.FlightWaitMs), time, exchange.Context.RequestAborted);
        }
        catch (Exception over) when (over is TimeoutException or OperationCanceledException)
        {
            // It takes too long, and the call gets its own answer; or the client has gone, which the next stage notices.
            return null;
        }
    }

    private async ValueTask<(bool IsAnswered, ApiFailure? Failure)> AnswerAsync(Exchange exchange, CacheEntry entry, CacheOutcome outcome, float similarity)
    {
        var cache = exchange.Cache!;
        (cache.Entry, cache.Outcome, cache.Similarity) = (entry, outcome, similarity);
        cache.Flight?.Land(entry);
        var replayed = await replay.RunAsync(exchange, entry);
        if (replayed.IsAnswered || replayed.Failure is not null)
        {
            return replayed;
        }

        // It cannot be told in the caller's dialect: the provider is asked, and its answer takes the place of this one.
        (cache.Entry, cache.Outcome, cache.Similarity) = (null, CacheOutcome.Miss, 0);
        book.Forget(entry);
        return (false, null);
    }
}

/// <summary>What a caller says of the cache in headers (CA-04; RFC 9111 §5.2.1).</summary>
/// <param name="Bypasses">It has nothing to do with it: <c>x-cache-bypass</c>, <c>cache-control: no-store</c>.</param>
/// <param name="Refreshes">What is there is passed over, what is answered is kept: <c>no-cache</c>.</param>
/// <param name="MaxAgeMs">The oldest answer that is taken, milliseconds; null for any.</param>
internal readonly record struct CacheDirectives(bool Bypasses, bool Refreshes, long? MaxAgeMs)
{
    private const int MaxAgeSeconds = int.MaxValue;

    /// <summary>Reads them.</summary>
    public static CacheDirectives Read(IHeaderDictionary headers)
    {
        var bypasses = headers.TryGetValue("x-cache-bypass", out var bypass) && !string.Equals(bypass, "false", StringComparison.OrdinalIgnoreCase);
        var refreshes = false;
        long? maxAgeMs = null;
        if (headers.TryGetValue("cache-control", out var control))
        {
            foreach (var directive in control.ToString().Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
            {
                bypasses |= directive.Equals("no-store", StringComparison.OrdinalIgnoreCase);
                refreshes |= directive.Equals("no-cache", StringComparison.OrdinalIgnoreCase);
                if (directive.StartsWith("max-age=", StringComparison.OrdinalIgnoreCase)
                    && long.TryParse(directive.AsSpan("max-age=".Length), NumberStyles.None, CultureInfo.InvariantCulture, out var seconds))
                {
                    maxAgeMs = Math.Min(seconds, MaxAgeSeconds) * 1000;
                }
            }
        }

        return new CacheDirectives(bypasses, refreshes, maxAgeMs);
    }
}

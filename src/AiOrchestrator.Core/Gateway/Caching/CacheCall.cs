using AiOrchestrator.Core.Caching;
using AiOrchestrator.Core.Caching.Policies;
using AiOrchestrator.Core.Caching.Requests;
using AiOrchestrator.Core.Providers;

namespace AiOrchestrator.Core.Gateway.Caching;

/// <summary>What the cache has to do with a call. One for a request, whatever exchanges it becomes.</summary>
internal sealed class CacheCall
{
    /// <summary>What became of it.</summary>
    public CacheOutcome Outcome { get; set; } = CacheOutcome.Bypass;

    /// <summary>Why it has nothing to do with the cache.</summary>
    public CacheRefusal Refusal { get; init; }

    /// <summary>What is said of it.</summary>
    public EffectiveCachePolicy Policy { get; init; } = new();

    /// <summary>Whose answers it is given, and who is given its own.</summary>
    public string Namespace { get; init; } = "";

    /// <summary>What it asks; null where the cache has nothing to do with it.</summary>
    public CanonicalRequest? Request { get; init; }

    /// <summary>The key of its answer by the route it was first to take.</summary>
    public string Key { get; set; } = "";

    /// <summary>Whether its provider continues texts, rather than being told them as a conversation: then that is what it asks.</summary>
    public bool Completes { get; init; }

    /// <summary>What the provider is told in headers that the caller sent.</summary>
    public string Headers { get; init; } = "";

    /// <summary>The last flush that was known when it came.</summary>
    public long FlushNumber { get; init; }

    /// <summary>Whether an answer that is there is passed over: it is asked for a new one.</summary>
    public bool Refreshes { get; init; }

    /// <summary>The oldest answer it takes, milliseconds; null for any.</summary>
    public long? MaxAgeMs { get; init; }

    /// <summary>The answer it was given; null where it was not.</summary>
    public CacheEntry? Entry { get; set; }

    /// <summary>How near the question is that was answered: a cosine, 1 for the same.</summary>
    public float Similarity { get; set; }

    /// <summary>The question as a vector; null where nobody looks for others that are near.</summary>
    public float[]? Vector { get; set; }

    /// <summary>Others wait for its answer; null where nobody may.</summary>
    public Flight? Flight { get; set; }

    /// <summary>What determines its answer by a route.</summary>
    public CacheTerms Terms(Route route) => new(route.Model.Id, route.Model.UpstreamId, Headers, Request!.Facts.OffersTools && Policy.Tools == CacheTools.Called ? "calls" : "");

    /// <summary>What a hit is charged; nano-dollars, rounded up.</summary>
    public static long ChargeNanoUsd(CacheEntry entry, EffectiveCachePolicy policy) => (long)((((Int128)entry.CostNanoUsd * policy.ChargePercent) + 99) / 100);
}

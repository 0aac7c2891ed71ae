using System.Text.Json.Serialization;
using AiOrchestrator.Core.Platform;

namespace AiOrchestrator.Core.Caching.Policies;

/// <summary>A cache policy as it is stored.</summary>
/// <param name="Id"><c>cpl_…</c>.</param>
/// <param name="Policy">What is said.</param>
/// <param name="CreatedUnixMs">When it was made, milliseconds since 1970.</param>
internal sealed record StoredCachePolicy(string Id, CachePolicy Policy, long CreatedUnixMs);

/// <summary>There is no cache policy with this id.</summary>
public sealed record CachePolicyNotFound() : ApiFailure(404, "invalid_request_error", "cache_policy_not_found", "There is no cache policy with this id.");

/// <summary>The written form of cache policies and of answers about them.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(StoredCachePolicy))]
[JsonSerializable(typeof(CachePolicyRequest))]
[JsonSerializable(typeof(CachePolicyView))]
[JsonSerializable(typeof(Page<CachePolicyView>))]
internal sealed partial class CachePoliciesJson : JsonSerializerContext;

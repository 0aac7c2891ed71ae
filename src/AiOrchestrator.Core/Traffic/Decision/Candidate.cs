using AiOrchestrator.Core.Providers;
using AiOrchestrator.Core.Providers.Registry;
using AiOrchestrator.Core.Traffic.Resilience;

namespace AiOrchestrator.Core.Traffic.Decision;

/// <summary>A route that may serve a call.</summary>
/// <param name="Route">The route.</param>
/// <param name="Found">What name led to its model.</param>
/// <param name="Cell">How it has been doing.</param>
/// <param name="Weight">Its part where parts count.</param>
/// <param name="Of">What chose it; null where nothing was decided.</param>
internal readonly record struct Candidate(Route Route, FoundModel Found, RouteCell Cell, int Weight, Target? Of = null);

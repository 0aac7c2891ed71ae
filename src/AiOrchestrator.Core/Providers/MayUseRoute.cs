using AiOrchestrator.Core.Identity;

namespace AiOrchestrator.Core.Providers;

/// <summary>Whether what is said of a caller's calls leaves them a route: one that nobody may use is not shown.</summary>
/// <param name="caller">Who asks.</param>
/// <param name="route">A route.</param>
/// <param name="unixMs">When, milliseconds since 1970.</param>
public delegate bool MayUseRoute(Caller caller, Route route, long unixMs);

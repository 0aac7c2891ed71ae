using System.Collections.Concurrent;
using AiOrchestrator.Core.Providers;

namespace AiOrchestrator.Core.Traffic.Resilience;

/// <summary>How all routes have been doing on this instance, and what may still be repeated at each provider.</summary>
/// <remarks>Safe for concurrent use; finding what is known does not allocate. Bounded by the models of the configuration.</remarks>
internal sealed class RouteBook
{
    private readonly ConcurrentDictionary<(string Provider, string Model), RouteCell> _cells = new();
    private readonly ConcurrentDictionary<string, RetryBudget> _budgets = new(StringComparer.Ordinal);

    /// <summary>What is known of a route.</summary>
    public RouteCell For(Route route)
    {
        var key = (route.Provider.Id, route.Model.Id);
        return _cells.TryGetValue(key, out var cell) ? cell : _cells.GetOrAdd(key, static _ => new RouteCell());
    }

    /// <summary>What may be repeated at a provider.</summary>
    public RetryBudget BudgetOf(Provider provider) =>
        _budgets.TryGetValue(provider.Id, out var budget) ? budget : _budgets.GetOrAdd(provider.Id, static _ => new RetryBudget());
}

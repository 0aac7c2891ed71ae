using System.Collections.Concurrent;

namespace AiOrchestrator.Core.Providers.Health;

/// <summary>One provider's health and that of its models.</summary>
internal sealed class ProviderHealth
{
    /// <summary>The provider as a whole.</summary>
    public HealthCell Cell { get; } = new();

    /// <summary>By the names callers use.</summary>
    public ConcurrentDictionary<string, HealthCell> Models { get; } = new(StringComparer.Ordinal);
}

/// <summary>
/// The health of all providers as this instance sees it, in memory. Calls tell it how they ended, and routing reads it: both without a lock, and
/// what one call has told the next one's route already knows.
/// </summary>
/// <remarks>
/// This is the face for routing: <see cref="StatusOf(Route)"/> reads two words. Nothing here refuses a call: whoever has only unavailable routes
/// tries one of them.
/// </remarks>
public sealed class HealthBook
{
    private readonly ConcurrentDictionary<string, ProviderHealth> _providers = new(StringComparer.Ordinal);

    /// <summary>The worse of how the route's provider is and how its model is there.</summary>
    /// <param name="route">The route.</param>
    public HealthStatus StatusOf(Route route)
    {
        if (!_providers.TryGetValue(route.Provider.Id, out var provider))
        {
            return HealthStatus.Healthy;
        }

        var status = provider.Cell.Status;
        return provider.Models.TryGetValue(route.Model.Id, out var model) && model.Status > status ? model.Status : status;
    }

    /// <summary>How a provider is as a whole.</summary>
    /// <param name="providerId">Its id.</param>
    public HealthStatus StatusOf(string providerId) => _providers.TryGetValue(providerId, out var provider) ? provider.Cell.Status : HealthStatus.Healthy;

    /// <summary>Whether a route is UNAVAILABLE because the provider does not take our credential there: trying again does not help.</summary>
    /// <param name="route">The route.</param>
    public bool IsRefused(Route route) => _providers.TryGetValue(route.Provider.Id, out var provider)
        && (provider.Cell.IsRefused || (provider.Models.TryGetValue(route.Model.Id, out var model) && model.IsRefused));

    /// <summary>Whether the last signals of all that makes a route UNAVAILABLE were good: one more good answer ends that.</summary>
    /// <param name="route">The route.</param>
    public bool IsComingBack(Route route) => _providers.TryGetValue(route.Provider.Id, out var provider) && IsWellOrBack(provider.Cell)
        && (!provider.Models.TryGetValue(route.Model.Id, out var model) || IsWellOrBack(model));

    private static bool IsWellOrBack(HealthCell cell) => cell.State is var state && (state.Status != HealthStatus.Unavailable || state.IsComingBack);

    /// <summary>Takes in how a call ended. It counts for the model and for its provider.</summary>
    internal void Note(Route route, in Sighting seen, long nowUnixMs)
    {
        var provider = For(route.Provider.Id);
        var model = provider.Models.GetOrAdd(route.Model.Id, static _ => new HealthCell());
        model.Note(seen, isProbe: false, nowUnixMs);

        // A model our account may not use says nothing about the others, where one of those has answered: then it is trouble, and no outage.
        var isOnlyThisModel = seen is { Signal: HealthSignal.Refused, UpstreamStatus: 403 } && HasAnsweredElse(provider, model, nowUnixMs);
        provider.Cell.Note(isOnlyThisModel ? seen with { Signal = HealthSignal.Throttled } : seen, isProbe: false, nowUnixMs);
    }

    /// <summary>What is kept of a provider.</summary>
    internal ProviderHealth For(string providerId) => _providers.GetOrAdd(providerId, static _ => new ProviderHealth());

    /// <summary>Forgets providers and models that are not served any more.</summary>
    internal void Keep(IReadOnlyDictionary<string, Provider> served)
    {
        foreach (var (id, health) in _providers)
        {
            if (!served.TryGetValue(id, out var provider))
            {
                _ = _providers.TryRemove(id, out _);
                continue;
            }

            var models = provider.Models.Select(static m => m.Id).ToHashSet(StringComparer.Ordinal);
            foreach (var model in health.Models.Keys.Where(m => !models.Contains(m)))
            {
                _ = health.Models.TryRemove(model, out _);
            }
        }
    }

    private static bool HasAnsweredElse(ProviderHealth provider, HealthCell model, long nowUnixMs)
    {
        foreach (var (_, other) in provider.Models)
        {
            if (!ReferenceEquals(other, model) && other.Status != HealthStatus.Unavailable && other.Figures(nowUnixMs) is var figures && figures.Signals > figures.Bad)
            {
                return true;
            }
        }

        return false;
    }
}

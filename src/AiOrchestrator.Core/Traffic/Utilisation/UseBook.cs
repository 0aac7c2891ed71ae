using System.Collections.Concurrent;
using AiOrchestrator.Core.Limits;
using AiOrchestrator.Core.Providers;

namespace AiOrchestrator.Core.Traffic.Utilisation;

/// <summary>How far providers are used, as calls find them (RT-11).</summary>
internal sealed class UseBook(TimeProvider time)
{
    private readonly ConcurrentDictionary<(string OrganisationId, string ProviderId), ProviderUse> _uses = new();

    /// <summary>All there are.</summary>
    public IEnumerable<ProviderUse> All => _uses.Values;

    /// <summary>A provider's.</summary>
    public ProviderUse For(string organisationId, string providerId) =>
        _uses.TryGetValue((organisationId, providerId), out var use)
            ? use
            : _uses.GetOrAdd((organisationId, providerId), static id => new ProviderUse(id.OrganisationId, id.ProviderId));

    /// <summary>A call has just taken what it needs, or found that there is none: notes how far everything is used. Allocates nothing once the provider is known.</summary>
    /// <param name="organisationId">Whose call it is.</param>
    /// <param name="provider">The provider.</param>
    /// <param name="pools">Its limits.</param>
    /// <param name="underWay">Calls under way there.</param>
    public void Note(string organisationId, Provider provider, RatePool[] pools, int underWay)
    {
        var use = For(organisationId, provider.Id);
        var unixMs = time.GetUtcNow().ToUnixTimeMilliseconds();
        foreach (var pool in pools)
        {
            foreach (var share in pool.Shares)
            {
                var terms = share.Terms;
                use.Note(UseWindows.Of(share.Id.Kind), UseWindows.Millionths(share.Look(terms).Remaining, terms.Capacity), unixMs);
            }
        }

        use.Note(UseWindow.Connections, UseWindows.Millionths(provider.MaxConnections - underWay, provider.MaxConnections), unixMs);
    }
}

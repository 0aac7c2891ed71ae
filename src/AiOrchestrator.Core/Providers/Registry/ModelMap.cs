using System.Collections.Frozen;

namespace AiOrchestrator.Core.Providers.Registry;

/// <summary>
/// What every name leads to: made once for each configuration out of the providers' rows, the registry and the organisation's word; only the time is
/// asked with each call. It is the one way from a name to a <see cref="Route"/> that is called, and leads to no dead one.
/// </summary>
public sealed class ModelMap
{
    private readonly FrozenDictionary<string, KnownModel> _names;
    private readonly FrozenDictionary<(string Provider, string Model), Route> _routes;
    private readonly ModelRegistry _registry;
    private readonly OrganisationModels _own;

    private ModelMap(
        ModelRegistry registry, OrganisationModels own, IReadOnlyList<KnownModel> models, FrozenDictionary<string, KnownModel> names, FrozenDictionary<(string, string), Route> routes)
    {
        (_registry, _own, Models, _names, _routes) = (registry, own, models, names, routes);
        Default = own.Policy?.DefaultModel is { } name ? names.GetValueOrDefault(name) : null;
    }

    /// <summary>Of no providers.</summary>
    public static ModelMap Empty { get; } = Build([], ModelRegistry.Shipped, OrganisationModels.Empty);

    /// <summary>Every model that is known, in order of id; those nobody serves (any more) included.</summary>
    public IReadOnlyList<KnownModel> Models { get; }

    /// <summary>Who serves what is dead and has no replacement; null for nobody.</summary>
    public KnownModel? Default { get; }

    /// <summary>What the organisation has said.</summary>
    internal OrganisationModels Own => _own;

    /// <summary>The model a name or another name for it means, at whatever time; null for none.</summary>
    public KnownModel? Named(string name) => _names.GetValueOrDefault(name);

    /// <summary>What a call to a name leads to at a time. Does not allocate.</summary>
    /// <param name="name">As the caller has it.</param>
    /// <param name="unixMs">When.</param>
    public FoundModel Find(string name, long unixMs)
    {
        if (!_names.TryGetValue(name, out var asked))
        {
            return new FoundModel(name, null, null, FoundBy.Id);
        }

        var by = name == asked.Id ? FoundBy.Id : FoundBy.Alias;
        if (asked.IsServedAt(unixMs))
        {
            return new FoundModel(name, asked, asked, by);
        }

        if (!asked.Life.IsDeadAt(unixMs))
        {
            // Nobody serves it here, and it has not ended: no such model.
            return new FoundModel(name, null, null, by);
        }

        return asked.SuccessorAt(unixMs) is { } successor ? new FoundModel(name, asked, successor, FoundBy.Replacement)
            : DefaultFor(asked, unixMs) is { } standIn ? new FoundModel(name, asked, standIn, FoundBy.DefaultModel)
            : new FoundModel(name, asked, null, by);
    }

    /// <summary>What takes a model's place at a time, the default included; null for nothing.</summary>
    public KnownModel? ReplacementAt(KnownModel model, long unixMs) => model.SuccessorAt(unixMs) ?? DefaultFor(model, unixMs);

    /// <summary>What to use instead of a model that is dying or dead: what serves calls to it once it has ended, else what could today.</summary>
    public KnownModel? SuggestionAt(KnownModel model, long unixMs) =>
        (model.Life.RetiredUnixMs is var end and > 0 and not Lifecycle.Never && end > unixMs ? ReplacementAt(model, end) : null) ?? ReplacementAt(model, unixMs);

    /// <summary>The route of a model at a provider; null where it does not serve it. It may be dead.</summary>
    internal Route? RouteAt(string provider, string model) => _routes.GetValueOrDefault((provider, model));

    /// <summary>A model's dates at a provider, in service or not: the organisation's word, else the vendor's on its own platform.</summary>
    internal Lifecycle LifeOf(Provider provider, ServedModel model) => LifeOf(provider, model, _registry, _own);

    /// <summary>The default, or what takes its place when it dies too.</summary>
    private KnownModel? DefaultFor(KnownModel model, long unixMs) =>
        Default is not { } standIn ? null
        : standIn.CanReplace(model, unixMs) ? standIn
        : standIn.Life.IsDeadAt(unixMs) && standIn.SuccessorAt(unixMs) is { } next && next.CanReplace(model, unixMs) ? next
        : null;

    /// <summary>Makes a map.</summary>
    /// <param name="providers">In order of priority.</param>
    /// <param name="registry">What ships.</param>
    /// <param name="own">What the organisation has said.</param>
    internal static ModelMap Build(IReadOnlyList<Provider> providers, ModelRegistry registry, OrganisationModels own)
    {
        var routes = providers.SelectMany(p => p.Models.Select(m => new Route(p, m) { Life = LifeOf(p, m, registry, own), Family = own.Of(m.Id)?.Family ?? registry.Describe(m.Vendor, m.UpstreamId)?.Family })).ToList();
        var models = new Dictionary<string, KnownModel>(StringComparer.Ordinal);
        foreach (var served in routes.GroupBy(static r => r.Model.Id, StringComparer.Ordinal))
        {
            models.Add(served.Key, ServedBy([.. served], registry, own.Of(served.Key)));
        }

        foreach (var (name, (stored, _)) in own.Models)
        {
            _ = models.TryAdd(name, Unserved(name, registry.Describe("", name), stored));
        }

        foreach (var entry in registry.Entries.Where(static e => e.Lifecycle.RetiredUnixMs != Lifecycle.Never))
        {
            // An id that ended and that nobody serves is still asked for.
            _ = models.TryAdd(entry.Id, Unserved(entry.Id, entry, stored: null));
        }

        var names = Names(models);
        foreach (var model in models.Values)
        {
            model.Successors = Successors(model, names, routes);
            foreach (var route in model.Routes)
            {
                route.Aliases = model.Aliases;
            }
        }

        return new ModelMap(
            registry,
            own,
            [.. models.Values.OrderBy(static m => m.Id, StringComparer.Ordinal)],
            names.ToFrozenDictionary(StringComparer.Ordinal),
            routes.GroupBy(static r => (r.Provider.Id, r.Model.Id)).ToFrozenDictionary(static g => g.Key, static g => g.First()));
    }

    private static Lifecycle LifeOf(Provider provider, ServedModel model, ModelRegistry registry, OrganisationModels own) =>
        own.Of(model.Id) is { HasDates: true } stored ? stored.Lifecycle
        : registry.IsOtherPlatform(provider.BaseUrl.Host) ? Lifecycle.Unending
        : registry.Find(model.Vendor, model.UpstreamId)?.Lifecycle ?? Lifecycle.Unending;

    private static KnownModel ServedBy(Route[] routes, ModelRegistry registry, StoredModel? own)
    {
        var first = routes[0].Model;
        var entry = registry.Describe(first.Vendor, first.UpstreamId);
        var life = routes.Select(static r => r.Life).Aggregate(static (a, b) => a.Or(b));
        var hasEnd = life != Lifecycle.Unending;
        var capabilities = routes.Select(r => CapabilitiesOf(r.Model, registry)).Aggregate(static (a, b) => a & b);
        return new KnownModel
        {
            Id = first.Id,
            Routes = routes,
            Life = life,
            Capabilities = own?.CapabilitySet ?? capabilities,
            OthersCapabilities = capabilities,
            Kind = first.Price.Kind,
            Entry = entry,
            Own = own,
            LifeOrigin = own is { HasDates: true } ? "own" : hasEnd ? "registry" : null,
            Replacements = ReplacementsOf(own, hasEnd ? entry : null),
            ReplacementOrigin = own is { HasReplacement: true } ? "own" : hasEnd && entry is { Replacements.Count: > 0 } ? "registry" : null,
        };
    }

    private static KnownModel Unserved(string name, RegistryEntry? entry, StoredModel? stored) => new()
    {
        Id = name,
        Life = stored is { HasDates: true } ? stored.Lifecycle : entry?.Lifecycle ?? Lifecycle.Unending,
        Capabilities = stored?.CapabilitySet ?? entry?.Capabilities ?? ModelCapabilities.None,
        OthersCapabilities = entry?.Capabilities ?? ModelCapabilities.None,
        Kind = entry?.Kind,
        Entry = entry,
        Own = stored,
        LifeOrigin = stored is { HasDates: true } ? "own" : entry is null ? null : "registry",
        Replacements = ReplacementsOf(stored, entry),
        ReplacementOrigin = stored is { HasReplacement: true } ? "own" : entry is { Replacements.Count: > 0 } ? "registry" : null,
    };

    private static ModelCapabilities CapabilitiesOf(ServedModel model, ModelRegistry registry) =>
        registry.Describe(model.Vendor, model.UpstreamId) is { } entry && entry.Kind == model.Price.Kind
            ? entry.Capabilities
            : CapabilityWords.Of(model.Price);

    private static IReadOnlyList<string> ReplacementsOf(StoredModel? own, RegistryEntry? entry) =>
        own is { HasReplacement: true } ? own.Replacement is { } replacement ? [replacement] : []
        : entry?.Replacements ?? [];

    /// <summary>Ids, the organisation's other names, the registry's: the earlier wins, so that a name never changes its meaning by an alias.</summary>
    private static Dictionary<string, KnownModel> Names(Dictionary<string, KnownModel> models)
    {
        var names = new Dictionary<string, KnownModel>(models, StringComparer.Ordinal);
        foreach (var model in models.Values)
        {
            AddAliases(names, model, model.Own?.Aliases ?? []);
        }

        // Only of a model that goes by the vendor's own id: another that is made of it is not what its older names meant.
        foreach (var model in models.Values.Where(static m => m.Entry?.Id == m.Id))
        {
            AddAliases(names, model, model.Entry!.Aliases);
        }

        return names;
    }

    private static void AddAliases(Dictionary<string, KnownModel> names, KnownModel model, IEnumerable<string> aliases)
    {
        foreach (var alias in aliases)
        {
            if (names.TryAdd(alias, model))
            {
                model.Aliases = [.. model.Aliases, alias];
            }
        }
    }

    /// <summary>In order of preference, each once: nobody is lost in a circle, however it came about.</summary>
    private static KnownModel[] Successors(KnownModel model, Dictionary<string, KnownModel> names, List<Route> routes)
    {
        var found = new List<KnownModel>();
        var next = new Queue<KnownModel>([model]);
        while (next.TryDequeue(out var current))
        {
            foreach (var name in current.Replacements)
            {
                if (Meant(name, current, names, routes) is { } successor && successor != model && !found.Contains(successor))
                {
                    found.Add(successor);
                    next.Enqueue(successor);
                }
            }
        }

        return [.. found];
    }

    /// <summary>The model a replacement's name means: by the name callers use, or by the vendor's where a row calls it something else.</summary>
    private static KnownModel? Meant(string name, KnownModel replaced, Dictionary<string, KnownModel> names, List<Route> routes) =>
        names.TryGetValue(name, out var model) && (model.Routes.Count > 0 || replaced.Entry is null) ? model
        : routes.Find(r => r.Model.UpstreamId == name && r.Model.Price.Provider == replaced.Entry?.Provider) is { } route ? names[route.Model.Id]
        : model;
}

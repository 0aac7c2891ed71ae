using AiOrchestrator.Core.Metering;
using AiOrchestrator.Core.Providers;
using AiOrchestrator.Core.Providers.Registry;

namespace AiOrchestrator.Core.Tests.Providers.Registry;

/// <summary>Registries, rows and instants made from a seed: models that live, die and take each other's place, in circles too.</summary>
internal sealed class ModelScene
{
    public const long DayMs = 86_400_000;

    private const int Models = 12;

    private readonly Random _random;

    public ModelScene(int seed)
    {
        _random = new Random(seed);
        var entries = Enumerable.Range(0, Models).Select(Entry).ToList();
        var served = Enumerable.Range(0, Models).Where(_ => _random.Next(4) > 0).ToList();
        Providers = [.. Enumerable.Range(0, 3).Select(p => Provider($"p{p}", [.. served.Where(_ => _random.Next(2) == 0).Select(i => Served($"m{i}"))]))];
        var words = new Dictionary<string, (StoredModel, string)>(StringComparer.Ordinal);
        foreach (var i in Enumerable.Range(0, Models).Where(_ => _random.Next(4) == 0))
        {
            words[$"m{i}"] = (Word($"m{i}"), "tag");
        }

        Own = new OrganisationModels(words, _random.Next(2) == 0 ? null : new StoredModelPolicy($"m{_random.Next(Models)}"), null);
        Map = ModelMap.Build(Providers, new ModelRegistry(entries, []), Own);
    }

    public IReadOnlyList<Provider> Providers { get; }

    public OrganisationModels Own { get; }

    public ModelMap Map { get; }

    /// <summary>Instants around all that may happen, each date and the millisecond before it among them.</summary>
    public IEnumerable<long> Instants() => Map.Models.SelectMany(static m => new[] { m.Life.DeprecatedUnixMs, m.Life.RetiredUnixMs })
        .Concat(Map.Models.SelectMany(static m => m.Routes).Select(static r => r.Life.RetiredUnixMs))
        .Where(static ms => ms is > 0 and not Lifecycle.Never).SelectMany(static ms => new[] { ms - 1, ms, ms + 1 })
        .Concat(Enumerable.Range(0, 20).Select(_ => _random.NextInt64(0, 500 * DayMs))).Distinct().Order();

    /// <summary>A provider as calls see it.</summary>
    public static Provider Provider(string id, IReadOnlyList<ServedModel> models, string url = "http://vendor.test/v1/") => new()
    {
        Id = id,
        WireFormat = "openai",
        BaseUrl = new Uri(url),
        Credential = null,
        Timeouts = new ProviderTimeouts(1, 1, 1, 1),
        MaxConnections = 1,
        OnClientGone = new ClientGoneRule(ClientGoneAction.Cancel, 0, 0),
        Priority = 1,
        Models = models,
    };

    /// <summary>A model as it serves it.</summary>
    public static ServedModel Served(string id, string? upstreamId = null, string vendor = "vendor", ModelKind kind = ModelKind.Chat) =>
        new(id, upstreamId ?? id, new PriceEntry(vendor, upstreamId ?? id, kind, new Lazy<PricePeriod[]>([])));

    /// <summary>An entry of a registry.</summary>
    public static RegistryEntry Entry(string id, ModelCapabilities capabilities, Lifecycle life, params string[] replacements) => new()
    {
        Provider = "vendor",
        Id = id,
        Family = "f",
        Tier = ModelTier.Standard,
        Capabilities = capabilities,
        Lifecycle = life,
        Replacements = replacements,
    };

    private RegistryEntry Entry(int i)
    {
        var capabilities = ModelCapabilities.Text | (ModelCapabilities)_random.Next(8);
        return Entry($"m{i}", capabilities, Life(), [.. Enumerable.Range(0, _random.Next(3)).Select(_ => $"m{_random.Next(Models)}")]);
    }

    private StoredModel Word(string name) => new(
        name,
        _random.Next(2) == 0,
        DeprecatedUnixMs: null,
        _random.Next(2) == 0 ? null : Day(),
        _random.Next(2) == 0,
        _random.Next(3) == 0 ? null : $"m{_random.Next(Models)}",
        [$"also-{name}"],
        _random.Next(2) == 0 ? null : ["TEXT", "VISION"],
        null,
        null,
        null,
        null);

    private Lifecycle Life()
    {
        var (first, second) = (Day(), Day());
        return _random.Next(4) switch
        {
            0 => Lifecycle.Unending,
            1 => Lifecycle.Of(first, null),
            2 => Lifecycle.Of(null, first),
            _ => Lifecycle.Of(Math.Min(first, second), Math.Max(first, second)),
        };
    }

    private long Day() => _random.Next(1, 500) * DayMs;
}

using System.Collections.Frozen;
using System.Globalization;
using System.Text.Json;
using AiOrchestrator.Core.Metering;
using AiOrchestrator.Core.Metering.Pricing;
using AiOrchestrator.Core.Platform;
using AiOrchestrator.Core.Providers.Chat;

namespace AiOrchestrator.Core.Providers.Registry;

/// <summary>The curated models that ship with the product. Days in it begin at 00:00 UTC.</summary>
public sealed class ModelRegistry
{
    private const string EmbeddedName = "AiOrchestrator.Core.Providers.Registry.registry.json";

    /// <summary>What Google's own list puts before its models' names (https://ai.google.dev/api/models).</summary>
    private const string GoogleFolder = "models/";

    private static readonly Lazy<ModelRegistry> Embedded = new(LoadEmbedded);

    private readonly FrozenDictionary<(string Provider, string Id), RegistryEntry> _byProvider;
    private readonly FrozenDictionary<string, RegistryEntry> _byId;
    private readonly string[] _otherPlatforms;

    /// <summary>A registry of entries in order of preference.</summary>
    /// <param name="entries">Each id of a provider once, aliases included.</param>
    /// <param name="otherPlatforms">Patterns of hosts that serve vendors' models by dates of their own.</param>
    /// <exception cref="ArgumentException">An id stands twice.</exception>
    internal ModelRegistry(IReadOnlyList<RegistryEntry> entries, string[] otherPlatforms)
    {
        Entries = entries;
        _otherPlatforms = otherPlatforms;
        var named = entries.SelectMany(static e => e.Aliases.Prepend(e.Id).Select(id => (Key: (e.Provider, id), Entry: e))).ToList();
        _byProvider = named.ToFrozenDictionary(static n => n.Key, static n => n.Entry);
        _byId = named.GroupBy(static n => n.Key.id, StringComparer.Ordinal).ToFrozenDictionary(static g => g.Key, static g => g.First().Entry, StringComparer.Ordinal);
    }

    /// <summary>The shipped one, read on first use.</summary>
    public static ModelRegistry Shipped => Embedded.Value;

    /// <summary>The same without a word on when models end and what takes their place.</summary>
    public ModelRegistry WithoutDates() => new(
        [.. Entries.Select(static e => e with { Lifecycle = Lifecycle.Unending, Replacements = [], LifecycleSource = null })], _otherPlatforms);

    /// <summary>All entries, in order of preference.</summary>
    public IReadOnlyList<RegistryEntry> Entries { get; }

    /// <summary>What is known of a model by what its row is priced as and its name there; null for nothing.</summary>
    public RegistryEntry? Find(string provider, string id) => _byProvider.GetValueOrDefault((provider, id.StartsWith(GoogleFolder, StringComparison.Ordinal) ? id[GoogleFolder.Length..] : id));

    /// <summary>What a model is, whoever serves it: of those with the name (or what follows its last slash) the first; null for none.</summary>
    public RegistryEntry? Describe(string provider, string id) =>
        Find(provider, id) ?? _byId.GetValueOrDefault(id) ?? _byId.GetValueOrDefault(id[(id.LastIndexOf('/') + 1)..]);

    /// <summary>Whether a host serves vendors' models by dates of its own: the vendor's say nothing there.</summary>
    public bool IsOtherPlatform(string host) => Array.Exists(_otherPlatforms, p => Wildcard.Matches(p, host));

    /// <summary>Reads a registry.</summary>
    /// <exception cref="InvalidDataException">It is no registry.</exception>
    internal static ModelRegistry Read(JsonElement root)
    {
        var sources = root.GetProperty("sources");
        return new ModelRegistry(
            [.. root.GetProperty("models").EnumerateArray().Select(m => Entry(m, sources))],
            [.. root.GetProperty("other_platforms").EnumerateArray().Select(static p => p.GetString()!)]);
    }

    private static ModelRegistry LoadEmbedded()
    {
        using var file = typeof(ModelRegistry).Assembly.GetManifestResourceStream(EmbeddedName)
            ?? throw new InvalidOperationException($"resource {EmbeddedName} is missing");
        using var document = JsonDocument.Parse(file, new JsonDocumentOptions { AllowDuplicateProperties = false });
        return Read(document.RootElement);
    }

    private static RegistryEntry Entry(JsonElement model, JsonElement sources)
    {
        var id = model.GetProperty("id").GetString()!;
        return new RegistryEntry
        {
            Provider = model.GetProperty("provider").GetString()!,
            Id = id,
            Aliases = Texts(model, "aliases"u8),
            Kind = ModelKinds.Parse(model.TextOf("kind"u8) ?? "chat") ?? throw Broken(id, "kind"),
            Family = model.GetProperty("family").GetString()!,
            Tier = Enum.TryParse<ModelTier>(model.GetProperty("tier").GetString(), ignoreCase: true, out var tier) ? tier : throw Broken(id, "tier"),
            PriorityRank = model.Member("priority_rank"u8, JsonValueKind.Number)?.GetInt32(),
            Capabilities = Texts(model, "capabilities"u8).Aggregate(
                ModelCapabilities.None, (set, word) => set | (CapabilityWords.Parse(word) ?? throw Broken(id, "capabilities"))),
            Limits = Limits(model.Member("limits"u8, JsonValueKind.Object), sources),
            Lifecycle = Lifecycle.Of(Day(model, "deprecated_at"u8, id), Day(model, "retired_at"u8, id)),
            Replacements = Texts(model, "replacements"u8),
            LifecycleSource = Source(model, sources),
            Note = model.TextOf("note"u8),
            MultiplierClass = ShippedMultipliers.ClassOf(id)?.Text,
        };
    }

    private static PublishedLimits Limits(JsonElement? limits, JsonElement sources) => limits is not { } known
        ? PublishedLimits.Unknown
        : new PublishedLimits(
            known.Member("requests_per_minute"u8, JsonValueKind.Number)?.GetInt64(),
            known.Member("requests_per_day"u8, JsonValueKind.Number)?.GetInt64(),
            known.Member("tokens_per_minute"u8, JsonValueKind.Number)?.GetInt64(),
            known.TextOf("plan"u8),
            Source(known, sources));

    private static string? Source(JsonElement element, JsonElement sources) =>
        element.TextOf("source"u8) is { } name ? sources.GetProperty(name).GetString() : null;

    private static string[] Texts(JsonElement model, ReadOnlySpan<byte> name) =>
        model.Member(name, JsonValueKind.Array) is { } list ? [.. list.EnumerateArray().Select(static t => t.GetString()!)] : [];

    private static long? Day(JsonElement model, ReadOnlySpan<byte> name, string id) => model.TextOf(name) is not { } text ? null
        : DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var day)
            ? new DateTimeOffset(day, TimeOnly.MinValue, TimeSpan.Zero).ToUnixTimeMilliseconds()
            : throw Broken(id, "dates");

    private static InvalidDataException Broken(string id, string what) => new($"the registry is broken at '{id}': {what}");
}

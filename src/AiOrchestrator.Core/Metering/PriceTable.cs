using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace AiOrchestrator.Core.Metering;

/// <summary>
/// All known models and prices: an immutable snapshot of the price files (docs/operations/price-file.md). A name is looked up as it is spelt; then
/// without regard to case; then by the patterns of the provider's models in their order, as the source of the catalogue does. Only the last
/// allocate.
/// </summary>
public sealed class PriceTable
{
    private const string CatalogueName = "AiOrchestrator.Core.Metering.catalogue.json";
    private const string OverlayName = "AiOrchestrator.Core.Metering.prices.json";

    // No provider's names are longer; what is longer is not worth searching for.
    private const int MaxNameLength = 200;

    private static readonly Regex Dates = new("-20[0-9]{6}(-|:|$)", RegexOptions.NonBacktracking | RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture);

    private readonly Dictionary<string, ProviderModels> _byProvider;
    private readonly Dictionary<string, PriceEntry> _byModel;
    private readonly IReadOnlyDictionary<string, string[]> _fallbacks;

    internal PriceTable(IReadOnlyList<PriceEntry> models, IReadOnlyDictionary<string, string[]>? fallbacks = null)
    {
        Models = models;
        _fallbacks = fallbacks ?? new Dictionary<string, string[]>();
        _byProvider = models
            .GroupBy(model => model.Provider, StringComparer.Ordinal)
            .ToDictionary(group => group.Key, group => new ProviderModels([.. group]), StringComparer.Ordinal);
        _byModel = ProviderModels.Index(models, StringComparer.Ordinal);
    }

    /// <summary>All models in the order of the file.</summary>
    public IReadOnlyList<PriceEntry> Models { get; }

    /// <summary>Reads a price file.</summary>
    /// <param name="utf8Json">The whole file.</param>
    /// <returns>The table, or null and everything that is wrong with the file, one line each, with the place.</returns>
    public static (PriceTable? Table, IReadOnlyList<string> Errors) Load(ReadOnlySpan<byte> utf8Json) => Load(utf8Json.ToArray(), null);

    /// <summary>Reads a price file and one that is laid over it.</summary>
    /// <param name="utf8Json">The whole file.</param>
    /// <param name="utf8JsonOver">The file whose rows are laid over it; null for none.</param>
    /// <returns>The table, or null and everything that is wrong with the files, one line each, with the place.</returns>
    public static (PriceTable? Table, IReadOnlyList<string> Errors) Load(byte[] utf8Json, byte[]? utf8JsonOver)
    {
        try
        {
            // A repeated member would hide a price, so it is an error rather than "the last one counts".
            var strict = new JsonDocumentOptions { AllowDuplicateProperties = false };
            using var document = JsonDocument.Parse(utf8Json, strict);
            using JsonDocument? over = utf8JsonOver is null ? null : JsonDocument.Parse(utf8JsonOver, strict);
            return PriceFileReader.Read(document.RootElement, over?.RootElement, trusted: false);
        }
        catch (JsonException notJson)
        {
            return (null, [$"not a JSON document: {notJson.Message}"]);
        }
    }

    /// <summary>The table that ships with the product: the catalogue, and what is kept by hand over it.</summary>
    /// <exception cref="InvalidOperationException">A shipped file is broken: a build that should not exist.</exception>
    public static PriceTable LoadEmbedded()
    {
        // Not disposed: the table reads prices out of them when they are first asked for.
        JsonDocument catalogue = JsonDocument.Parse(Resource(CatalogueName));
        JsonDocument overlay = JsonDocument.Parse(Resource(OverlayName));
        (PriceTable? table, IReadOnlyList<string> errors) = PriceFileReader.Read(catalogue.RootElement, overlay.RootElement, trusted: true);
        return table ?? throw new InvalidOperationException($"the shipped prices are broken:\n{string.Join('\n', errors)}");
    }

    /// <summary>Finds the prices of a provider's model.</summary>
    /// <param name="provider">The provider's id.</param>
    /// <param name="modelId">The model's id or one of its aliases.</param>
    /// <param name="at">When the call starts.</param>
    /// <param name="price">The prices in force at that time.</param>
    /// <returns>False where the model is unknown or has no price at that time; such a call must not be sent.</returns>
    public bool TryFind(string provider, string modelId, DateTimeOffset at, [NotNullWhen(true)] out ModelPrice? price)
    {
        price = TryFindModel(provider, modelId, out PriceEntry? model) ? model.PriceAt(at) : null;
        return price is not null;
    }

    /// <summary>Finds the prices of a model whoever provides it: those of the first in the file (a vendor stands before who resells it).</summary>
    /// <param name="modelId">The model's id or one of its aliases.</param>
    /// <param name="at">When the call starts.</param>
    /// <param name="price">The prices in force at that time.</param>
    /// <returns>False where the model is unknown or has no price at that time; such a call must not be sent.</returns>
    public bool TryFind(string modelId, DateTimeOffset at, [NotNullWhen(true)] out ModelPrice? price)
    {
        price = TryFindModel(modelId, out PriceEntry? model) ? model.PriceAt(at) : null;
        return price is not null;
    }

    /// <summary>Finds a provider's model: its bounds, its capabilities and all its prices.</summary>
    /// <param name="provider">The provider's id.</param>
    /// <param name="modelId">The model's id or one of its aliases.</param>
    /// <param name="model">The model.</param>
    public bool TryFindModel(string provider, string modelId, [NotNullWhen(true)] out PriceEntry? model)
    {
        model = Known(provider, modelId);
        if (model is null && modelId.Length <= MaxNameLength)
        {
            string name = modelId.Trim().ToLowerInvariant();
            model = Like(provider, name) ?? (Dated(name) is { } dated ? Like(provider, dated) : null);
        }

        return model is not null;
    }

    /// <summary>Finds a model whoever provides it: the first in the file that has the id or alias.</summary>
    /// <param name="modelId">The model's id or one of its aliases.</param>
    /// <param name="model">The model.</param>
    public bool TryFindModel(string modelId, [NotNullWhen(true)] out PriceEntry? model) => _byModel.TryGetValue(modelId, out model);

    private PriceEntry? Known(string provider, string modelId)
        => _byProvider.TryGetValue(provider, out ProviderModels? models) ? models.Named(modelId) : null;

    private PriceEntry? Like(string provider, string name)
    {
        if (_byProvider.TryGetValue(provider, out ProviderModels? models) && models.Like(name) is { } model)
        {
            return model;
        }

        if (_fallbacks.TryGetValue(provider, out string[]? others))
        {
            foreach (string other in others)
            {
                if (_byProvider.TryGetValue(other, out ProviderModels? theirs) && theirs.Like(name) is { } found)
                {
                    return found;
                }
            }
        }

        return null;
    }

    /// <summary>The name with a date written 20250929 as 2025-09-29, the two ways versions are named; null where it has none.</summary>
    private static string? Dated(string name)
    {
        string dated = Dates.Replace(name, static match =>
            DateOnly.TryParseExact(match.ValueSpan[1..9], "yyyyMMdd", CultureInfo.InvariantCulture, DateTimeStyles.None, out DateOnly date)
                ? string.Create(CultureInfo.InvariantCulture, $"-{date:yyyy-MM-dd}{match.ValueSpan[9..]}")
                : match.Value);
        return dated == name ? null : dated;
    }

    private static byte[] Resource(string name)
    {
        using Stream file = typeof(PriceTable).Assembly.GetManifestResourceStream(name)
            ?? throw new InvalidOperationException($"resource {name} is missing");
        byte[] utf8Json = new byte[file.Length];
        file.ReadExactly(utf8Json);
        return utf8Json;
    }

    /// <summary>The models of one provider by name, and those with patterns in their order.</summary>
    private sealed class ProviderModels(PriceEntry[] models)
    {
        private readonly Dictionary<string, PriceEntry> _named = Index(models, StringComparer.Ordinal);
        private readonly Lazy<Dictionary<string, PriceEntry>> _spelt = new(() => Index(models, StringComparer.OrdinalIgnoreCase));
        private readonly PriceEntry[] _patterned = [.. models.Where(model => model.Patterns.Length > 0)];

        public PriceEntry? Named(string name) => _named.GetValueOrDefault(name);

        public PriceEntry? Like(string lowerCaseName)
            => _spelt.Value.GetValueOrDefault(lowerCaseName) ?? Array.Find(_patterned, model => model.Matches(lowerCaseName));

        public static Dictionary<string, PriceEntry> Index(IEnumerable<PriceEntry> models, StringComparer comparer)
        {
            var index = new Dictionary<string, PriceEntry>(comparer);
            foreach (PriceEntry model in models)
            {
                // A family's id is nobody's name.
                if (!model.IsFamily)
                {
                    _ = index.TryAdd(model.Id, model);
                }

                foreach (string alias in model.Aliases)
                {
                    _ = index.TryAdd(alias, model);
                }
            }

            return index;
        }
    }
}

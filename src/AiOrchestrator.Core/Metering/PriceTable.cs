using System.Collections.Frozen;
using System.Diagnostics.CodeAnalysis;
using System.Text.Json;

namespace AiOrchestrator.Core.Metering;

/// <summary>
/// All known models and prices: an immutable snapshot of a price file (docs/operations/price-file.md). Lookups are by exact, case-sensitive
/// id or alias and do not allocate.
/// </summary>
public sealed class PriceTable
{
    private const string EmbeddedName = "AiOrchestrator.Core.Metering.prices.json";

    private readonly FrozenDictionary<string, FrozenDictionary<string, PriceEntry>> _byProvider;
    private readonly FrozenDictionary<string, PriceEntry> _byModel;

    internal PriceTable(IReadOnlyList<PriceEntry> models)
    {
        Models = models;
        _byProvider = models
            .GroupBy(model => model.Provider, StringComparer.Ordinal)
            .ToFrozenDictionary(group => group.Key, group => Index(group), StringComparer.Ordinal);
        _byModel = Index(models);
    }

    /// <summary>All models in the order of the file.</summary>
    public IReadOnlyList<PriceEntry> Models { get; }

    /// <summary>Reads a price file.</summary>
    /// <param name="utf8Json">The whole file.</param>
    /// <returns>The table, or null and everything that is wrong with the file, one line each, with the place.</returns>
    public static (PriceTable? Table, IReadOnlyList<string> Errors) Load(ReadOnlySpan<byte> utf8Json)
    {
        try
        {
            // A repeated member would hide a price, so it is an error rather than "the last one counts".
            using var document = JsonDocument.Parse(utf8Json.ToArray(), new JsonDocumentOptions { AllowDuplicateProperties = false });
            return PriceFileReader.Read(document.RootElement);
        }
        catch (JsonException notJson)
        {
            return (null, [$"not a JSON document: {notJson.Message}"]);
        }
    }

    /// <summary>The table that ships with the product.</summary>
    /// <exception cref="InvalidOperationException">The shipped file is broken: a build that should not exist.</exception>
    public static PriceTable LoadEmbedded()
    {
        using Stream file = typeof(PriceTable).Assembly.GetManifestResourceStream(EmbeddedName)
            ?? throw new InvalidOperationException($"resource {EmbeddedName} is missing");
        byte[] utf8Json = new byte[file.Length];
        file.ReadExactly(utf8Json);
        (PriceTable? table, IReadOnlyList<string> errors) = Load(utf8Json);
        return table ?? throw new InvalidOperationException($"{EmbeddedName} is broken:\n{string.Join('\n', errors)}");
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
        model = null;
        return _byProvider.TryGetValue(provider, out FrozenDictionary<string, PriceEntry>? models) && models.TryGetValue(modelId, out model);
    }

    /// <summary>Finds a model whoever provides it: the first in the file that has the id or alias.</summary>
    /// <param name="modelId">The model's id or one of its aliases.</param>
    /// <param name="model">The model.</param>
    public bool TryFindModel(string modelId, [NotNullWhen(true)] out PriceEntry? model) => _byModel.TryGetValue(modelId, out model);

    private static FrozenDictionary<string, PriceEntry> Index(IEnumerable<PriceEntry> models)
    {
        var index = new Dictionary<string, PriceEntry>(StringComparer.Ordinal);
        foreach (PriceEntry model in models)
        {
            _ = index.TryAdd(model.Id, model);
            foreach (string alias in model.Aliases)
            {
                _ = index.TryAdd(alias, model);
            }
        }

        return index.ToFrozenDictionary(StringComparer.Ordinal);
    }
}

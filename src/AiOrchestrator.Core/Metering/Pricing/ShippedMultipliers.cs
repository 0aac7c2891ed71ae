using System.Text.Json;

namespace AiOrchestrator.Core.Metering.Pricing;

/// <summary>The table of multipliers that ships with the product, and where its figures come from. Models that do not stand in it are charged once.</summary>
public sealed class ShippedMultipliers
{
    private const string EmbeddedName = "AiOrchestrator.Core.Metering.multipliers.json";

    private static readonly Lazy<ShippedMultipliers> Loaded = new(Load);

    private ShippedMultipliers(string source, IReadOnlyList<MultiplierEntry> entries) => (Source, Entries) = (source, entries);

    /// <summary>The shipped table, read on first use.</summary>
    public static ShippedMultipliers Table => Loaded.Value;

    /// <summary>Where the figures come from, and of when.</summary>
    public string Source { get; }

    /// <summary>The entries, in the order of the file.</summary>
    public IReadOnlyList<MultiplierEntry> Entries { get; }

    /// <summary>What the table says of a model by the name its provider knows; null where it does not stand in it.</summary>
    public static Multiplier? ClassOf(string model) => PricePlan.Shipped(name => PriceSubject.Means(name, model))?.Multiplier;

    private static ShippedMultipliers Load()
    {
        using var file = typeof(ShippedMultipliers).Assembly.GetManifestResourceStream(EmbeddedName)
            ?? throw new InvalidOperationException($"resource {EmbeddedName} is missing");
        using var document = JsonDocument.Parse(file, new JsonDocumentOptions { AllowDuplicateProperties = false });
        var entries = new List<MultiplierEntry>();
        foreach (var entry in document.RootElement.GetProperty("multipliers").EnumerateObject())
        {
            entries.Add(Multiplier.TryParse(entry.Value.GetString(), out var multiplier)
                ? new MultiplierEntry(entry.Name, multiplier)
                : throw new InvalidOperationException($"{EmbeddedName} is broken at {entry.Name}: a build that should not exist"));
        }

        return new ShippedMultipliers(document.RootElement.GetProperty("source").GetString()!, entries);
    }
}

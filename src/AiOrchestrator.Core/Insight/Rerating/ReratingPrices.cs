using System.Text.Json;
using AiOrchestrator.Core.Metering;

namespace AiOrchestrator.Core.Insight.Rerating;

/// <summary>The prices of a re-rating: those a person gave, or those in force.</summary>
internal sealed class ReratingPrices(PriceLookup inForce, PriceTable table)
{
    /// <summary>The word for the prices in force.</summary>
    public const string InForce = "catalogue";

    private const string PerMillion = "usd_per_million";

    /// <summary>
    /// Prices as a request gives them, in their one written form: a period of a price file without dates, or just its prices per million tokens. Null, and what is
    /// wrong with them, where they are none.
    /// </summary>
    /// <param name="given">The member.</param>
    /// <param name="provider">Whose; null for any.</param>
    /// <param name="model">Which model's.</param>
    public (string? Prices, IReadOnlyList<string> Errors) Read(JsonElement given, string? provider, string model)
    {
        if (given.ValueKind == JsonValueKind.String)
        {
            return given.GetString() == InForce ? (InForce, []) : (null, [$"must be an object of prices, or \"{InForce}\""]);
        }

        if (given.ValueKind != JsonValueKind.Object)
        {
            return (null, [$"must be an object of prices, or \"{InForce}\""]);
        }

        if (given.TryGetProperty("from", out _) || given.TryGetProperty("until", out _))
        {
            return (null, ["has no dates of its own: 'from' and 'to' beside it say which calls it is for"]);
        }

        var period = given.TryGetProperty(PerMillion, out _) ? given.GetRawText() : $"{{\"{PerMillion}\":{given.GetRawText()}}}";
        var (_, errors) = Parse(period, provider, model);
        return errors.Count == 0 ? (period, []) : (null, errors);
    }

    /// <summary>What whoever asked should know when all calls were looked at: a name nobody called by looks like one whose calls were all charged right.</summary>
    public IReadOnlyList<string> Warnings(StoredRerating rerating)
    {
        if (rerating.Figures.Calls > 0)
        {
            return [];
        }

        var (model, provider) = (rerating.Model, rerating.Provider);
        var none = $"No call matched: none to '{model}'{(provider is null ? "" : $" of '{provider}'")} arrived in the window.";
        var isKnown = table.TryFindModel(model, out _) || (provider is not null && (table.TryFindModel(provider, model, out _)
            || inForce(rerating.OrganisationId, provider, model, DateTimeOffset.FromUnixTimeMilliseconds(rerating.UntilUnixMs)) is not null));
        return isKnown ? [none] : [none, $"The catalogue knows no model '{model}': take the name that GET /v1/usage shows as 'model'."];
    }

    /// <summary>The price of a call; null where none is known for when it arrived.</summary>
    public Func<UsageEvent, ModelPrice?> Of(StoredRerating rerating)
    {
        if (rerating.Prices == InForce)
        {
            return usage => usage is { Provider: { } provider, Model: { } model }
                ? inForce(rerating.OrganisationId, provider, model, At(usage))
                : null;
        }

        var (period, errors) = Parse(rerating.Prices, rerating.Provider, rerating.Model);
        return period is null
            ? throw new InvalidDataException($"the prices of the re-rating '{rerating.Id}' cannot be read: {string.Join("; ", errors)}")
            : usage => period.PriceAt(At(usage).UtcDateTime);
    }

    private static DateTimeOffset At(UsageEvent usage) => DateTimeOffset.FromUnixTimeMilliseconds(usage.CreatedUnixMs);

    private (PricePeriod? Period, IReadOnlyList<string> Errors) Parse(string json, string? provider, string model)
    {
        PriceEntry? known = null;
        _ = (provider is not null && table.TryFindModel(provider, model, out known)) || table.TryFindModel(model, out known);
        try
        {
            using var document = JsonDocument.Parse(json, new JsonDocumentOptions { AllowDuplicateProperties = false });
            var reading = new PriceFileJson();
            var reader = new PricePeriodReader(reading, known?.Kind ?? ModelKind.Chat, [.. known?.Capabilities ?? []], "re-rating");
            var periods = reader.ReadAll([document.RootElement], "");

            // The reader names places of a file: here it is the one period of the request.
            return reading.Errors.Count == 0 && periods is [var only]
                ? (only, [])
                : (null, [.. reading.Errors.Select(static e => e.Replace(".prices[0]", "", StringComparison.Ordinal).TrimStart('.', ':', ' '))]);
        }
        catch (JsonException notJson)
        {
            return (null, [notJson.Message]);
        }
    }
}

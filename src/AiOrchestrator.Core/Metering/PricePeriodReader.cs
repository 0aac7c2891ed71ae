using System.Text.Json;

namespace AiOrchestrator.Core.Metering;

/// <summary>Reads the <c>prices</c> of one model in a price file: the periods and what they inherit.</summary>
internal sealed class PricePeriodReader
{
    private readonly PriceFileJson _json;
    private readonly PriceRatesReader _rates;
    private readonly PriceWindowReader _windows;
    private readonly string _defaultSource;

    /// <param name="json">Where faults are noted.</param>
    /// <param name="kind">What the model is called for; null where that is itself a fault.</param>
    /// <param name="capabilities">What it can do.</param>
    /// <param name="defaultSource">Where figures come from that name no source.</param>
    public PricePeriodReader(PriceFileJson json, ModelKind? kind, string[] capabilities, string defaultSource)
    {
        _json = json;
        _rates = new PriceRatesReader(json, kind, capabilities);
        _windows = new PriceWindowReader(json, _rates);
        _defaultSource = defaultSource;
    }

    public PricePeriod[] ReadAll(JsonElement[] items, string place)
    {
        var starts = new DateOnly?[items.Length];
        for (int i = 0; i < items.Length; i++)
        {
            starts[i] = items[i].ValueKind == JsonValueKind.Object ? _json.Date(items[i], "from", $"{place}.prices[{i}]") : null;
        }

        var periods = new List<PricePeriod>(items.Length);
        for (int i = 0; i < items.Length; i++)
        {
            if (ReadPeriod(items[i], i, starts, $"{place}.prices[{i}]") is { } period)
            {
                periods.Add(period);
            }
        }

        return [.. periods];
    }

    private PricePeriod? ReadPeriod(JsonElement item, int index, DateOnly?[] starts, string place)
    {
        if (!_json.IsObject(
            item, place, "from", "until", "usd_per_million", "tiers", "usd_each", "usd_each_least", "windows", "source", "batch_factor", "service_tiers"))
        {
            return null;
        }

        // A period ends where the next begins unless it says when.
        DateOnly? from = starts[index];
        DateOnly? next = index + 1 < starts.Length ? starts[index + 1] : null;
        DateOnly? until = _json.Date(item, "until", place);
        CheckDates(item, index, from, until, next, place);
        string source = _json.Text(item, "source", place) ?? _defaultSource;
        long? batchFactorNano = item.TryGetProperty("batch_factor", out JsonElement factor)
            ? _json.Usd(factor, $"{place}.batch_factor", 1)
            : null;
        var frame = new PriceFrame(batchFactorNano, [], from, until ?? next, source);
        frame = frame with { ServiceTiers = ReadServiceTiers(item, frame, place) };
        ModelPrice? standard = _rates.Read(item, frame, place);
        PriceWindow[] windows = _windows.Read(item, frame with { Units = standard?.Units }, place);
        return standard is null ? null : new PricePeriod(from, until ?? next, standard, windows);
    }

    private List<KeyValuePair<string, ModelPrice>> ReadServiceTiers(JsonElement item, PriceFrame frame, string place)
    {
        var tiers = new List<KeyValuePair<string, ModelPrice>>();
        if (!item.TryGetProperty("service_tiers", out JsonElement owner))
        {
            return tiers;
        }

        place += ".service_tiers";
        if (owner.ValueKind != JsonValueKind.Object)
        {
            _json.Fail(place, "must be an object");
            return tiers;
        }

        foreach (JsonProperty tier in owner.EnumerateObject())
        {
            string tierPlace = $"{place}.{tier.Name}";
            if (new PriceTerms(tier.Name).IsOrdinaryTier)
            {
                _json.Fail(tierPlace, "names the ordinary tier: its prices stand in the period itself");
            }
            else if (_json.IsObject(tier.Value, tierPlace, "usd_per_million", "tiers", "usd_each", "usd_each_least", "source")
                && _rates.Read(
                    tier.Value,
                    frame with { BatchFactorNano = null, Source = _json.Text(tier.Value, "source", tierPlace) ?? frame.Source },
                    tierPlace) is { } price)
            {
                tiers.Add(KeyValuePair.Create(tier.Name, price));
            }
        }

        return tiers;
    }

    private void CheckDates(JsonElement item, int index, DateOnly? from, DateOnly? until, DateOnly? next, string place)
    {
        if (index > 0 && !item.TryGetProperty("from", out _))
        {
            _json.Fail(place, "\"from\" is missing: only the first period may begin at no known date");
        }

        if (from is not null && until is not null && until <= from)
        {
            _json.Fail(place, $"ends ({until:yyyy-MM-dd}) before it begins ({from:yyyy-MM-dd})");
        }

        if (until is not null && next is not null && until > next)
        {
            _json.Fail(place, $"overlaps the next period: it ends {until:yyyy-MM-dd}, that begins {next:yyyy-MM-dd}");
        }

        if (from is not null && next is not null && next <= from)
        {
            _json.Fail(place, $"overlaps the next period: it begins {from:yyyy-MM-dd}, that begins {next:yyyy-MM-dd}");
        }
    }
}

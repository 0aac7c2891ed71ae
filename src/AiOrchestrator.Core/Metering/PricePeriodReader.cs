using System.Text.Json;

namespace AiOrchestrator.Core.Metering;

/// <summary>Reads the <c>prices</c> of one model in a price file: periods, tiers, windows and components.</summary>
internal sealed class PricePeriodReader(PriceFileJson json, ModelKind? kind, string[] capabilities, string defaultSource)
{
    private const int AllDays = 0b111_1111;

    private static readonly string[] DayNames = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];

    public PricePeriod[] ReadAll(JsonElement[] items, string place)
    {
        var starts = new DateOnly?[items.Length];
        for (int i = 0; i < items.Length; i++)
        {
            starts[i] = items[i].ValueKind == JsonValueKind.Object ? json.Date(items[i], "from", $"{place}.prices[{i}]") : null;
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
        if (!json.IsObject(
            item, place, "from", "until", "usd_per_million", "tiers", "usd_each", "windows", "source", "batch_factor", "service_tiers"))
        {
            return null;
        }

        foreach (string reserved in PriceComponents.ReservedPeriodMembers)
        {
            if (item.TryGetProperty(reserved, out _))
            {
                json.Fail(place, $"\"{reserved}\" cannot be charged by this version");
            }
        }

        // A period ends where the next begins unless it says when.
        DateOnly? from = starts[index];
        DateOnly? next = index + 1 < starts.Length ? starts[index + 1] : null;
        DateOnly? until = json.Date(item, "until", place);
        CheckDates(item, index, from, until, next, place);
        string source = json.Text(item, "source", place) ?? defaultSource;
        long requestNanoUsd = ReadRequestFee(item, place);
        var frame = new ModelPriceFrame(requestNanoUsd, from, until ?? next, source);
        ModelPrice? standard = ReadPrice(item, frame, place);
        PriceWindow[] windows = ReadWindows(item, frame, place);
        return standard is null ? null : new PricePeriod(from, until ?? next, standard, windows);
    }

    private void CheckDates(JsonElement item, int index, DateOnly? from, DateOnly? until, DateOnly? next, string place)
    {
        if (index > 0 && !item.TryGetProperty("from", out _))
        {
            json.Fail(place, "\"from\" is missing: only the first period may begin at no known date");
        }

        if (from is not null && until is not null && until <= from)
        {
            json.Fail(place, $"ends ({until:yyyy-MM-dd}) before it begins ({from:yyyy-MM-dd})");
        }

        if (until is not null && next is not null && until > next)
        {
            json.Fail(place, $"overlaps the next period: it ends {until:yyyy-MM-dd}, that begins {next:yyyy-MM-dd}");
        }

        if (from is not null && next is not null && next <= from)
        {
            json.Fail(place, $"overlaps the next period: it begins {from:yyyy-MM-dd}, that begins {next:yyyy-MM-dd}");
        }
    }

    private ModelPrice? ReadPrice(JsonElement owner, ModelPriceFrame frame, string place)
    {
        RateCard? card = ReadCard(owner, 0, null, place);
        JsonElement[] tiers = json.Items(owner, "tiers", place);
        if (card is null)
        {
            return null;
        }

        var cards = new List<RateCard> { card };
        for (int i = 0; i < tiers.Length; i++)
        {
            string tierPlace = $"{place}.tiers[{i}]";
            if (!json.IsObject(tiers[i], tierPlace, "above_input_tokens", "usd_per_million")
                || json.Tokens(tiers[i], "above_input_tokens", tierPlace, required: true) is not { } above
                || ReadCard(tiers[i], above, cards[^1], tierPlace) is not { } tier)
            {
                continue;
            }

            if (above <= cards[^1].AboveInputTokens)
            {
                json.Fail(tierPlace, "tiers stand in rising order of above_input_tokens");
            }

            if (!tier.StatesSameAs(card))
            {
                // Inheriting silently would charge a long prompt the short prompt's price.
                json.Fail(tierPlace, "must state the same components as the period");
            }

            cards.Add(tier);
        }

        return new ModelPrice([.. cards], frame.RequestNanoUsd, frame.From, frame.Until, frame.Source);
    }

    private RateCard? ReadCard(JsonElement owner, long above, RateCard? previous, string place)
    {
        if (!owner.TryGetProperty("usd_per_million", out JsonElement prices))
        {
            json.Fail(place, "\"usd_per_million\" is missing");
            return null;
        }

        place += ".usd_per_million";
        if (prices.ValueKind != JsonValueKind.Object)
        {
            json.Fail(place, "must be an object");
            return null;
        }

        long?[] stated = new long?[PriceComponents.Names.Length];
        foreach (JsonProperty price in prices.EnumerateObject())
        {
            int component = PriceComponents.Names.IndexOf(price.Name);
            if (component < 0)
            {
                FailUnknown(place, price.Name, PriceComponents.ReservedTokenNames.Contains(price.Name));
                continue;
            }

            // A nano-dollar per million tokens is a femto-dollar per token.
            stated[component] = json.Usd(price.Value, $"{place}.{price.Name}", ModelPrice.MaxUsdPerMillion);
        }

        return CheckComponents(prices, place) && stated[(int)PriceComponent.Input] is not null ? new RateCard(above, stated, previous) : null;
    }

    private bool CheckComponents(JsonElement prices, string place)
    {
        Require("input", true);
        Require("output", kind == ModelKind.Chat);
        Require("input_audio", capabilities.Contains("audio_in"));
        Require("output_audio", capabilities.Contains("audio_out"));
        return prices.TryGetProperty("input", out _);

        void Require(string name, bool required)
        {
            if (required && !prices.TryGetProperty(name, out _))
            {
                json.Fail(place, $"\"{name}\" is missing: what it stands for would be free or too cheap");
            }
        }
    }

    private long ReadRequestFee(JsonElement item, string place)
    {
        long feeNanoUsd = 0;
        if (!item.TryGetProperty("usd_each", out JsonElement each))
        {
            return feeNanoUsd;
        }

        place += ".usd_each";
        if (each.ValueKind != JsonValueKind.Object)
        {
            json.Fail(place, "must be an object");
            return feeNanoUsd;
        }

        foreach (JsonProperty price in each.EnumerateObject())
        {
            if (price.NameEquals(PriceComponents.Request))
            {
                feeNanoUsd = json.Usd(price.Value, $"{place}.request", ModelPrice.MaxUsdPerRequest) ?? 0;
            }
            else
            {
                FailUnknown(place, price.Name, PriceComponents.ReservedUnitNames.Contains(price.Name.Split('/')[0]));
            }
        }

        return feeNanoUsd;
    }

    private PriceWindow[] ReadWindows(JsonElement item, ModelPriceFrame frame, string place)
    {
        JsonElement[] items = json.Items(item, "windows", place);
        var windows = new List<PriceWindow>(items.Length);
        for (int i = 0; i < items.Length; i++)
        {
            string windowPlace = $"{place}.windows[{i}]";
            if (!json.IsObject(items[i], windowPlace, "days", "from_utc", "to_utc", "usd_per_million", "tiers"))
            {
                continue;
            }

            int days = ReadDays(items[i], windowPlace);
            int? from = ReadMinute(items[i], "from_utc", windowPlace);
            int? to = ReadMinute(items[i], "to_utc", windowPlace);
            ModelPrice? price = ReadPrice(items[i], frame, windowPlace);
            if (from is null || to is null || price is null)
            {
                continue;
            }

            if (from >= to)
            {
                json.Fail(windowPlace, "must end after it begins; a window past midnight is two windows");
            }

            var window = new PriceWindow(days, from.Value, to.Value, price);
            if (windows.Exists(window.Overlaps))
            {
                json.Fail(windowPlace, "overlaps a window before it");
            }

            windows.Add(window);
        }

        return [.. windows];
    }

    private int ReadDays(JsonElement item, string place)
    {
        if (!item.TryGetProperty("days", out _))
        {
            return AllDays;
        }

        int days = 0;
        foreach (JsonElement day in json.Items(item, "days", place))
        {
            int index = day.ValueKind == JsonValueKind.String ? Array.IndexOf(DayNames, day.GetString()) : -1;
            if (index < 0)
            {
                json.Fail($"{place}.days", $"{day.GetRawText()} is none of {string.Join(", ", DayNames)}");
                continue;
            }

            days |= 1 << index;
        }

        if (days == 0)
        {
            json.Fail($"{place}.days", "names no day");
        }

        return days;
    }

    /// <summary>A time as HH:mm, 00:00 to 24:00, in minutes.</summary>
    private int? ReadMinute(JsonElement item, string name, string place)
    {
        if (json.Text(item, name, place, required: true) is not { } text)
        {
            return null;
        }

        if (text.Length == 5 && text[2] == ':'
            && text.All(c => c == ':' || char.IsAsciiDigit(c))
            && int.TryParse(text.AsSpan(0, 2), out int hour) && int.TryParse(text.AsSpan(3, 2), out int minute)
            && minute < 60 && (hour * 60) + minute <= 24 * 60)
        {
            return (hour * 60) + minute;
        }

        json.Fail($"{place}.{name}", $"\"{text}\" is not a time as HH:mm from 00:00 to 24:00");
        return null;
    }

    private void FailUnknown(string place, string name, bool reserved)
        => json.Fail(place, reserved ? $"\"{name}\" cannot be charged by this version" : $"unknown component \"{name}\"");

    private readonly record struct ModelPriceFrame(long RequestNanoUsd, DateOnly? From, DateOnly? Until, string Source);
}

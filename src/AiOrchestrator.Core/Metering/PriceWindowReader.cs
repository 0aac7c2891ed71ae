using System.Text.Json;
using AiOrchestrator.Core.Platform;

namespace AiOrchestrator.Core.Metering;

/// <summary>Reads the <c>windows</c> of a price period in a price file: other prices at certain times of certain days.</summary>
internal sealed class PriceWindowReader(PriceFileJson json, PriceRatesReader rates)
{
    public PriceWindow[] Read(JsonElement item, PriceFrame frame, string place)
    {
        JsonElement[] items = json.Items(item, "windows", place);
        var windows = new List<PriceWindow>(items.Length);
        for (int i = 0; i < items.Length; i++)
        {
            string windowPlace = $"{place}.windows[{i}]";
            if (!json.IsObject(items[i], windowPlace, "days", "from_utc", "to_utc", "usd_per_million", "tiers", "usd_each", "usd_each_least"))
            {
                continue;
            }

            int days = ReadDays(items[i], windowPlace);
            int? from = ReadMinute(items[i], "from_utc", windowPlace);
            int? to = ReadMinute(items[i], "to_utc", windowPlace);
            ModelPrice? price = rates.Read(items[i], frame, windowPlace);
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
            return WeekTime.AllDays;
        }

        int days = 0;
        foreach (JsonElement day in json.Items(item, "days", place))
        {
            int index = day.ValueKind == JsonValueKind.String ? WeekTime.Day(day.GetString()!) : -1;
            if (index < 0)
            {
                json.Fail($"{place}.days", $"{day.GetRawText()} is none of {string.Join(", ", WeekTime.DayNames)}");
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

        if (WeekTime.Minute(text) is { } minute)
        {
            return minute;
        }

        json.Fail($"{place}.{name}", $"\"{text}\" is not a time as HH:mm from 00:00 to 24:00");
        return null;
    }
}

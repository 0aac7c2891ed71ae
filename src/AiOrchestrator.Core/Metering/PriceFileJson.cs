using System.Globalization;
using System.Text.Json;
using AiOrchestrator.Ledger.Money;

namespace AiOrchestrator.Core.Metering;

/// <summary>
/// Reads members of a price file and notes every fault with its place instead of stopping at the first. A value that is faulty reads as absent;
/// the file is refused as a whole in the end, so nothing is built on it.
/// </summary>
internal sealed class PriceFileJson
{
    private readonly List<string> _errors = [];

    public IReadOnlyList<string> Errors => _errors;

    public void Fail(string place, string problem) => _errors.Add($"{place}: {problem}");

    /// <summary>True for an object; members not named are faults, because a misspelt price would be no price.</summary>
    public bool IsObject(JsonElement value, string place, params ReadOnlySpan<string> known)
    {
        if (value.ValueKind != JsonValueKind.Object)
        {
            Fail(place, "must be an object");
            return false;
        }

        foreach (JsonProperty member in value.EnumerateObject())
        {
            if (!known.Contains(member.Name))
            {
                Fail(place, $"unknown member \"{member.Name}\"");
            }
        }

        return true;
    }

    /// <summary>The elements of an array member; none where it is absent. One that is required holds at least one element.</summary>
    public JsonElement[] Items(JsonElement owner, string name, string place, bool required = false)
    {
        if (!owner.TryGetProperty(name, out JsonElement value))
        {
            if (required)
            {
                Fail(place, $"\"{name}\" is missing");
            }

            return [];
        }

        if (value.ValueKind == JsonValueKind.Array)
        {
            if (required && value.GetArrayLength() == 0)
            {
                Fail(place, $"\"{name}\" is empty");
            }

            return [.. value.EnumerateArray()];
        }

        Fail(place, $"\"{name}\" must be an array");
        return [];
    }

    public string? Text(JsonElement owner, string name, string place, bool required = false)
    {
        if (owner.TryGetProperty(name, out JsonElement value))
        {
            // The place is only written out for a fault: a catalogue has tens of thousands of texts.
            return Present(value) ?? Text(value, $"{place}.{name}");
        }

        if (required)
        {
            Fail(place, $"\"{name}\" is missing");
        }

        return null;
    }

    public string? Text(JsonElement value, string place)
    {
        if (Present(value) is { } text)
        {
            return text;
        }

        Fail(place, "must be a string that is not empty");
        return null;
    }

    private static string? Present(JsonElement value)
        => value.ValueKind == JsonValueKind.String && value.GetString() is { Length: > 0 } text ? text : null;

    /// <summary>The strings of an array member; none where it is absent.</summary>
    public string[] Texts(JsonElement owner, string name, string place)
    {
        JsonElement[] items = Items(owner, name, place);
        var texts = new List<string>(items.Length);
        for (int i = 0; i < items.Length; i++)
        {
            if ((Present(items[i]) ?? Text(items[i], $"{place}.{name}[{i}]")) is { } text)
            {
                texts.Add(text);
            }
        }

        return [.. texts];
    }

    /// <summary>True or false; false where it is absent.</summary>
    public bool Flag(JsonElement owner, string name, string place)
    {
        if (!owner.TryGetProperty(name, out JsonElement value))
        {
            return false;
        }

        if (value.ValueKind is not (JsonValueKind.True or JsonValueKind.False))
        {
            Fail($"{place}.{name}", "must be true or false");
        }

        return value.ValueKind == JsonValueKind.True;
    }

    /// <summary>A number of tokens, 1 to <see cref="TokenUsage.MaxTokens"/>.</summary>
    public long? Tokens(JsonElement owner, string name, string place, bool required = false)
    {
        if (!owner.TryGetProperty(name, out JsonElement value))
        {
            if (required)
            {
                Fail(place, $"\"{name}\" is missing");
            }

            return null;
        }

        if (value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out long tokens) && tokens is >= 1 and <= TokenUsage.MaxTokens)
        {
            return tokens;
        }

        Fail($"{place}.{name}", $"must be a whole number from 1 to {TokenUsage.MaxTokens}");
        return null;
    }

    public DateOnly? Date(JsonElement owner, string name, string place)
    {
        if (Text(owner, name, place) is not { } text)
        {
            return null;
        }

        if (DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out DateOnly date))
        {
            return date;
        }

        Fail($"{place}.{name}", $"\"{text}\" is not a date as yyyy-MM-dd");
        return null;
    }

    /// <summary>An amount of US dollars in decimal text, 0 to a bound, in nano-dollars.</summary>
    public long? Usd(JsonElement value, string place, long maxUsd)
    {
        if (Text(value, place) is not { } text)
        {
            return null;
        }

        if (NanoUsd.TryParseUsd(text, out long nanoUsd) && nanoUsd >= 0 && nanoUsd <= maxUsd * NanoUsd.PerUsd)
        {
            return nanoUsd;
        }

        Fail(place, $"\"{text}\" is not a decimal from 0 to {maxUsd} with at most {NanoUsd.MaxDecimals} decimals");
        return null;
    }
}

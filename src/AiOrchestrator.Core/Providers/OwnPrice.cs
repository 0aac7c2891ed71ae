using System.Buffers;
using System.Text.Json;
using AiOrchestrator.Core.Metering;

namespace AiOrchestrator.Core.Providers;

/// <summary>
/// A price that stands in a provider's row instead of the price table. It is written as a price file of one model and read by the table's own
/// reader, so that both obey the same rules.
/// </summary>
internal static class OwnPrice
{
    public static (PriceEntry? Price, string? Error) Build(string providerId, string upstreamId, ModelPriceConfig price)
    {
        var file = new ArrayBufferWriter<byte>(512);
        using (var writer = new Utf8JsonWriter(file))
        {
            Write(writer, providerId, upstreamId, price);
        }

        var (table, errors) = PriceTable.Load(file.WrittenSpan);
        return table is null ? (null, string.Join("; ", errors)) : (table.Models[0], null);
    }

    private static void Write(Utf8JsonWriter writer, string providerId, string upstreamId, ModelPriceConfig price)
    {
        writer.WriteStartObject();
        writer.WriteNumber("format", 1);
        writer.WriteString("currency", "USD");
        writer.WriteStartObject("source");
        writer.WriteString("name", $"provider row '{providerId}'");
        writer.WriteEndObject();
        writer.WriteStartArray("models");
        writer.WriteStartObject();
        writer.WriteString("provider", providerId);
        writer.WriteString("id", upstreamId);
        writer.WriteString("kind", price.Kind);
        WriteCapabilities(writer, price.Kind);
        writer.WriteStartArray("prices");
        WritePeriod(writer, price);
        writer.WriteEndArray();
        writer.WriteEndObject();
        writer.WriteEndArray();
        writer.WriteEndObject();
    }

    private static void WriteCapabilities(Utf8JsonWriter writer, string kind)
    {
        writer.WriteStartArray("capabilities");
        if (kind is "chat" or "embedding")
        {
            writer.WriteStringValue(kind == "chat" ? "text" : "embedding");
        }

        writer.WriteEndArray();
    }

    private static void WritePeriod(Utf8JsonWriter writer, ModelPriceConfig price)
    {
        if (price.Period is { } period)
        {
            period.WriteTo(writer);
            return;
        }

        writer.WriteStartObject();
        writer.WriteStartObject("usd_per_million");
        WriteIfGiven(writer, "input", price.InputUsdPerMillion);
        WriteIfGiven(writer, "output", price.OutputUsdPerMillion);
        WriteIfGiven(writer, "cache_read", price.CacheReadUsdPerMillion);
        writer.WriteEndObject();
        writer.WriteEndObject();
    }

    private static void WriteIfGiven(Utf8JsonWriter writer, string name, string? amount)
    {
        if (amount is not null)
        {
            writer.WriteString(name, amount);
        }
    }
}

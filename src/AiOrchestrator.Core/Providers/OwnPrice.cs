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
        var chat = price.Kind == "chat";
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
        if (chat)
        {
            writer.WriteString("output_limit_member", "max_tokens");
        }

        writer.WriteStartArray("capabilities");
        writer.WriteStringValue(chat ? "text" : "embedding");
        writer.WriteEndArray();
        writer.WriteStartArray("prices");
        writer.WriteStartObject();
        writer.WriteStartObject("usd_per_million");
        writer.WriteString("input", price.InputUsdPerMillion);
        WriteIfGiven(writer, "output", price.OutputUsdPerMillion);
        WriteIfGiven(writer, "cache_read", price.CacheReadUsdPerMillion);
        writer.WriteEndObject();
        writer.WriteEndObject();
        writer.WriteEndArray();
        writer.WriteEndObject();
        writer.WriteEndArray();
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

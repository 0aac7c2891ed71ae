using System.Buffers;
using System.Text.Json;

namespace AiOrchestrator.Azure.Tests.Cosmos;

/// <summary>One stored item.</summary>
/// <param name="Number">Its place among all items ever made in the container.</param>
/// <param name="PartitionKey">The value as JSON text.</param>
/// <param name="Id">Unique in its partition key.</param>
/// <param name="ETag">With its quotation marks, as in the header and in <c>_etag</c>.</param>
/// <param name="Lsn">The container's version at the last write.</param>
/// <param name="Json">With the system's members.</param>
internal sealed record EmulatedItem(long Number, string PartitionKey, string Id, string ETag, long Lsn, JsonElement Json)
{
    /// <summary>Integers beyond this are not kept exactly: the service's numbers are IEEE 754 doubles.</summary>
    private const long ExactIntegers = 1L << 53;

    private static readonly string[] SystemMembers = ["_rid", "_self", "_etag", "_attachments", "_ts"];

    public static EmulatedItem Write(long number, string partitionKey, string id, long lsn, long unixSeconds, string containerLink, JsonElement body)
    {
        var etag = $"\"{lsn:x8}-0000-0700-0000-{unixSeconds:x12}\"";
        var bytes = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(bytes))
        {
            writer.WriteStartObject();
            foreach (var member in body.EnumerateObject().Where(static m => !SystemMembers.Contains(m.Name)))
            {
                writer.WritePropertyName(member.Name);
                WriteValue(writer, member.Value);
            }

            var rid = EmulatedRids.Item(number);
            writer.WriteString("_rid", rid);
            writer.WriteString("_self", $"{containerLink}docs/{rid}/");
            writer.WriteString("_etag", etag);
            writer.WriteString("_attachments", "attachments/");
            writer.WriteNumber("_ts", unixSeconds);
            writer.WriteEndObject();
        }

        return new EmulatedItem(number, partitionKey, id, etag, lsn, Parse(bytes.WrittenMemory));
    }

    /// <summary>Whether it lives no longer. An item's <c>ttl</c> counts only where the container has a default.</summary>
    public bool IsExpired(long unixSeconds, int? defaultTtl)
    {
        if (defaultTtl is not { } seconds)
        {
            return false;
        }

        if (Json.TryGetProperty("ttl", out var own))
        {
            seconds = own.GetInt32();
        }

        return seconds >= 0 && Json.GetProperty("_ts").GetInt64() + seconds <= unixSeconds;
    }

    /// <summary>A value of a partition key in one form, however it was written; <c>{}</c> for none.</summary>
    public static string KeyText(JsonElement value) => value.ValueKind == JsonValueKind.Undefined ? "{}" : JsonSerializer.Serialize(value);

    public static JsonElement Parse(ReadOnlyMemory<byte> json)
    {
        using var document = JsonDocument.Parse(json);
        return document.RootElement.Clone();
    }

    private static void WriteValue(Utf8JsonWriter writer, JsonElement value)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.Object:
                writer.WriteStartObject();
                foreach (var member in value.EnumerateObject())
                {
                    writer.WritePropertyName(member.Name);
                    WriteValue(writer, member.Value);
                }

                writer.WriteEndObject();
                break;
            case JsonValueKind.Array:
                writer.WriteStartArray();
                foreach (var element in value.EnumerateArray())
                {
                    WriteValue(writer, element);
                }

                writer.WriteEndArray();
                break;
            case JsonValueKind.Number when !(value.TryGetInt64(out var whole) && whole is >= -ExactIntegers and <= ExactIntegers):
                writer.WriteNumberValue(value.GetDouble());
                break;
            default:
                value.WriteTo(writer);
                break;
        }
    }
}

using System.Text.Json.Serialization;

namespace AiOrchestrator.Azure.Documents;

/// <summary>A document as an item.</summary>
/// <param name="Id">See <see cref="DocumentIds"/>.</param>
/// <param name="Partition">The container's partition key.</param>
/// <param name="Json">The document's text as it was written, in a string: numbers of an item would become doubles, and its bytes others. Null: deleted.</param>
internal sealed record StoredItem(
    [property: JsonPropertyName("id")] string Id,
    [property: JsonPropertyName("partition")] string Partition,
    [property: JsonPropertyName("json"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Json)
{
    /// <summary>Seconds for which a deletion can be seen among the changes; longer than any mark is good for.</summary>
    public const int TombstoneSeconds = 2 * 86_400;

    /// <summary>The document is no more; the item stays for a while, so that other instances see it go.</summary>
    [JsonPropertyName("deleted"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool Deleted { get; init; }

    /// <summary>Seconds it is kept; null: as the container says.</summary>
    [JsonPropertyName("ttl"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public int? TtlSeconds { get; init; }

    /// <summary>The service's tag.</summary>
    [JsonPropertyName("_etag"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? ETag { get; init; }

    /// <summary>What stands in a deleted document's place.</summary>
    public static StoredItem Tombstone(string id, string partition) =>
        new(id, partition, null) { Deleted = true, TtlSeconds = TombstoneSeconds };
}

/// <summary>A page of a query or of the change feed.</summary>
internal sealed record ItemPage([property: JsonPropertyName("Documents")] IReadOnlyList<StoredItem> Documents);

/// <summary>The written form.</summary>
[JsonSerializable(typeof(StoredItem))]
[JsonSerializable(typeof(ItemPage))]
internal sealed partial class ItemJson : JsonSerializerContext;

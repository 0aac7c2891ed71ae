using System.Text.Json.Serialization;

namespace AiOrchestrator.Azure.Caching;

/// <summary>An entry as an item.</summary>
/// <param name="Id">Of the key, as items can be called.</param>
/// <param name="Namespace">The container's partition key.</param>
/// <param name="Model">The model that answered.</param>
/// <param name="ExpiresUnixMs">Milliseconds since 1970.</param>
/// <param name="CostNanoUsd">As a text: numbers of an item are doubles.</param>
/// <param name="FlushNumber">The last flush that was known when its call came.</param>
internal sealed record CacheItem(
    [property: JsonPropertyName("id")] string Id,
    [property: JsonPropertyName("pk")] string Namespace,
    [property: JsonPropertyName("model")] string Model,
    [property: JsonPropertyName("expires")] long ExpiresUnixMs,
    [property: JsonPropertyName("cost"), JsonNumberHandling(JsonNumberHandling.WriteAsString | JsonNumberHandling.AllowReadingFromString)] long CostNanoUsd,
    [property: JsonPropertyName("flush")] long FlushNumber)
{
    /// <summary>Where its vector lies; null where it has none.</summary>
    [JsonPropertyName("vectors"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Vectors { get; init; }

    /// <summary>How often it was given.</summary>
    [JsonPropertyName("hits")]
    public long Hits { get; init; }

    /// <summary>Of <see cref="Sealed"/>, so that listing need not read it.</summary>
    [JsonPropertyName("bytes")]
    public long Bytes { get; init; }

    /// <summary>The sealed entry, in base64; null where only the rest was asked for.</summary>
    [JsonPropertyName("sealed"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public byte[]? Sealed { get; init; }

    /// <summary>Seconds after its last write until the service forgets it.</summary>
    [JsonPropertyName("ttl"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public int? TtlSeconds { get; init; }
}

/// <summary>A page of a query.</summary>
internal sealed record CacheItemPage([property: JsonPropertyName("Documents")] IReadOnlyList<CacheItem> Documents);

/// <summary>The written form.</summary>
[JsonSerializable(typeof(CacheItem))]
[JsonSerializable(typeof(CacheItemPage))]
internal sealed partial class CacheItemJson : JsonSerializerContext;

using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Serialization;
using AiOrchestrator.Core.Caching.Vectors;

namespace AiOrchestrator.Azure.Vectors;

/// <summary>A vector as a document of the search service. What a search did not ask for is null.</summary>
internal sealed record VectorItem
{
    /// <summary>Unique in the index: of the partition and the entry.</summary>
    public string? Key { get; init; }

    /// <summary>Whose it is.</summary>
    public string? Namespace { get; init; }

    /// <summary>The partition's name to the service.</summary>
    public string? Partition { get; init; }

    /// <summary>The entry's id.</summary>
    public string? Entry { get; init; }

    /// <summary>As it was put.</summary>
    public float[]? Vector { get; init; }

    /// <summary>A partition's name to the service: 64 lower-case hexadecimal digits, which no filter needs to quote and no two partitions share.</summary>
    public static string PartitionOf(VectorPartition partition) => Hash(partition.Namespace, partition.Name);

    /// <summary>An entry's key. One that is put again takes the place of the first.</summary>
    public static string KeyOf(VectorPartition partition, string id) => Hash(partition.Namespace, partition.Name, id);

    /// <summary>The length stands before each part, so that no two lists of parts read alike.</summary>
    private static string Hash(params ReadOnlySpan<string> parts)
    {
        var text = new StringBuilder();
        foreach (var part in parts)
        {
            text.Append(part.Length).Append(':').Append(part);
        }

        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text.ToString())));
    }
}

/// <summary>How vectors are written and read.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(VectorItem))]
internal sealed partial class VectorJson : JsonSerializerContext;

using System.Globalization;
using Azure.Search.Documents.Indexes.Models;

namespace AiOrchestrator.Azure.Vectors;

/// <summary>The indexes on the service: one for each number of dimensions, as a field has one.</summary>
internal static class VectorIndexes
{
    /// <summary>Ends in a version: fields that are there cannot be changed.</summary>
    private const string Prefix = "ao-cache-v1-";
    private const string Profile = "profile";
    private const string Algorithm = "exhaustive";

    /// <summary>The index's name.</summary>
    public static string NameOf(int dimensions) => Prefix + dimensions.ToString(CultureInfo.InvariantCulture);

    /// <summary>Whether an index is one of these; others may use the service too.</summary>
    public static bool TryParse(string name, out int dimensions)
    {
        dimensions = 0;
        return name.StartsWith(Prefix, StringComparison.Ordinal)
            && int.TryParse(name.AsSpan(Prefix.Length), NumberStyles.None, CultureInfo.InvariantCulture, out dimensions);
    }

    /// <summary>
    /// What the service makes. Every vector of a partition is compared, none of another is: partitions are many and small, so that a graph over all of them would
    /// mostly lead to what the filter throws away. Nor does it take the memory a graph does.
    /// </summary>
    public static SearchIndex Define(int dimensions) => new(NameOf(dimensions))
    {
        Fields =
        {
            new SimpleField("key", SearchFieldDataType.String) { IsKey = true, IsFilterable = true, IsSortable = true },
            new SimpleField("namespace", SearchFieldDataType.String) { IsFilterable = true },
            new SimpleField("partition", SearchFieldDataType.String) { IsFilterable = true },
            new SimpleField("entry", SearchFieldDataType.String),
            new VectorSearchField("vector", dimensions, Profile),
        },
        VectorSearch = new VectorSearch
        {
            Algorithms = { new ExhaustiveKnnAlgorithmConfiguration(Algorithm) { Parameters = new ExhaustiveKnnParameters { Metric = VectorSearchAlgorithmMetric.Cosine } } },
            Profiles = { new VectorSearchProfile(Profile, Algorithm) },
        },
    };
}

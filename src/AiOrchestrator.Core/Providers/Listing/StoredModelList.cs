using System.Text.Json.Serialization;
using AiOrchestrator.Core.Platform;

namespace AiOrchestrator.Core.Providers.Listing;

/// <summary>A provider's list of models as it was last read.</summary>
/// <param name="ReadUnixMs">When, milliseconds since 1970; 0 where it never could be.</param>
/// <param name="Models">The names it listed, in ordinal order.</param>
internal sealed record StoredModelList(long ReadUnixMs, IReadOnlyList<string> Models)
{
    /// <summary>What it had begun to list when its list was last seen to change.</summary>
    public IReadOnlyList<string> Added { get; init; } = [];

    /// <summary>What it had ceased to list then.</summary>
    public IReadOnlyList<string> Gone { get; init; } = [];

    /// <summary>When it was last seen to change, milliseconds since 1970; null where it never was.</summary>
    public long? ChangedUnixMs { get; init; }

    /// <summary>When it was last tried to be read, milliseconds since 1970.</summary>
    public long TriedUnixMs { get; init; }

    /// <summary>Why it could not be read then; null where it could.</summary>
    public string? Problem { get; init; }

    /// <summary>The same after the provider has listed something.</summary>
    /// <param name="listed">What.</param>
    /// <param name="nowUnixMs">When, milliseconds since 1970.</param>
    public StoredModelList After(ListedModels listed, long nowUnixMs)
    {
        var isFirst = ReadUnixMs == 0;
        string[] added = isFirst ? [] : [.. listed.Ids.Except(Models, StringComparer.Ordinal)];
        string[] gone = isFirst ? [] : [.. Models.Except(listed.Ids, StringComparer.Ordinal)];
        var changes = added.Length + gone.Length > 0;
        return new StoredModelList(nowUnixMs, listed.Ids)
        {
            Added = changes ? added : Added,
            Gone = changes ? gone : Gone,
            ChangedUnixMs = changes ? nowUnixMs : ChangedUnixMs,
            TriedUnixMs = nowUnixMs,
        };
    }
}

/// <summary>Where lists of models lie: a document for each provider.</summary>
internal static class StoredModelLists
{
    private const string Prefix = "model-lists:";

    /// <summary>An organisation's.</summary>
    public static string Partition(string organisationId) => Prefix + organisationId;

    /// <summary>Whether the providers in memory rest on a partition.</summary>
    public static bool AreLists(string partition) => partition.StartsWith(Prefix, StringComparison.Ordinal);

    /// <summary>What a provider lists; null where it was never read.</summary>
    public static async Task<ListedModels?> FindAsync(IDocumentStore documents, string organisationId, string providerId, CancellationToken cancellation) =>
        (await documents.FindAsync(Partition(organisationId), providerId, ListingJson.Default.StoredModelList, cancellation)).Value is { ReadUnixMs: > 0 } stored
            ? new ListedModels(stored.Models)
            : null;
}

/// <summary>The written form of lists and of what is said about them.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(StoredModelList))]
[JsonSerializable(typeof(ModelSyncView))]
internal sealed partial class ListingJson : JsonSerializerContext;

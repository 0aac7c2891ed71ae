using System.Runtime.CompilerServices;
using System.Text.Json.Serialization;
using AiOrchestrator.Core.Platform;

namespace AiOrchestrator.Core.Providers;

/// <summary>Stored rows: the same JSON the control API takes, defaults written out.</summary>
internal static class StoredProviders
{
    private const int PageSize = 1000;

    private const string Prefix = "providers:";

    public static string Partition(string organisationId) => Prefix + organisationId;

    /// <summary>Whether the providers in memory rest on a partition.</summary>
    public static bool AreProviders(string partition) => partition.StartsWith(Prefix, StringComparison.Ordinal);

    public static async IAsyncEnumerable<Document> AllAsync(
        IDocumentStore documents, string organisationId, [EnumeratorCancellation] CancellationToken cancellation)
    {
        string? after = null;
        while (true)
        {
            var page = await documents.ListAsync(Partition(organisationId), after, PageSize, cancellation);
            foreach (var document in page)
            {
                yield return document;
            }

            if (page.Count < PageSize)
            {
                yield break;
            }

            after = page[^1].Id;
        }
    }

    public static ReadOnlyMemory<byte> Bytes(ProviderConfig config) => StoredDocuments.Bytes(config, ProvidersJson.Default.ProviderConfig);
}

/// <summary>The written form of providers' rows and answers.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(ProviderConfig))]
[JsonSerializable(typeof(ModelConfig))]
[JsonSerializable(typeof(ProviderView))]
[JsonSerializable(typeof(Page<ProviderView>))]
[JsonSerializable(typeof(ModelView))]
[JsonSerializable(typeof(ModelListView))]
[JsonSerializable(typeof(PresetListView))]
[JsonSerializable(typeof(ProviderTestView))]
[JsonSerializable(typeof(ProviderTestRequest))]
internal sealed partial class ProvidersJson : JsonSerializerContext;

using Azure.Core;
using Azure.Core.Serialization;
using Azure.Search.Documents;
using Azure.Search.Documents.Indexes;

namespace AiOrchestrator.Azure.Vectors;

/// <summary>Makes the client of the search service.</summary>
internal static class SearchClients
{
    /// <summary>The service at <see cref="AzureOptions.SearchEndpoint"/>; nothing is connected yet.</summary>
    public static SearchIndexClient Open(AzureOptions options, TokenCredential credential, Action<SearchClientOptions>? configure = null)
    {
        // The first version of the protocol that has vectors, and the newest this SDK speaks.
        var client = new SearchClientOptions(SearchClientOptions.ServiceVersion.V2023_11_01) { Serializer = new JsonObjectSerializer(VectorJson.Default.Options) };

        // A search stands in a call's way: who asks gives up before these do. They bound what is written behind a call.
        client.Retry.MaxRetries = 2;
        client.Retry.Delay = TimeSpan.FromMilliseconds(200);
        client.Retry.MaxDelay = TimeSpan.FromSeconds(2);
        client.Retry.NetworkTimeout = TimeSpan.FromSeconds(10);
        configure?.Invoke(client);
        return new SearchIndexClient(new Uri(options.SearchEndpoint), credential, client);
    }
}

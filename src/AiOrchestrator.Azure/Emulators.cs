using AiOrchestrator.Azure.Blobs;
using AiOrchestrator.Azure.Documents;
using Azure.Core;
using Microsoft.Azure.Cosmos;
using Microsoft.Extensions.DependencyInjection;

namespace AiOrchestrator.Azure;

/// <summary>What a deployment makes on Azure, and nobody makes on a developer's machine.</summary>
public static class Emulators
{
    /// <summary>
    /// Makes the database, its containers and the container of blobs where the service is an emulator, which begins empty; does nothing on
    /// Azure, where the deployment made them and the identity of the process may not. Belongs to the start, before ports are used.
    /// </summary>
    public static async Task PrepareAsync(IServiceProvider services, CancellationToken cancellation)
    {
        var options = services.GetRequiredService<AzureOptions>();
        if (AzureOptions.IsEmulator(new Uri(options.CosmosEndpoint)))
        {
            var client = services.GetRequiredService<CosmosClient>();
            Database database = await client.CreateDatabaseIfNotExistsAsync(options.CosmosDatabase, cancellationToken: cancellation);
            foreach (var container in CosmosContainer.All)
            {
                await database.CreateContainerIfNotExistsAsync(
                    new ContainerProperties(container.Name, container.PartitionKeyPath) { DefaultTimeToLive = container.TtlSeconds ?? -1 },
                    cancellationToken: cancellation);
            }
        }

        if (AzureOptions.IsEmulator(new Uri(options.BlobServiceUri)))
        {
            await BlobContainers.Open(options, services.GetRequiredService<TokenCredential>()).CreateIfNotExistsAsync(cancellationToken: cancellation);
        }
    }
}

using AiOrchestrator.Azure.Blobs;
using AiOrchestrator.Azure.Caching;
using AiOrchestrator.Azure.Documents;
using AiOrchestrator.Azure.Events;
using AiOrchestrator.Azure.Secrets;
using AiOrchestrator.Azure.Vectors;
using AiOrchestrator.Core.Caching.Storage;
using AiOrchestrator.Core.Caching.Vectors;
using AiOrchestrator.Core.Insight;
using AiOrchestrator.Core.Metering;
using AiOrchestrator.Core.Platform;
using Azure.Core;
using Azure.Identity;
using Microsoft.Azure.Cosmos;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;

namespace AiOrchestrator.Azure;

/// <summary>Azure's services behind the ports.</summary>
public static class AzureModule
{
    /// <summary>Key of the <see cref="IDocumentStore"/> whose documents live two days: counters of limits.</summary>
    public const string Rates = "rates";

    /// <summary>Most vectors an instance keeps in its memory: some 80 MB of 512 dimensions.</summary>
    private const int MaxVectors = 25_000;

    /// <summary>
    /// Registers the adapters. Each client is made, and its service reached, when the first port on it is used: a service that is away stops
    /// neither the start nor what does without it. The container closes what holds connections.
    /// </summary>
    /// <param name="services">Holds a <see cref="TimeProvider"/> and logging; a <see cref="TokenCredential"/> that is there already stays.</param>
    /// <param name="options">Validated.</param>
    public static IServiceCollection AddAzureStorage(this IServiceCollection services, AzureOptions options)
    {
        services.AddSingleton(options);
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton<TokenCredential>(static _ => Identity(Environment.GetEnvironmentVariable("AZURE_CLIENT_ID")));
        services.AddSingleton(static s => CosmosClients.Open(s.GetRequiredService<AzureOptions>(), s.GetRequiredService<TokenCredential>()));
        services.AddSingleton<IDocumentStore>(static s => new CosmosDocumentStore(s.Container(CosmosContainer.Documents)));
        services.AddKeyedSingleton<IDocumentStore>(Rates, static (s, _) => new CosmosDocumentStore(s.Container(CosmosContainer.Rates)));
        services.AddSingleton<IUsageStore>(static s => new CosmosUsageStore(s.Container(CosmosContainer.Usage), s.Container(CosmosContainer.Statements)));
        services.AddSingleton<ICallEvidence>(static s => new CosmosCallEvidence(
            s.Container(CosmosContainer.OpenCalls), s.Container(CosmosContainer.Statements), s.GetRequiredService<TimeProvider>()));
        services.AddSingleton<ICacheStore>(static s => new CosmosCacheStore(s.Container(CosmosContainer.Cache), s.GetRequiredService<TimeProvider>()));
        AddVectors(services, options);
        services.AddSingleton<IBlobStore>(static s => new AzureBlobStore(
            BlobContainers.Open(s.GetRequiredService<AzureOptions>(), s.GetRequiredService<TokenCredential>())));
        services.AddSingleton<IEventSender>(static s => new EventHubSender(
            EventHubProducers.Open(s.GetRequiredService<AzureOptions>(), s.GetRequiredService<TokenCredential>())));
        AddSecrets(services, options);
        return services;
    }

    /// <summary>
    /// Who this process is to Azure: the user-assigned identity with the client id that the deployment names, and nothing else, so that it never
    /// runs as somebody else by accident; without one (a developer's machine), whoever is signed in.
    /// </summary>
    internal static TokenCredential Identity(string? clientId) => string.IsNullOrEmpty(clientId)
        ? new DefaultAzureCredential()
        : new ManagedIdentityCredential(ManagedIdentityId.FromUserAssignedClientId(clientId));

    private static Container Container(this IServiceProvider services, CosmosContainer container) =>
        services.GetRequiredService<CosmosClient>().GetContainer(services.GetRequiredService<AzureOptions>().CosmosDatabase, container.Name);

    /// <summary>Without a search service each instance looks through what it has put itself.</summary>
    private static void AddVectors(IServiceCollection services, AzureOptions options)
    {
        if (options.SearchEndpoint.Length == 0)
        {
            services.AddSingleton<IVectorIndex>(static _ => new SimdVectorIndex(MaxVectors));
            return;
        }

        services.AddSingleton<IVectorIndex>(static s => new AzureSearchVectorIndex(
            SearchClients.Open(s.GetRequiredService<AzureOptions>(), s.GetRequiredService<TokenCredential>()), s.GetRequiredService<TimeProvider>()));
    }

    private static void AddSecrets(IServiceCollection services, AzureOptions options)
    {
        services.AddSingleton(static s => new LocalSecretStore(
            Environment.GetEnvironmentVariable, s.GetRequiredService<ILogger<LocalSecretStore>>()));
        services.AddSingleton(static s => new EntraSecretStore(
            s.GetRequiredService<TokenCredential>(), s.GetRequiredService<TimeProvider>(), s.GetRequiredService<ILogger<EntraSecretStore>>()));
        services.AddSingleton<IExpiringSecrets>(static s => s.GetRequiredService<EntraSecretStore>());
        if (options.VaultUri.Length == 0)
        {
            services.AddSingleton<ISecretStore>(static s => new SecretStores(
                [s.GetRequiredService<EntraSecretStore>(), s.GetRequiredService<LocalSecretStore>()]));
            return;
        }

        services.AddSingleton(static s => new KeyVaultSecretStore(
            VaultClients.Open(s.GetRequiredService<AzureOptions>(), s.GetRequiredService<TokenCredential>()),
            TimeSpan.FromSeconds(s.GetRequiredService<AzureOptions>().SecretCacheSeconds),
            s.GetRequiredService<TimeProvider>(),
            s.GetRequiredService<ILogger<KeyVaultSecretStore>>()));
        services.AddSingleton<IReadinessCheck>(static s => s.GetRequiredService<KeyVaultSecretStore>());
        services.AddSingleton<ISecretStore>(static s => new SecretStores(
            [s.GetRequiredService<KeyVaultSecretStore>(), s.GetRequiredService<EntraSecretStore>(), s.GetRequiredService<LocalSecretStore>()]));
    }
}

using AiOrchestrator.Azure.Blobs;
using AiOrchestrator.Azure.Events;
using AiOrchestrator.Azure.Secrets;
using AiOrchestrator.Core.Metering;
using AiOrchestrator.Core.Platform;
using Azure.Core;
using Azure.Identity;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;

namespace AiOrchestrator.Azure;

/// <summary>Azure's services behind the ports.</summary>
public static class AzureModule
{
    /// <summary>
    /// Registers the adapters. Each client is made, and its service reached, when the first port on it is used: a service that is away stops
    /// neither the start nor what does without it. The container closes what holds connections.
    /// </summary>
    /// <param name="services">Holds a <see cref="TimeProvider"/> and logging; a <see cref="TokenCredential"/> that is there already stays.</param>
    /// <param name="options">Validated.</param>
    public static IServiceCollection AddAzureStorage(this IServiceCollection services, AzureOptions options)
    {
        services.AddSingleton(options);
        services.TryAddSingleton<TokenCredential>(static _ => Identity(Environment.GetEnvironmentVariable("AZURE_CLIENT_ID")));
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

    private static void AddSecrets(IServiceCollection services, AzureOptions options)
    {
        services.AddSingleton(static s => new LocalSecretStore(
            Environment.GetEnvironmentVariable, s.GetRequiredService<ILogger<LocalSecretStore>>()));
        if (options.VaultUri.Length == 0)
        {
            services.AddSingleton<ISecretStore>(static s => s.GetRequiredService<LocalSecretStore>());
            return;
        }

        services.AddSingleton(static s => new KeyVaultSecretStore(
            VaultClients.Open(s.GetRequiredService<AzureOptions>(), s.GetRequiredService<TokenCredential>()),
            TimeSpan.FromSeconds(s.GetRequiredService<AzureOptions>().SecretCacheSeconds),
            s.GetRequiredService<TimeProvider>(),
            s.GetRequiredService<ILogger<KeyVaultSecretStore>>()));
        services.AddSingleton<IReadinessCheck>(static s => s.GetRequiredService<KeyVaultSecretStore>());
        services.AddSingleton<ISecretStore>(static s => new SecretStores(
            [s.GetRequiredService<KeyVaultSecretStore>(), s.GetRequiredService<LocalSecretStore>()]));
    }
}

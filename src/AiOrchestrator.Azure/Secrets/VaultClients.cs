using Azure.Core;
using Azure.Security.KeyVault.Secrets;

namespace AiOrchestrator.Azure.Secrets;

/// <summary>Makes the client of the vault.</summary>
internal static class VaultClients
{
    /// <summary>The vault at <see cref="AzureOptions.VaultUri"/>.</summary>
    public static SecretClient Open(AzureOptions options, TokenCredential credential, Action<SecretClientOptions>? configure = null)
    {
        var client = new SecretClientOptions();

        // A vault that is throttled says when to come again; the client waits for that. Otherwise three more tries within a few seconds.
        client.Retry.MaxRetries = 3;
        client.Retry.Delay = TimeSpan.FromMilliseconds(500);
        client.Retry.MaxDelay = TimeSpan.FromSeconds(4);
        client.Retry.NetworkTimeout = TimeSpan.FromSeconds(10);
        configure?.Invoke(client);
        return new SecretClient(new Uri(options.VaultUri), credential, client);
    }
}

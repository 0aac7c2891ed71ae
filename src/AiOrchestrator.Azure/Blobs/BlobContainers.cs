using Azure.Core;
using Azure.Storage;
using Azure.Storage.Blobs;

namespace AiOrchestrator.Azure.Blobs;

/// <summary>Makes the client of the container.</summary>
internal static class BlobContainers
{
    /// <summary>The emulator's one account and its key: the same on every machine, published with it, and of no use anywhere else.</summary>
    private const string EmulatorAccount = "devstoreaccount1";
    private const string EmulatorKey = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";

    /// <summary>The container at <see cref="AzureOptions.BlobServiceUri"/>, which must be there; nothing is connected yet.</summary>
    public static BlobContainerClient Open(AzureOptions options, TokenCredential credential, Action<BlobClientOptions>? configure = null)
    {
        var address = new Uri(options.BlobServiceUri.TrimEnd('/'));

        // The newest version of the protocol that the emulator speaks too, so that what is tested is what runs.
        var client = new BlobClientOptions(BlobClientOptions.ServiceVersion.V2026_06_06);
        client.Retry.NetworkTimeout = TimeSpan.FromSeconds(60);
        configure?.Invoke(client);
        var service = AzureOptions.IsEmulator(address)
            ? new BlobServiceClient(address, new StorageSharedKeyCredential(EmulatorAccount, EmulatorKey), client)
            : new BlobServiceClient(address, credential, client);
        return service.GetBlobContainerClient(options.BlobContainer);
    }
}

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

    /// <summary>
    /// The container. On Azure by token, and it is there: the deployment makes it, and the identity may not. At a plain address of this
    /// machine is the emulator, which takes no token and begins empty: there it is made.
    /// </summary>
    public static BlobContainerClient Open(AzureOptions options, TokenCredential credential, Action<BlobClientOptions>? configure = null)
    {
        var service = new Uri(options.BlobServiceUri.TrimEnd('/'));

        // The newest version of the protocol that the emulator speaks too, so that what is tested is what runs.
        var client = new BlobClientOptions(BlobClientOptions.ServiceVersion.V2026_06_06);
        configure?.Invoke(client);
        if (!AzureOptions.IsEmulator(service))
        {
            return new BlobServiceClient(service, credential, client).GetBlobContainerClient(options.BlobContainer);
        }

        var container = new BlobServiceClient(service, new StorageSharedKeyCredential(EmulatorAccount, EmulatorKey), client)
            .GetBlobContainerClient(options.BlobContainer);
        container.CreateIfNotExists();
        return container;
    }
}

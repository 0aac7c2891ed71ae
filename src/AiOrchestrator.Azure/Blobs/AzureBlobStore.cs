using System.Runtime.CompilerServices;
using AiOrchestrator.Core.Platform;
using Azure;
using Azure.Storage;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using BlobInfo = AiOrchestrator.Core.Platform.BlobInfo;

namespace AiOrchestrator.Azure.Blobs;

/// <summary>Blobs in one container of Azure Blob Storage. A container that is missing is an error, not an empty store.</summary>
/// <param name="container">The container; the client is safe for concurrent use and holds no connection of its own.</param>
internal sealed class AzureBlobStore(BlobContainerClient container) : IBlobStore
{
    /// <summary>
    /// What a write holds in memory: one piece at a time. Pieces count for nothing until all have arrived and are committed, so a write that
    /// breaks off changes nothing; up to one piece is a single request.
    /// </summary>
    private static readonly StorageTransferOptions OnePieceAtATime = new()
    {
        InitialTransferSize = 4 << 20,
        MaximumTransferSize = 4 << 20,
        MaximumConcurrency = 1,
    };

    /// <inheritdoc/>
    public Task WriteAsync(string name, Stream content, CancellationToken cancellation) =>
        Blob(name).UploadAsync(content, new BlobUploadOptions { TransferOptions = OnePieceAtATime }, cancellation);

    /// <inheritdoc/>
    public async Task<Stream?> OpenAsync(string name, CancellationToken cancellation)
    {
        var blob = Blob(name);
        try
        {
            // A connection that breaks is taken up where it broke, on the same version of the blob or not at all.
            return (await blob.DownloadStreamingAsync(cancellationToken: cancellation)).Value.Content;
        }
        catch (RequestFailedException e) when (IsNoBlob(e))
        {
            return null;
        }
    }

    /// <inheritdoc/>
    public async Task<bool> DeleteAsync(string name, CancellationToken cancellation)
    {
        var blob = Blob(name);
        try
        {
            await blob.DeleteAsync(DeleteSnapshotsOption.IncludeSnapshots, cancellationToken: cancellation);
            return true;
        }
        catch (RequestFailedException e) when (IsNoBlob(e))
        {
            return false;
        }
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<BlobInfo> ListAsync(string prefix, [EnumeratorCancellation] CancellationToken cancellation)
    {
        var options = new GetBlobsOptions { Prefix = BlobName.CheckPrefix(prefix) };
        await foreach (var item in container.GetBlobsAsync(options, cancellation))
        {
            // What others put into the container under names that are none here could not be opened either.
            if (BlobName.IsValid(item.Name))
            {
                yield return new BlobInfo(item.Name, item.Properties.ContentLength ?? 0, item.Properties.LastModified?.ToUnixTimeMilliseconds() ?? 0);
            }
        }
    }

    private static bool IsNoBlob(RequestFailedException e) => e.ErrorCode == BlobErrorCode.BlobNotFound;

    private BlobClient Blob(string name) => container.GetBlobClient(BlobName.Check(name));
}

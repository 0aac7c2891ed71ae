using System.Buffers;
using System.Runtime.CompilerServices;
using AiOrchestrator.Core.Platform;
using Azure;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using Azure.Storage.Blobs.Specialized;
using BlobInfo = AiOrchestrator.Core.Platform.BlobInfo;

namespace AiOrchestrator.Azure.Blobs;

/// <summary>
/// Blobs in one container of Azure Blob Storage. A container that is missing is an error, not an empty store. Of two that write one blob at
/// once and need several pieces for it, one may fail; up to a piece, the last wins.
/// </summary>
/// <param name="container">The container; the client is safe for concurrent use and holds no connection of its own.</param>
internal sealed class AzureBlobStore(BlobContainerClient container) : IBlobStore
{
    /// <summary>What a write holds in memory, and sends again when a request fails. 50 000 of them make the largest blob.</summary>
    private const int PieceBytes = 4 << 20;

    /// <inheritdoc/>
    public async Task WriteAsync(string name, Stream content, CancellationToken cancellation)
    {
        var blob = container.GetBlockBlobClient(BlobName.Check(name));
        var piece = ArrayPool<byte>.Shared.Rent(PieceBytes);
        try
        {
            // Pieces count for nothing until they are committed: a write that breaks off changes nothing.
            var pieces = new List<string>();
            int length;
            do
            {
                length = await content.ReadAtLeastAsync(piece.AsMemory(0, PieceBytes), PieceBytes, throwOnEndOfStream: false, cancellation);
                using var bytes = new MemoryStream(piece, 0, length, writable: false);
                if (length < PieceBytes && pieces.Count == 0)
                {
                    await blob.UploadAsync(bytes, options: null, cancellation);
                    return;
                }

                if (length > 0)
                {
                    pieces.Add(Convert.ToBase64String(Guid.NewGuid().ToByteArray()));
                    await blob.StageBlockAsync(pieces[^1], bytes, options: null, cancellation);
                }
            }
            while (length == PieceBytes);
            await blob.CommitBlockListAsync(pieces, options: null, cancellation);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(piece);
        }
    }

    /// <inheritdoc/>
    public async Task<Stream?> OpenAsync(string name, CancellationToken cancellation)
    {
        var blob = container.GetBlobClient(BlobName.Check(name));
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
        var blob = container.GetBlobClient(BlobName.Check(name));
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
}

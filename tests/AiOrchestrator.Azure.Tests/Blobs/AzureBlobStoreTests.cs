using AiOrchestrator.Azure.Blobs;
using AiOrchestrator.Conformance;
using AiOrchestrator.Core.Platform;
using Azure;
using Azure.Storage.Blobs;

namespace AiOrchestrator.Azure.Tests.Blobs;

public sealed class AzureBlobStoreTests : BlobStoreConformance, IClassFixture<Azurite>
{
    private readonly BlobContainerClient _container;

    public AzureBlobStoreTests(Azurite azurite)
    {
        _container = Open(azurite, "test-" + Guid.NewGuid().ToString("N"));
        _container.Create();
        Store = new AzureBlobStore(_container);
    }

    protected override IBlobStore Store { get; }

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_container_that_is_missing_is_an_error_and_not_an_empty_store()
    {
        await _container.DeleteAsync(cancellationToken: Cancel);
        await Assert.ThrowsAsync<RequestFailedException>(() => Store.OpenAsync("a", Cancel));
        await Assert.ThrowsAsync<RequestFailedException>(() => Store.DeleteAsync("a", Cancel));
        await Assert.ThrowsAsync<RequestFailedException>(() => Store.WriteAsync("a", new MemoryStream([1]), Cancel));
        await Assert.ThrowsAsync<RequestFailedException>(async () => await Store.ListAsync("", Cancel).FirstOrDefaultAsync(Cancel));
    }

    [Fact]
    public async Task What_others_put_there_under_no_name_is_not_listed()
    {
        await _container.UploadBlobAsync("strange name", BinaryData.FromString("x"), Cancel);
        await Store.WriteAsync("ours", new MemoryStream([1]), Cancel);
        Assert.Equal(["ours"], await Store.ListAsync("", Cancel).Select(static b => b.Name).ToListAsync(Cancel));
    }

    [Fact]
    public async Task A_list_goes_on_over_pages()
    {
        // A page of the service holds 5000.
        await Parallel.ForEachAsync(
            Enumerable.Range(0, 5100), Cancel, async (i, cancellation) => await Store.WriteAsync($"n/{i:0000}", new MemoryStream([1]), cancellation));
        var names = await Store.ListAsync("n/", Cancel).Select(static b => b.Name).ToListAsync(Cancel);
        Assert.Equal(5100, names.Count);
        Assert.Equal(names.Order(StringComparer.Ordinal), names);
    }

    private static BlobContainerClient Open(Azurite azurite, string container) => BlobContainers.Open(
        new AzureOptions { BlobServiceUri = azurite.ServiceUri.ToString(), BlobContainer = container }, new NoCredential());
}

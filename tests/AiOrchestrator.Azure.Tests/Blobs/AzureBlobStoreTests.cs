using AiOrchestrator.Azure.Blobs;
using AiOrchestrator.Conformance;
using AiOrchestrator.Core.Platform;
using Azure;
using Azure.Core;
using Azure.Core.Pipeline;
using Azure.Storage.Blobs;

namespace AiOrchestrator.Azure.Tests.Blobs;

public sealed class AzureBlobStoreTests : BlobStoreConformance, IClassFixture<Azurite>
{
    private readonly SmallPages _pages = new();
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
        string[] names = ["n/0", "n/1", "n/2", "n/3", "n/4"];
        foreach (var name in names)
        {
            await Store.WriteAsync(name, new MemoryStream([1]), Cancel);
        }

        Assert.Equal(names, await Store.ListAsync("n/", Cancel).Select(static b => b.Name).ToListAsync(Cancel));
        Assert.Equal(3, _pages.Listed);
    }

    private BlobContainerClient Open(Azurite azurite, string container) => BlobContainers.Open(
        new AzureOptions { BlobServiceUri = azurite.ServiceUri.ToString(), BlobContainer = container },
        new NoCredential(),
        options => options.AddPolicy(_pages, HttpPipelinePosition.PerCall));

    /// <summary>Makes pages small: those of the service hold 5000 names.</summary>
    private sealed class SmallPages : HttpPipelineSynchronousPolicy
    {
        public int Listed { get; private set; }

        public override void OnSendingRequest(HttpMessage message)
        {
            if (message.Request.Uri.Query.Contains("comp=list", StringComparison.Ordinal))
            {
                Listed++;
                message.Request.Uri.AppendQuery("maxresults", "2");
            }
        }
    }
}

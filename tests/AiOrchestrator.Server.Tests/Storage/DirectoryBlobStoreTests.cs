using AiOrchestrator.Conformance;
using AiOrchestrator.Core.Platform;
using AiOrchestrator.Server.Storage;

namespace AiOrchestrator.Server.Tests.Storage;

public sealed class DirectoryBlobStoreTests : BlobStoreConformance, IDisposable
{
    private readonly TempDirectory _directory = new();

    public DirectoryBlobStoreTests() => Store = new DirectoryBlobStore(_directory.File("blobs"));

    protected override IBlobStore Store { get; }

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task A_blob_is_a_file_of_its_name()
    {
        await Store.WriteAsync("exports/2026-11/usage.csv", new MemoryStream("a,b"u8.ToArray()), Cancel);
        Assert.Equal("a,b", await File.ReadAllTextAsync(_directory.File("blobs/exports/2026-11/usage.csv"), Cancel));
    }

    [Fact]
    public async Task Blobs_outlive_the_process_and_what_it_left_half_written_does_not()
    {
        await Store.WriteAsync("a", new MemoryStream("x"u8.ToArray()), Cancel);
        await File.WriteAllTextAsync(_directory.File("blobs/.aside/7"), "half", Cancel);
        var next = new DirectoryBlobStore(_directory.File("blobs"));
        Assert.Empty(Directory.GetFiles(_directory.File("blobs/.aside")));
        await using var content = await next.OpenAsync("a", Cancel);
        Assert.Equal(1, content!.Length);
    }

    [Fact]
    public async Task Nothing_is_left_aside_by_what_succeeds_or_fails()
    {
        await Store.WriteAsync("a", new MemoryStream("x"u8.ToArray()), Cancel);
        Assert.True(await Store.DeleteAsync("a", Cancel));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Store.WriteAsync("a", new MemoryStream(new byte[10]), new CancellationToken(canceled: true)));
        Assert.Equal([_directory.File("blobs/.aside")], Directory.GetFileSystemEntries(_directory.File("blobs"), "*", SearchOption.AllDirectories));
    }

    [Fact]
    public async Task A_reader_keeps_the_version_it_opened()
    {
        await Store.WriteAsync("a", new MemoryStream("first"u8.ToArray()), Cancel);
        await using var content = await Store.OpenAsync("a", Cancel);
        await Store.WriteAsync("a", new MemoryStream("second"u8.ToArray()), Cancel);
        using var reader = new StreamReader(content!);
        Assert.Equal("first", await reader.ReadToEndAsync(Cancel));
    }

    [Fact]
    public void A_directory_that_cannot_be_is_told_in_one_line()
    {
        File.WriteAllText(_directory.File("file"), "");
        var refused = Assert.Throws<StorageException>(() => new DirectoryBlobStore(_directory.File("file")));
        Assert.DoesNotContain('\n', refused.Message);
    }
}

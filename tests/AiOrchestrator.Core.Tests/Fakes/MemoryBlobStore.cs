using System.Runtime.CompilerServices;
using AiOrchestrator.Core.Platform;

namespace AiOrchestrator.Core.Tests.Fakes;

/// <summary>Blobs in memory.</summary>
internal sealed class MemoryBlobStore(TimeProvider time) : IBlobStore
{
    private readonly Lock _lock = new();
    private readonly SortedDictionary<string, (byte[] Content, long ChangedUnixMs)> _blobs = new(StringComparer.Ordinal);

    /// <summary>Makes every call fail, as an outage does.</summary>
    public bool Broken { get; set; }

    /// <summary>What happens elsewhere when a blob was written.</summary>
    public Func<string, Task>? AfterWrite { get; set; }

    public async Task WriteAsync(string name, Stream content, CancellationToken cancellation)
    {
        Check(BlobName.Check(name));
        using var copy = new MemoryStream();
        await content.CopyToAsync(copy, cancellation);
        lock (_lock)
        {
            _blobs[name] = (copy.ToArray(), time.GetUtcNow().ToUnixTimeMilliseconds());
        }

        if (AfterWrite is { } after)
        {
            await after(name);
        }
    }

    public async Task<Stream?> OpenAsync(string name, CancellationToken cancellation)
    {
        Check(BlobName.Check(name));
        lock (_lock)
        {
            return _blobs.TryGetValue(name, out var blob) ? new MemoryStream(blob.Content, writable: false) : null;
        }
    }

    public async Task<bool> DeleteAsync(string name, CancellationToken cancellation)
    {
        Check(BlobName.Check(name));
        lock (_lock)
        {
            return _blobs.Remove(name);
        }
    }

    public async IAsyncEnumerable<BlobInfo> ListAsync(string prefix, [EnumeratorCancellation] CancellationToken cancellation)
    {
        Check(BlobName.CheckPrefix(prefix));
        List<BlobInfo> found;
        lock (_lock)
        {
            found = [.. from blob in _blobs
                        where blob.Key.StartsWith(prefix, StringComparison.Ordinal)
                        select new BlobInfo(blob.Key, blob.Value.Content.Length, blob.Value.ChangedUnixMs)];
        }

        foreach (var blob in found)
        {
            yield return blob;
        }
    }

    private void Check(string name)
    {
        if (Broken)
        {
            throw new IOException($"the store does not answer for '{name}'");
        }
    }
}

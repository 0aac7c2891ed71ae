namespace AiOrchestrator.Core.Platform;

/// <summary>One stored blob.</summary>
/// <param name="Name">As written.</param>
/// <param name="SizeBytes">Length of its content.</param>
/// <param name="ChangedUnixMs">When it was last written; a store may round down to the second.</param>
public sealed record BlobInfo(string Name, long SizeBytes, long ChangedUnixMs);

/// <summary>
/// What is written once, read seldom and too large for a document: dead letters, exports. Off the request path. Names are checked by
/// <see cref="BlobName"/>; no name is a folder of another (not both <c>a</c> and <c>a/b</c>).
/// </summary>
public interface IBlobStore
{
    /// <summary>Writes the rest of a stream under a name, in place of what was there. Whole and durable when it returns, without a trace when it throws.</summary>
    /// <exception cref="ArgumentException">The name is not one.</exception>
    Task WriteAsync(string name, Stream content, CancellationToken cancellation);

    /// <summary>The content, from the beginning, for the caller to dispose; null: there is none.</summary>
    /// <exception cref="ArgumentException">The name is not one.</exception>
    Task<Stream?> OpenAsync(string name, CancellationToken cancellation);

    /// <summary>Deletes; false: there was none.</summary>
    /// <exception cref="ArgumentException">The name is not one.</exception>
    Task<bool> DeleteAsync(string name, CancellationToken cancellation);

    /// <summary>All whose name begins with a prefix (empty: all), in order of name by its bytes.</summary>
    /// <exception cref="ArgumentException">No name begins so.</exception>
    IAsyncEnumerable<BlobInfo> ListAsync(string prefix, CancellationToken cancellation);
}

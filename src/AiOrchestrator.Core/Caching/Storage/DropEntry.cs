using AiOrchestrator.Core.Caching.Vectors;
using Microsoft.Extensions.Logging;

namespace AiOrchestrator.Core.Caching.Storage;

/// <summary>Deletes an entry from the store, and its vector with it.</summary>
internal sealed partial class DropEntry(ICacheStore store, IEnumerable<IVectorIndex> indexes, ILogger<DropEntry> log)
{
    /// <summary>There is one, or none where nothing is compared by meaning.</summary>
    private readonly IVectorIndex? _index = indexes.LastOrDefault();

    /// <summary>Deletes it; nothing where it is gone. A vector that stays leads to no entry.</summary>
    /// <param name="name">Which.</param>
    /// <param name="partition">Where its vector lies; null where it has none.</param>
    /// <param name="cancellation">Gives up.</param>
    public async Task RunAsync(EntryName name, string? partition, CancellationToken cancellation)
    {
        await store.DeleteAsync(name.Namespace, name.Key, cancellation);
        if (partition is null || _index is null)
        {
            return;
        }

        try
        {
            await _index.DeleteAsync(new VectorPartition(name.Namespace, partition), name.Key, cancellation);
        }
        catch (Exception e) when (!cancellation.IsCancellationRequested)
        {
            // Safe: what the vector leads to is not there, which is a miss.
            LogVectorStays(e, _index.Name);
        }
    }

    [LoggerMessage(1, LogLevel.Warning, "A vector of a deleted answer could not be deleted from the index {Index}")]
    private partial void LogVectorStays(Exception failure, string index);
}

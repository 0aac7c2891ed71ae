using AiOrchestrator.Core.Caching.Storage;
using AiOrchestrator.Core.Identity;
using AiOrchestrator.Core.Platform;

namespace AiOrchestrator.Core.Caching.Flushes;

/// <summary>
/// Flushes answers, and has them deleted: from the memory of this instance at once, from the store and the vectors in the background. Other instances sweep their
/// memory every half minute, and whatever is missed here the job <c>prune-cache</c> deletes; until then nobody is given them.
/// </summary>
internal sealed class FlushCache(FlushBook flushes, MemoryTier memory, CacheQueue queue, TimeProvider time)
{
    /// <summary>Flushes.</summary>
    /// <param name="organisationId">Whose answers.</param>
    /// <param name="scope">Which of them.</param>
    /// <param name="caller">Who wants it.</param>
    /// <param name="cancellation">Gives up: it may be done or not.</param>
    /// <returns>The flush, once it is durable; or <see cref="ConcurrentChange"/>.</returns>
    /// <exception cref="ArgumentException">The namespace is another organisation's.</exception>
    public async Task<Result<FlushMark>> RunAsync(string organisationId, FlushScope scope, Caller caller, CancellationToken cancellation)
    {
        var mark = await flushes.FlushAsync(organisationId, scope, caller, cancellation);
        if (!mark.Failed)
        {
            memory.Sweep(time.GetUtcNow().ToUnixTimeMilliseconds(), flushes.IsFlushed);
            queue.Prune(organisationId, scope);
        }

        return mark;
    }
}

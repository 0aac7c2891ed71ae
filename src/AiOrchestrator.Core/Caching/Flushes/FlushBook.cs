using AiOrchestrator.Core.Caching.Storage;
using AiOrchestrator.Core.Identity;
using AiOrchestrator.Core.Platform;
using AiOrchestrator.Core.Traffic.Configuration;

namespace AiOrchestrator.Core.Caching.Flushes;

/// <summary>
/// Which answers are dead by order. Flushes of an organisation are numbered, and an answer knows the number of the last one that was known when its call came: it
/// is dead when a later one names it. No clocks are compared, and an answer that was under way during the flush dies with the others.
/// </summary>
/// <remarks>
/// A flush holds at once on the instance that makes it, and on others after two turns of <see cref="ConfigurationRefresh"/> at most (4 s with its default of
/// 2 s). While the document store does not answer, the flushes known last hold.
/// </remarks>
internal sealed class FlushBook(PartDirectory<StoredFlushes, FlushMarks> directory, TimeProvider time)
{
    /// <summary>Whoever flushes beside others tries so often.</summary>
    private const int MaxTries = 20;

    /// <summary>How flushes are stored and what they come to.</summary>
    public static PartKind<StoredFlushes, FlushMarks> Kind { get; } = new(
        "cache-flushes",
        FlushesJson.Default.StoredFlushes,
        static _ => StoredFlushes.Id,
        static (_, stored) => new FlushMarks(stored[0]),
        static () => throw new InvalidOperationException("flushes are there before the first one"))
    {
        Shipped = [StoredFlushes.None],
    };

    /// <summary>The number of an organisation's last flush; 0 before the first. What a call takes with it when it comes.</summary>
    public long CurrentNumber(string organisationId) => directory.Known(organisationId)?.Last ?? 0;

    /// <summary>Whether an entry is dead by order. Does not allocate.</summary>
    public bool IsFlushed(CacheEntry entry) => IsFlushed(new EntryName(entry.Namespace, entry.Key), entry.Model, entry.FlushNumber);

    /// <summary>Whether an entry is dead by order. Does not allocate.</summary>
    /// <param name="name">The entry's.</param>
    /// <param name="model">The model that answered.</param>
    /// <param name="flushNumber">The last flush that was known when its call came.</param>
    public bool IsFlushed(EntryName name, string model, long flushNumber) =>
        directory.Known(EntryName.OrganisationOf(name.Namespace))?.End(name, model, flushNumber) ?? false;

    /// <summary>Flushes, durably.</summary>
    /// <param name="organisationId">Whose answers.</param>
    /// <param name="scope">Which of them.</param>
    /// <param name="caller">Who wants it.</param>
    /// <param name="cancellation">Gives up: it may be done or not.</param>
    /// <returns>It, with its number; or <see cref="ConcurrentChange"/> where others flush all the time.</returns>
    /// <exception cref="ArgumentException">The namespace is another organisation's.</exception>
    public async Task<Result<FlushMark>> FlushAsync(string organisationId, FlushScope scope, Caller caller, CancellationToken cancellation)
    {
        if (scope.Namespace is { } name && !EntryName.OrganisationOf(name).SequenceEqual(organisationId))
        {
            throw new ArgumentException($"'{name}' is no namespace of '{organisationId}'", nameof(scope));
        }

        for (var tries = 0; tries < MaxTries; tries++)
        {
            var mark = new FlushMark(0, scope, time.GetUtcNow().ToUnixTimeMilliseconds(), caller.PrincipalId);
            var put = await directory.ReplaceAsync(organisationId, StoredFlushes.Id, stored => stored.With(mark), static _ => true, cancellation);
            if (!put.Failed)
            {
                return mark with { Number = put.Value.Value.Last };
            }

            if (put.Failure is not ConcurrentChange)
            {
                return put.Failure;
            }

            // Another instance was first: what it wrote is read and added to.
        }

        return new ConcurrentChange();
    }
}

using System.Runtime.CompilerServices;

namespace AiOrchestrator.Azure;

/// <summary>
/// Items of several partitions in one order. A partition is asked when its turn comes: those whose bound is the same together, and while nothing
/// is found, more and more of those behind them, so that a rare match in a long history does not take one round trip after the other.
/// </summary>
internal static class FeedMerge
{
    /// <summary>How many partitions are asked at once at most.</summary>
    public const int MostAtOnce = 16;

    /// <summary>All items in the order of their ids.</summary>
    /// <param name="feeds">The partitions.</param>
    /// <param name="descending">From the last id to the first.</param>
    /// <param name="atLeast">How many are asked at once however much is found: more than 1 for whoever reads to the end.</param>
    /// <param name="cancellation">Ends it.</param>
    public static async IAsyncEnumerable<T> ReadAsync<T>(
        IReadOnlyList<ItemFeed<T>> feeds, bool descending, int atLeast, [EnumeratorCancellation] CancellationToken cancellation)
        where T : UsageItem
    {
        var order = descending ? Comparer<string>.Create(static (a, b) => string.CompareOrdinal(b, a)) : (IComparer<string>)StringComparer.Ordinal;
        var queue = new PriorityQueue<ItemFeed<T>, string>(feeds.Select(static f => (f, f.Next)), order);
        var ahead = atLeast;
        try
        {
            while (queue.TryDequeue(out var feed, out var next))
            {
                if (feed.IsOpen)
                {
                    ahead = atLeast;
                    yield return feed.Take();
                    if (await feed.PeekAsync(cancellation))
                    {
                        queue.Enqueue(feed, feed.Next);
                    }

                    continue;
                }

                var wave = new List<ItemFeed<T>> { feed };
                while (wave.Count < MostAtOnce && queue.TryPeek(out var other, out var bound) && !other.IsOpen && (bound == next || wave.Count < ahead))
                {
                    wave.Add(queue.Dequeue());
                }

                ahead = Math.Min(MostAtOnce, 2 * wave.Count);
                var found = await Task.WhenAll(wave.Select(f => f.PeekAsync(cancellation)));
                queue.EnqueueRange(wave.Where((_, i) => found[i]).Select(static f => (f, f.Next)));
            }
        }
        finally
        {
            foreach (var feed in feeds)
            {
                feed.Dispose();
            }
        }
    }
}

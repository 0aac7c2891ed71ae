using System.Collections.Concurrent;
using AiOrchestrator.Core.Metering.Tokenizing;

namespace AiOrchestrator.Core.Metering.Counting;

/// <summary>Counters to be used again: each keeps a kilobyte, and every stream needs one.</summary>
internal static class TokenCounters
{
    /// <summary>What is kept of each tokenizer; more streams at once than this make new ones.</summary>
    private const int MaxKept = 1024;

    private static readonly Shelf Cl100k = new();
    private static readonly Shelf O200k = new();

    /// <summary>A counter with nothing in it.</summary>
    public static TokenCounter Rent(Tokenizer tokenizer)
    {
        var shelf = ShelfOf(tokenizer);
        if (shelf.Counters.TryTake(out var counter))
        {
            Interlocked.Decrement(ref shelf.Count);
            return counter;
        }

        return new TokenCounter(tokenizer);
    }

    /// <summary>Gives one back; its user has forgotten it.</summary>
    public static void Return(Tokenizer tokenizer, TokenCounter counter)
    {
        var shelf = ShelfOf(tokenizer);
        if (Interlocked.Increment(ref shelf.Count) > MaxKept)
        {
            Interlocked.Decrement(ref shelf.Count);
            return;
        }

        counter.Reset();
        shelf.Counters.Add(counter);
    }

    // Harmony's text is o200k_base's.
    private static Shelf ShelfOf(Tokenizer tokenizer) => ReferenceEquals(tokenizer, Tokenizer.Cl100k) ? Cl100k : O200k;

    private sealed class Shelf
    {
        public readonly ConcurrentBag<TokenCounter> Counters = [];
        public int Count;
    }
}

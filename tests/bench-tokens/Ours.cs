using AiOrchestrator.Core.Metering.Tokenizing;

namespace AiOrchestrator.Bench.Tokens;

/// <summary>Measures of the tokenizer itself.</summary>
internal static class Ours
{
    /// <summary>The tokenizer of an encoding.</summary>
    public static Tokenizer Of(string encoding) => encoding == "cl100k_base" ? Tokenizer.Cl100k : Tokenizer.O200k;

    /// <summary>Passes over a text for a time; the mean of one.</summary>
    public static (double Seconds, int Tokens) Count(Tokenizer tokenizer, byte[] text, double seconds)
    {
        var tokens = 0;
        var passes = 0;
        var watch = new Watch();
        do
        {
            tokens = tokenizer.Count(text);
            passes++;
        }
        while (watch.WallSeconds < seconds);

        return (watch.Seconds / passes, tokens);
    }

    /// <summary>What one pass allocates, in bytes.</summary>
    public static long Allocated(Tokenizer tokenizer, byte[] text)
    {
        var before = GC.GetAllocatedBytesForCurrentThread();
        _ = tokenizer.Count(text);
        return GC.GetAllocatedBytesForCurrentThread() - before;
    }

    /// <summary>A text that arrives in chunks of so many bytes; seconds a chunk.</summary>
    public static double Stream(Tokenizer tokenizer, byte[] text, int chunkBytes)
    {
        var counter = new TokenCounter(tokenizer);
        var watch = new Watch();
        for (var at = 0; at < text.Length; at += chunkBytes)
        {
            counter.Append(text.AsSpan(at, Math.Min(chunkBytes, text.Length - at)));
        }

        _ = counter.Count;
        return watch.Seconds / ((text.Length + chunkBytes - 1) / chunkBytes);
    }

    /// <summary>The first count of this process, in seconds.</summary>
    public static double First(string encoding)
    {
        var text = "How much would a stream of these cost?"u8;
        var watch = new Watch();
        _ = Of(encoding).Count(text);
        return watch.Seconds;
    }

    /// <summary>What both vocabularies take in memory, in bytes.</summary>
    public static long Memory()
    {
        var before = GC.GetTotalMemory(forceFullCollection: true);
        _ = Tokenizer.Cl100k.Count("a"u8) + Tokenizer.O200k.Count("a"u8);
        return GC.GetTotalMemory(forceFullCollection: true) - before;
    }
}

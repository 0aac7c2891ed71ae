using System.Diagnostics;
using AiOrchestrator.Core.Metering;

namespace AiOrchestrator.Bench.Money;

/// <summary>What pricing a request takes: its cost, its worst case, finding its price; and how long the catalogue takes to load.</summary>
internal static class CostPart
{
    private const int Batch = 10_000;

    public static Task RunAsync(Sizes sizes)
    {
        var from = Stopwatch.GetTimestamp();
        var table = PriceTable.LoadEmbedded();
        Console.WriteLine($"catalogue: {table.Models.Count:n0} models loaded in {Stopwatch.GetElapsedTime(from).TotalMilliseconds:n0} ms, the first time in the process");
        from = Stopwatch.GetTimestamp();
        _ = PriceTable.LoadEmbedded();
        Console.WriteLine($"catalogue: again in {Stopwatch.GetElapsedTime(from).TotalMilliseconds:n0} ms");

        var at = new DateTimeOffset(2026, 11, 20, 12, 0, 0, TimeSpan.Zero);
        _ = table.TryFind("anthropic", "claude-sonnet-4-5", at, out var tiered);
        _ = table.TryFind("openai", "gpt-realtime", at, out var modal);
        _ = table.TryFind("openai", "gpt-4o", at, out var flat);
        var plain = new TokenUsage(1_234, 567);
        var cached = new TokenUsage(250_000, 567, 200_000) { CacheWritePromptTokens = 20_000, CacheWrite1hPromptTokens = 5_000 };
        var audio = new TokenUsage(5_000, 900, cachedPromptTokens: 2_000, audioPromptTokens: 1_500, audioCompletionTokens: 700) { ImagePromptTokens = 300 };
        UnitQuantity[] searches = [new(PriceUnit.WebSearch, null, 3_000)];
        Measure(sizes, "cost of a plain call", () => CostEngine.CostNanoUsd(flat!, plain));
        Measure(sizes, "cost, cache written and read, upper tier", () => CostEngine.CostNanoUsd(tiered!, cached));
        Measure(sizes, "cost, and three searches", () => CostEngine.CostNanoUsd(tiered!, cached, searches));
        Measure(sizes, "cost, audio and images partly from the cache", () => CostEngine.CostNanoUsd(modal!, audio));
        Measure(sizes, "worst case", () => CostEngine.WorstCaseNanoUsd(tiered!, 250_000, 64_000, 1));
        Measure(sizes, "price found by exact name", () => table.TryFind("openai", "gpt-4o", at, out _) ? 1 : 0);
        Measure(sizes, "model found by pattern", () => table.TryFindModel("anthropic", "claude-sonnet-4-5-20250930", out _) ? 1 : 0);
        return Task.CompletedTask;
    }

    private static void Measure(Sizes sizes, string what, Func<long> work)
    {
        var sum = 0L;
        for (var i = 0; i < Batch * 20; i++)
        {
            sum += work();
        }

        var calls = 0L;
        var allocatedBefore = GC.GetAllocatedBytesForCurrentThread();
        var from = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(from).TotalSeconds < sizes.Seconds / 5)
        {
            for (var i = 0; i < Batch; i++)
            {
                sum += work();
            }

            calls += Batch;
        }

        var took = Stopwatch.GetElapsedTime(from).TotalSeconds;
        var allocated = GC.GetAllocatedBytesForCurrentThread() - allocatedBefore;
        GC.KeepAlive(sum);
        Console.WriteLine($"  {what,-46} {took / calls * 1e9,6:n0} ns   {(double)allocated / calls,6:n2} bytes");
    }
}

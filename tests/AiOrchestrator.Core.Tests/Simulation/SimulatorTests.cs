using System.Collections.Concurrent;
using AiOrchestrator.Core.Wallets;

namespace AiOrchestrator.Core.Tests.Simulation;

/// <summary>
/// The money protocol under everything that can go wrong, ten thousand times. <c>AO_SIM_SEEDS=from-to</c> plays other seeds;
/// <c>AO_SIM_TRACE=file</c> beside it writes down all that the first of them does.
/// </summary>
public sealed class SimulatorTests
{
    private const long FirstSeed = 1;
    private const long LastSeed = 10_000;

    [Fact]
    public void No_seed_breaks_the_books()
    {
        var (from, to) = Seeds(Environment.GetEnvironmentVariable("AO_SIM_SEEDS"));
        var failures = new ConcurrentQueue<string>();
        if (Environment.GetEnvironmentVariable("AO_SIM_TRACE") is { } file)
        {
            using var trace = File.CreateText(file);
            trace.AutoFlush = true;
            SimRun.Play(from, trace.WriteLine);
        }

        Parallel.For(from, to + 1, (seed, loop) =>
        {
            try
            {
                SimRun.Play(seed);
            }
            catch (SimFailure failure)
            {
                // The first few say enough.
                failures.Enqueue(failure.Message);
                if (failures.Count >= 3)
                {
                    loop.Stop();
                }
            }
        });
        Assert.True(failures.IsEmpty, string.Join("\n\n", failures));
    }

    [Fact]
    public void A_seed_plays_the_same_every_time()
    {
        for (var seed = FirstSeed; seed <= 40; seed++)
        {
            var (one, other) = (SimRun.Play(seed).World.Trace, SimRun.Play(seed).World.Trace);
            Assert.Equal((one.Count, one.Hash), (other.Count, other.Hash));
        }
    }

    [Fact]
    public void What_seeds_play_is_what_the_product_does()
    {
        // A simulator in which nothing is ever served, refused or awaited would find nothing.
        var outcomes = new long[6];
        for (var seed = FirstSeed; seed <= 200; seed++)
        {
            var run = SimRun.Play(seed);
            for (var i = 0; i < outcomes.Length; i++)
            {
                outcomes[i] += run.Outcomes[i];
            }
        }

        Assert.All(Enum.GetValues<HoldOutcome>().Where(static o => o != HoldOutcome.Closed), o => Assert.True(outcomes[(int)o] > 20, $"{o}: {outcomes[(int)o]}"));
    }

    private static (long From, long To) Seeds(string? text) => text?.Split('-') is [var from, var to] && long.TryParse(from, out var first) && long.TryParse(to, out var last)
        ? (first, last)
        : (FirstSeed, LastSeed);
}

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

    /// <summary>Wallets as entities are packed and unpacked with every message: fewer seeds in the same time.</summary>
    private const long LastEntitySeed = 400;

    [Fact]
    public void No_seed_breaks_the_books() => PlayAll(entities: false, LastSeed);

    [Fact]
    public void No_seed_breaks_the_books_of_wallets_as_entities() => PlayAll(entities: true, LastEntitySeed);

    private static void PlayAll(bool entities, long lastSeed)
    {
        var (from, to) = Seeds(Environment.GetEnvironmentVariable("AO_SIM_SEEDS"), lastSeed);
        var failures = new ConcurrentQueue<string>();
        if (Environment.GetEnvironmentVariable("AO_SIM_TRACE") is { } file)
        {
            using var trace = File.CreateText(file);
            trace.AutoFlush = true;
            SimRun.Play(from, trace.WriteLine, entities);
        }

        Parallel.For(from, to + 1, (seed, loop) =>
        {
            try
            {
                SimRun.Play(seed, entities: entities);
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

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_seed_plays_the_same_every_time(bool entities)
    {
        for (var seed = FirstSeed; seed <= 40; seed++)
        {
            var (one, other) = (SimRun.Play(seed, entities: entities).World.Trace, SimRun.Play(seed, entities: entities).World.Trace);
            Assert.Equal((one.Count, one.Hash), (other.Count, other.Hash));
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void What_seeds_play_is_what_the_product_does(bool entities)
    {
        // A simulator in which nothing is ever served, refused or awaited would find nothing.
        var outcomes = new long[6];
        for (var seed = FirstSeed; seed <= 200; seed++)
        {
            var run = SimRun.Play(seed, entities: entities);
            for (var i = 0; i < outcomes.Length; i++)
            {
                outcomes[i] += run.Outcomes[i];
            }
        }

        Assert.All(Enum.GetValues<HoldOutcome>().Where(static o => o != HoldOutcome.Closed), o => Assert.True(outcomes[(int)o] > 20, $"{o}: {outcomes[(int)o]}"));
    }

    private static (long From, long To) Seeds(string? text, long lastSeed) => text?.Split('-') is [var from, var to] && long.TryParse(from, out var first) && long.TryParse(to, out var last)
        ? (first, last)
        : (FirstSeed, lastSeed);
}

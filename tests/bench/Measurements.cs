using System.Net.Sockets;
using AiOrchestrator.Bench.Load;
using AiOrchestrator.Bench.Targets;

namespace AiOrchestrator.Bench;

/// <summary>The parts of the bench, each over all targets in turn, round by round, since a shared machine drifts.</summary>
internal sealed class Measurements(BenchOptions options, IReadOnlyList<Target> targets)
{
    private const int ClosedConnections = 16;
    private const int OpenConnections = 64;
    private const int PlainTokens = 20;
    private const int StreamDelayMs = 10;
    private const double StreamsPerSecond = 50;

    /// <summary>The first target is the mock itself, which the others are compared with.</summary>
    private readonly Target _direct = targets[0];

    public Dictionary<Target, Figures> Figures { get; } = targets.ToDictionary(t => t, _ => new Figures());

    public async Task RunAsync(CancellationToken stop)
    {
        foreach (var target in Present()) Figures[target].Add("rss idle", target.ResidentMegabytes());
        await EachAsync("warm-up", 1, WarmUp, stop);
        if (options.Runs(BenchOptions.Saturation)) await EachAsync("saturation", options.Rounds, SaturationAsync, stop);
        foreach (var target in Present()) Figures[target].Add("rss after", target.ResidentMegabytes());
        if (options.Runs(BenchOptions.Open)) await EachAsync("open loop", options.Rounds, Open, stop);
        if (options.Runs(BenchOptions.Streamed)) await EachAsync("streams", options.Rounds, Streams, stop);
        if (options.Runs(BenchOptions.Flood)) await EachAsync($"{options.Streams} streams", 1, Flood, stop);
    }

    private IEnumerable<Target> Present() => targets.Where(t => t.Absent is null);

    private Task EachAsync(string part, int rounds, Action<Target, Figures> measure, CancellationToken stop) =>
        EachAsync(part, rounds, (target, figures) => Task.Run(() => measure(target, figures), stop), stop);

    private async Task EachAsync(string part, int rounds, Func<Target, Figures, Task> measure, CancellationToken stop)
    {
        for (var round = 1; round <= rounds; round++)
        {
            foreach (var target in Present())
            {
                stop.ThrowIfCancellationRequested();
                await Console.Error.WriteLineAsync($"{part} {round}/{rounds}: {target.Name}");
                try
                {
                    await measure(target, Figures[target]);
                }
                catch (SocketException e)
                {
                    // It no longer takes connections: that is an answer too, and a wrong one.
                    Figures[target].Fault(1, $"{part}: {e.Message} {target.Process?.LastWords}");
                }
            }
        }
    }

    private void WarmUp(Target target, Figures figures)
    {
        var before = 0.0;
        for (var slice = 0; slice < options.WarmUpSlices; slice++)
        {
            var outcome = ClosedLoop.Run(target.Port, target.Ask(PlainTokens, stream: false), ClosedConnections, options.WarmUp);
            figures.Fault(outcome.Wrong, outcome.FirstWrong);
            // Tiered compilation and its profile come in steps: three slices at least, then until two are alike.
            if (slice >= 2 && Math.Abs(outcome.PerSecond - before) < 0.03 * before) break;
            before = outcome.PerSecond;
        }

        var streams = new OpenLoop(
            target.Port, target.Ask(PlainTokens, stream: true, 1), StreamsPerSecond, OpenConnections, options.WarmUp).Run();
        figures.Fault(streams.Wrong, streams.FirstWrong);
    }

    private async Task SaturationAsync(Target target, Figures figures)
    {
        var allocated = await target.AllocatedBytesAsync();
        var cpu = target.CpuMicroseconds();
        var question = target.Ask(PlainTokens, stream: false);
        var outcome = await Task.Run(() => ClosedLoop.Run(target.Port, question, ClosedConnections, options.Duration));
        figures.Fault(outcome.Wrong, outcome.FirstWrong);
        figures.Add("cpu", Each(target.CpuMicroseconds() - cpu, outcome.Completed));
        figures.Add("rate", outcome.PerSecond);
        figures.Add("closed p50", outcome.Latency.Percentile(50));
        figures.Add("closed p99", outcome.Latency.Percentile(99));
        if (allocated is not null && await target.AllocatedBytesAsync() is { } after)
            figures.Add("allocated", Each((after - allocated.Value) / 1024.0, outcome.Completed));
    }

    private void Open(Target target, Figures figures)
    {
        var question = target.Ask(PlainTokens, stream: false);
        var outcome = new OpenLoop(target.Port, question, options.Rate, OpenConnections, options.Duration).Run();
        figures.Fault(outcome.Wrong, outcome.FirstWrong);
        figures.Add("open rate", outcome.PerSecond);
        figures.Add("open lag p99", outcome.SendLag.Percentile(99));
        figures.Add("open p90", outcome.Latency.Percentile(90));
        figures.Add("open max", outcome.Latency.Percentile(100));
        Added(target, figures, "open p50", outcome.Latency.Percentile(50));
        Added(target, figures, "open p99", outcome.Latency.Percentile(99));
    }

    private void Streams(Target target, Figures figures)
    {
        var question = target.Ask(PlainTokens, stream: true, StreamDelayMs);
        var outcome = new OpenLoop(target.Port, question, StreamsPerSecond, OpenConnections, options.Duration).Run();
        figures.Fault(outcome.Wrong, outcome.FirstWrong);
        Added(target, figures, "ttft p50", outcome.FirstToken.Percentile(50));
        Added(target, figures, "ttft p99", outcome.FirstToken.Percentile(99));
        Added(target, figures, "gap p50", outcome.Gaps.Percentile(50));
        Added(target, figures, "gap p99", outcome.Gaps.Percentile(99));
    }

    private void Flood(Target target, Figures figures)
    {
        var first = target.Ask(options.StreamTokens, stream: true, 5);
        figures.Add("flood rss before", target.ResidentMegabytes());
        var hundred = Load.Flood.Run(target.Port, first, Math.Min(100, options.Streams / 2), TimeSpan.FromSeconds(30), () => { });
        figures.Fault(hundred.Wrong, hundred.FirstWrong);
        figures.Add("flood rss hundred", target.ResidentMegabytes());

        // 1,000 streams of 20 words a second each: 20,000 chunks a second, which two cores can carry through three processes.
        var question = target.Ask(options.StreamTokens, stream: true, options.Smoke ? 10 : 50);
        var cpu = target.CpuMicroseconds();
        var outcome = Load.Flood.Run(
            target.Port, question, options.Streams, TimeSpan.FromSeconds(120), () => figures.Add("flood rss half", target.ResidentMegabytes()));
        figures.Fault(outcome.Wrong, outcome.FirstWrong);
        figures.Add("flood cpu", Each(target.CpuMicroseconds() - cpu, outcome.Completed * options.StreamTokens));
        figures.Add("flood rss end", target.ResidentMegabytes());
        figures.Add("flood completed", outcome.Completed);
        figures.Add("flood wall", outcome.Seconds);
        figures.Add("flood gap p99", outcome.Gaps.Percentile(99));
    }

    private static double Each(double total, long count) => count == 0 ? double.NaN : total / count;

    /// <summary>The figure itself, and its difference to the mock's own in the same round.</summary>
    private void Added(Target target, Figures figures, string figure, double value)
    {
        figures.Add(figure, value);
        if (!ReferenceEquals(target, _direct)) figures.Add(figure + " added", value - Figures[_direct].Last(figure));
    }
}

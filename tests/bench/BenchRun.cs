using AiOrchestrator.Bench.Targets;

namespace AiOrchestrator.Bench;

/// <summary>Starts what is to be measured, measures, prints.</summary>
internal static class BenchRun
{
    private const int WrongAnswer = 1;

    public static async Task<int> RunAsync(BenchOptions options, Workplace workplace, CancellationToken stop)
    {
        var targets = new List<Target> { await MockTarget.StartAsync(workplace, options.Build) };
        var mockPort = targets[0].Port;
        if (options.Wants(NginxTarget.Key)) targets.Add(await NginxTarget.StartAsync(workplace, mockPort));
        if (options.Wants(OurTarget.Key)) targets.Add(await OurTarget.StartAsync(workplace, mockPort, relaxed: false, options.Build));
        // Built by the line above when both are wanted.
        var build = options.Build && !options.Wants(OurTarget.Key);
        if (options.Wants(OurTarget.RelaxedKey)) targets.Add(await OurTarget.StartAsync(workplace, mockPort, relaxed: true, build));
        if (options.Wants(PortkeyTarget.Key)) targets.Add(await PortkeyTarget.StartAsync(workplace, mockPort, install: !options.Smoke));
        foreach (var target in targets.Where(t => t.Absent is not null)) await Console.Error.WriteLineAsync($"{target.Name}: {target.Absent}");

        var measured = new Measurements(options, targets);
        await measured.RunAsync(stop);
        var table = Report.Markdown(options, targets, measured, await Machine.ReadAsync(workplace));
        Console.WriteLine(table);
        if (options.Out is { } file) await File.WriteAllTextAsync(file, table, stop);
        foreach (var target in targets) target.Dispose();
        return targets.Any(t => t.Failed || measured.Figures[t].Wrong > 0) ? WrongAnswer : 0;
    }
}

using AiOrchestrator.Bench.Targets;

namespace AiOrchestrator.Bench;

/// <summary>Starts what is to be measured, measures, prints.</summary>
internal static class BenchRun
{
    private const int WrongAnswer = 1;

    public static async Task<int> RunAsync(BenchOptions options, Workplace workplace, CancellationToken stop)
    {
        var targets = await StartAsync(options, workplace);
        var machine = await Machine.ReadAsync(workplace);
        var measured = new Measurements(options, targets);
        await measured.RunAsync(stop);
        using var failover = new Failover(options, targets);
        var isSound = !options.Runs(BenchOptions.Failover) || await failover.RunAsync(stop);
        using var cached = new CachedCalls(options, targets);
        isSound &= !options.Runs(BenchOptions.Cache) || await cached.RunAsync(stop);
        var table = Report.Markdown(options, targets, measured, machine);
        Console.WriteLine(table);
        if (options.Out is { } file) await WriteAsync(file, table, stop);
        foreach (var target in targets) target.Dispose();
        return !isSound || targets.Any(t => t.Failed || measured.Figures[t].Wrong > 0) ? WrongAnswer : 0;
    }

    private static async Task<List<Target>> StartAsync(BenchOptions options, Workplace workplace)
    {
        var targets = new List<Target> { await MockTarget.StartAsync(workplace, options.Build) };
        var mockPort = targets[0].Port;
        if (options.Wants(NginxTarget.Key)) targets.Add(await NginxTarget.StartAsync(workplace, mockPort));
        if (options.Wants(OurTarget.Key)) targets.Add(await OurTarget.StartAsync(workplace, mockPort, OurTarget.Key, options.Build));
        // Built by the line above when both are wanted.
        var build = options.Build && !options.Wants(OurTarget.Key);
        if (options.Wants(OurTarget.RelaxedKey)) targets.Add(await OurTarget.StartAsync(workplace, mockPort, OurTarget.RelaxedKey, build));
        if (options.Wants(PortkeyTarget.Key)) targets.Add(await PortkeyTarget.StartAsync(workplace, mockPort, PortkeyTarget.Key, install: !options.Smoke));
        if (options.Names(OurTarget.TranslatedKey)) targets.Add(await OurTarget.StartAsync(workplace, mockPort, OurTarget.TranslatedKey, options.Build));
        if (options.Names(PortkeyTarget.TranslatedKey)) targets.Add(await PortkeyTarget.StartAsync(workplace, mockPort, PortkeyTarget.TranslatedKey, install: !options.Smoke));
        foreach (var target in targets.Where(t => t.Absent is not null)) await Console.Error.WriteLineAsync($"{target.Name}: {target.Absent}");
        return targets;
    }

    private static async Task WriteAsync(string file, string table, CancellationToken stop)
    {
        const string open = "<!-- figures -->";
        const string close = "<!-- /figures -->";
        var old = File.Exists(file) ? await File.ReadAllTextAsync(file, stop) : "";
        var start = old.IndexOf(open, StringComparison.Ordinal);
        var end = old.IndexOf(close, StringComparison.Ordinal);
        var text = start >= 0 && end > start ? $"{old[..(start + open.Length)]}\n\n{table}\n{old[end..]}" : table;
        await File.WriteAllTextAsync(file, text, stop);
    }
}

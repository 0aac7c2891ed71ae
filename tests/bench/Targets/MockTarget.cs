namespace AiOrchestrator.Bench.Targets;

/// <summary>The upstream itself: what is left of a figure when nothing stands between.</summary>
internal static class MockTarget
{
    public static async Task<Target> StartAsync(Workplace workplace, bool build)
    {
        var (dll, problem) = await Workplace.BuildAsync(workplace.Project("tests", "AiOrchestrator.MockUpstream"), build);
        if (dll is null) throw new InvalidOperationException(problem);
        var port = Target.FreePort();
        var process = ChildProcess.Start("dotnet", [dll, "--port", $"{port}", "--no-record", "--no-ledger"]);
        if (!await Target.ReadyAsync(process, port, "/v1/models", s => s == 200, TimeSpan.FromSeconds(10)))
            throw new InvalidOperationException("The mock upstream did not come up: " + process.LastWords);
        return new Target("direct", "mock direct") { Process = process, Port = port };
    }
}

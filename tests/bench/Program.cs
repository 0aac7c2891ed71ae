using System.Runtime.InteropServices;
using AiOrchestrator.Bench;
using AiOrchestrator.Bench.Targets;

if (!BenchOptions.TryParse(args, out var options, out var problem))
{
    await Console.Error.WriteLineAsync(problem);
    return 2;
}

if (!OperatingSystem.IsLinux())
{
    await Console.Error.WriteLineAsync("bench: needs Linux (epoll, /proc)");
    return 2;
}

using var stop = new CancellationTokenSource();
using var onInterrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
using var onTerm = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
using var workplace = new Workplace();
try
{
    return await BenchRun.RunAsync(options, workplace, stop.Token);
}
catch (Exception) when (stop.IsCancellationRequested)
{
    // Told to stop: whatever failed did so because its target was ended.
    return 130;
}
catch (Exception e)
{
    // Caught so that the children are ended: an unhandled exception would skip the finally.
    await Console.Error.WriteLineAsync($"bench: {e}");
    return 70;
}
finally
{
    ChildProcess.EndAll();
}

void Stop(PosixSignalContext context)
{
    context.Cancel = true;
    stop.Cancel();
    // A part may run for another two minutes; without its target it fails at once.
    ChildProcess.EndAll();
}

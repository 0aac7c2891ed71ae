using System.Runtime.InteropServices;
using AiOrchestrator.MockUpstream;

if (!MockArguments.TryParse(args, out var options, out var problem))
{
    await Console.Error.WriteLineAsync(problem);
    return 2;
}

await using var host = await MockUpstreamHost.StartAsync(options);
var stop = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
using var onTerm = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
using var onInterrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
Console.WriteLine($"mock listening on {host.BaseUrl.GetLeftPart(UriPartial.Authority)}");
await stop.Task;
return 0;

void Stop(PosixSignalContext context)
{
    context.Cancel = true;
    stop.TrySetResult();
}

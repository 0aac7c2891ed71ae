using System.Collections;
using AiOrchestrator.Core.Providers;
using AiOrchestrator.Server;
using AiOrchestrator.Server.Configuration;
using AiOrchestrator.Server.Storage;

// A relay does little between two waits on a socket: handing each of them to another thread would cost more than the work. Read once by
// the runtime, before the first socket; nothing on the request path blocks (docs/adr).
if (Environment.GetEnvironmentVariable("DOTNET_SYSTEM_NET_SOCKETS_INLINE_COMPLETIONS") is null)
{
    Environment.SetEnvironmentVariable("DOTNET_SYSTEM_NET_SOCKETS_INLINE_COMPLETIONS", "1");
}

if (args is ["--help" or "-h" or "-?"])
{
    Notices.ShowHelp();
    return 0;
}

var environment = Environment.GetEnvironmentVariables().Cast<DictionaryEntry>()
    .ToDictionary(static e => (string)e.Key, static e => (string)e.Value!, StringComparer.Ordinal);
var (options, errors) = OptionReader.Read(args, environment);
var providers = EnvironmentProviders.Read(environment);
if (errors.Count + providers.Errors.Count > 0)
{
    foreach (var error in errors.Concat(providers.Errors))
    {
        Console.Error.WriteLine($"ai-orchestrator: {error}");
    }

    return 2;
}

try
{
    await using var app = ServerHost.Build(options, providers);
    var first = await ServerHost.PrepareAsync(app, options, Notices.ShowSecrets, CancellationToken.None);
    try
    {
        await app.StartAsync();
    }
    catch
    {
        // What runs beside the requests has begun: it ends before the storage is closed under it.
        await app.StopAsync();
        throw;
    }

    Notices.ShowReady(app.Urls, options, providers, first);
    await app.WaitForShutdownAsync();
    return 0;
}
catch (Exception failure) when (failure is StorageException or IOException or UnauthorizedAccessException)
{
    // What the machine refuses (the port, the directory, the disk) is said in one line; the rest is a fault of ours and shows its trace.
    Console.Error.WriteLine($"ai-orchestrator: {failure.Message.ReplaceLineEndings(" ")}");
    return 1;
}

using System.Collections;
using AiOrchestrator.Core.Providers;
using AiOrchestrator.Functions;
using AiOrchestrator.Functions.Configuration;
using Microsoft.Extensions.Hosting;

var environment = Environment.GetEnvironmentVariables().Cast<DictionaryEntry>()
    .ToDictionary(static e => (string)e.Key, static e => (string)e.Value!, StringComparer.Ordinal);
var (options, errors) = HeadOptionReader.Read(environment);
var providers = EnvironmentProviders.Read(environment);
if (errors.Count + providers.Errors.Count > 0)
{
    foreach (var error in errors.Concat(providers.Errors))
    {
        Console.Error.WriteLine($"ai-orchestrator: {error}");
    }

    return 2;
}

await FunctionsHost.Build(args, options, providers).RunAsync();
return 0;

using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;
using AiOrchestrator.Bench.Targets;

namespace AiOrchestrator.Bench;

/// <summary>What the figures are taken on. Read before the load, so that the load average is that of others.</summary>
internal sealed record Machine(string Date, string Processor, int Cores, string System, string Versions, string LoadBefore)
{
    public static async Task<Machine> ReadAsync(Workplace workplace)
    {
        var processor = (await File.ReadAllLinesAsync("/proc/cpuinfo"))
            .FirstOrDefault(l => l.StartsWith("model name", StringComparison.Ordinal))?.Split(':', 2)[1].Trim() ?? "unknown processor";
        string[] versions =
        [
            $".NET {Environment.Version}",
            await VersionAsync(NginxTarget.Program(), "-v", "nginx"),
            await VersionAsync("node", "--version", "node"),
            "Portkey " + Portkey(workplace),
            "AiOrchestrator " + await CommitAsync(workplace),
        ];
        return new Machine(
            TimeProvider.System.GetUtcNow().ToString("yyyy-MM-dd HH:mm 'UTC'", CultureInfo.InvariantCulture),
            processor,
            Environment.ProcessorCount,
            RuntimeInformation.OSDescription,
            string.Join(", ", versions),
            (await File.ReadAllTextAsync("/proc/loadavg")).Split(' ')[0]);
    }

    private static async Task<string> VersionAsync(string program, string argument, string name)
    {
        var (good, output) = await ChildProcess.RunAsync(program, [argument], TimeSpan.FromSeconds(5));
        return good ? $"{name} {output.Split('/', ' ')[^1].TrimStart('v')}" : $"{name} none";
    }

    private static async Task<string> CommitAsync(Workplace workplace)
    {
        var (good, output) = await ChildProcess.RunAsync("git", ["rev-parse", "--short", "HEAD"], TimeSpan.FromSeconds(5), workplace.Root);
        return good ? output : "unknown";
    }

    private static string Portkey(Workplace workplace)
    {
        var file = Path.Combine(PortkeyTarget.Package(workplace), "package.json");
        if (!File.Exists(file)) return "none";
        using var json = JsonDocument.Parse(File.ReadAllBytes(file));
        return json.RootElement.GetProperty("version").GetString() ?? "unknown";
    }
}

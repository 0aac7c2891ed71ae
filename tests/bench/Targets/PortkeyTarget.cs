using System.ComponentModel;

namespace AiOrchestrator.Bench.Targets;

/// <summary>The peer: an AI gateway that parses what it relays.</summary>
internal static class PortkeyTarget
{
    public const string Key = "portkey";
    public const string TranslatedKey = "portkey-translated";

    public static string Package(Workplace workplace) => Path.Combine(workplace.Bench, "node_modules", "@portkey-ai", "gateway");

    public static async Task<Target> StartAsync(Workplace workplace, int mockPort, string key, bool install)
    {
        var isTranslated = key == TranslatedKey;
        var name = isTranslated ? "Portkey, translated" : "Portkey";
        var script = Path.Combine(Package(workplace), "build", "start-server.js");
        if (!File.Exists(script))
        {
            if (!install) return new Target(key, name) { Absent = "not installed: npm ci in tests/bench" };
            var (good, output) = await ChildProcess.RunAsync(
                "npm", ["ci", "--no-audit", "--no-fund", "--ignore-scripts"], TimeSpan.FromMinutes(3), workplace.Bench);
            if (!good) return new Target(key, name) { Absent = "npm ci failed: " + output };
        }

        try
        {
            var port = Target.FreePort();
            var process = ChildProcess.Start("node", [script, $"--port={port}", "--headless"], workplace.Bench);
            if (await Target.ReadyAsync(process, port, "/", s => s < 500, TimeSpan.FromSeconds(20)))
            {
                return new Target(key, name)
                {
                    Process = process,
                    Port = port,
                    SteerByModel = true,
                    TranslatedModel = isTranslated ? OurTarget.TranslatedModel : null,
                    Headers = $"Authorization: Bearer sk-mock\r\nx-portkey-provider: {(isTranslated ? "anthropic" : "openai")}\r\n"
                        + $"x-portkey-custom-host: http://127.0.0.1:{mockPort}/v1\r\n",
                };
            }

            var words = process.LastWords;
            process.Dispose();
            return new Target(key, name) { Absent = "did not start: " + words };
        }
        catch (Win32Exception)
        {
            // No such program.
            return new Target(key, name) { Absent = "not installed: node" };
        }
    }
}

namespace AiOrchestrator.Bench.Targets;

/// <summary>AiOrchestrator itself, everything on: keys, wallet, journal, metering.</summary>
internal static class OurTarget
{
    public const string Key = "ours";
    public const string RelaxedKey = "relaxed";
    public const string TranslatedKey = "translated";

    /// <summary>Served by the mock in Anthropic's wire format.</summary>
    public const string TranslatedModel = "claude-haiku-4-5";

    /// <summary>The one place that knows how durability is relaxed.</summary>
    private static readonly KeyValuePair<string, string> Relaxed = new("AO_Gateway__Durability", "relaxed");

    private const string AdminKey = "bench-admin-key-0123456789abcdef";
    private const string ApiKey = "bench-api-key-0123456789abcdef";

    public static async Task<Target> StartAsync(Workplace workplace, int mockPort, string key, bool build)
    {
        var name = key == Key ? "ours" : "ours, " + key;
        var project = workplace.Project("src", "AiOrchestrator.Server");
        if (!Directory.Exists(project)) return new Target(key, name) { Absent = "no src/AiOrchestrator.Server yet" };
        var (dll, problem) = await Workplace.BuildAsync(project, build);
        if (dll is null) return new Target(key, name) { Absent = problem, Failed = true };

        var port = Target.FreePort();
        var environment = new Dictionary<string, string>
        {
            ["AO_DATA_DIR"] = Path.Combine(workplace.Temporary, key),
            ["AO_ADMIN_KEY"] = AdminKey,
            ["AO_BOOTSTRAP_KEY"] = ApiKey,
            ["AO_BOOTSTRAP_LIMIT_USD"] = "1000000",
            ["OPENAI_API_KEY"] = "sk-mock",
            ["OPENAI_BASE_URL"] = $"http://127.0.0.1:{mockPort}/v1",
            ["ANTHROPIC_API_KEY"] = "sk-ant-mock",
            ["ANTHROPIC_BASE_URL"] = $"http://127.0.0.1:{mockPort}",
        };
        if (key == RelaxedKey) environment[Relaxed.Key] = Relaxed.Value;
        var process = ChildProcess.Start("dotnet", [dll, "--urls", $"http://127.0.0.1:{port}"], workplace.Temporary, environment);
        if (await Target.ReadyAsync(process, port, "/ready", s => s == 200, TimeSpan.FromSeconds(15)))
        {
            return new Target(key, name)
            {
                Process = process,
                Port = port,
                AdminKey = AdminKey,
                TranslatedModel = key == TranslatedKey ? TranslatedModel : null,
                Headers = $"Authorization: Bearer {ApiKey}\r\n",
            };
        }

        var words = process.LastWords;
        process.Dispose();
        return new Target(key, name) { Absent = "GET /ready did not turn 200: " + words, Failed = true };
    }
}

namespace AiOrchestrator.Bench.Targets;

/// <summary>Where the repository is, and a temporary directory for data and configurations of this run.</summary>
internal sealed class Workplace : IDisposable
{
    public Workplace()
    {
        var directory = new DirectoryInfo(AppContext.BaseDirectory);
        while (directory is not null && !File.Exists(Path.Combine(directory.FullName, "AiOrchestrator.sln")))
            directory = directory.Parent;
        Root = directory?.FullName
            ?? throw new InvalidOperationException("The bench must run from inside the repository: no AiOrchestrator.sln above it.");
        Temporary = Directory.CreateTempSubdirectory("ao-bench-").FullName;
    }

    public string Root { get; }

    public string Temporary { get; }

    public string Bench => Path.Combine(Root, "tests", "bench");

    /// <summary>A project's directory.</summary>
    public string Project(params string[] parts) => Path.Combine([Root, .. parts]);

    /// <summary>Builds a project in Release; the path of its dll, or what went wrong.</summary>
    public static async Task<(string? Dll, string Problem)> BuildAsync(string project, bool build)
    {
        var name = Path.GetFileName(project);
        var dll = Path.Combine(project, "bin", "Release", "net10.0", name + ".dll");
        if (build)
        {
            // No build servers: nothing may be left running after the bench.
            var (good, output) = await ChildProcess.RunAsync(
                "dotnet",
                ["build", "-c", "Release", "-v", "quiet", "--nologo", "-nodeReuse:false", "-p:UseSharedCompilation=false", project],
                TimeSpan.FromMinutes(5));
            if (!good) return (null, $"{name} did not build: {output}");
        }

        return File.Exists(dll) ? (dll, "") : (null, $"{name} is not built");
    }

    public void Dispose()
    {
        try
        {
            Directory.Delete(Temporary, recursive: true);
        }
        catch (IOException)
        {
            // A process that was just killed may still hold a file for a moment; the system's temporary directory forgets it.
        }
    }
}

using System.Diagnostics;
using System.Globalization;

namespace AiOrchestrator.Bench.Tokens;

/// <summary>Where the bench stands, a folder for its texts, and fresh processes of it.</summary>
internal sealed class Workplace : IDisposable
{
    private readonly DirectoryInfo _texts = Directory.CreateTempSubdirectory("bench-tokens-");

    /// <summary>The folder of the bench in the repository.</summary>
    public static string Folder { get; } = Find();

    /// <summary>The folder for texts; goes when the bench ends.</summary>
    public string Texts => _texts.FullName;

    /// <summary>The first count of a process of its own, in seconds.</summary>
    public static double First(string encoding)
    {
        using var process = Process.Start(new ProcessStartInfo(Environment.ProcessPath!, ["--first", encoding]) { UseShellExecute = false, RedirectStandardOutput = true })!;
        var seconds = double.Parse(process.StandardOutput.ReadToEnd(), CultureInfo.InvariantCulture);
        process.WaitForExit();
        return seconds;
    }

    public void Dispose() => _texts.Delete(recursive: true);

    private static string Find()
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "AiOrchestrator.sln")))
            {
                return Path.Combine(folder.FullName, "tests", "bench-tokens");
            }
        }

        throw new InvalidOperationException($"no folder above {AppContext.BaseDirectory} holds AiOrchestrator.sln");
    }
}

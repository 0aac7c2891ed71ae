using System.Text.Json;

namespace AiOrchestrator.Bench.Caching;

/// <summary>The texts of the bench, as they lie in the repository.</summary>
internal static class Files
{
    /// <summary>The folder that holds AiOrchestrator.sln.</summary>
    public static string Root { get; } = Find();

    /// <summary>The folder of the bench.</summary>
    public static string Bench => Path.Combine(Root, "tests", "bench-caching");

    /// <summary>The lines of a file of JSON Lines.</summary>
    public static List<JsonElement> Lines(params string[] path) =>
        [.. File.ReadLines(Path.Combine([Root, .. path])).Where(static line => line.Length > 0).Select(static line => JsonSerializer.Deserialize<JsonElement>(line))];

    private static string Find()
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "AiOrchestrator.sln")))
            {
                return folder.FullName;
            }
        }

        throw new InvalidOperationException($"no folder above {AppContext.BaseDirectory} holds AiOrchestrator.sln");
    }
}

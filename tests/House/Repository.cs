namespace AiOrchestrator.Tests.House;

/// <summary>The repository these tests were built from, and what stands in it.</summary>
internal static class Repository
{
    private static readonly HashSet<string> NotOurs = new(StringComparer.Ordinal)
    {
        ".git", ".vs", ".idea", "bin", "obj", "node_modules", "artifacts", "TestResults", "data", "ao-data", "test-results", "playwright-report",
    };

    private static readonly string[] Binary = [".png", ".jpg", ".ico", ".gz", ".zip", ".db", ".bin", ".woff2", ".trx"];

    /// <summary>The folder that holds AiOrchestrator.sln.</summary>
    public static string Root { get; } = FindRoot();

    /// <summary>Every file of the repository, as paths from its root with forward slashes; what builds leave behind is not among them.</summary>
    public static IReadOnlyList<string> Files { get; } = [.. Under(Root).Order(StringComparer.Ordinal)];

    /// <summary>The C# among them.</summary>
    public static IEnumerable<string> CSharpFiles => Files.Where(static f => f.EndsWith(".cs", StringComparison.Ordinal));

    /// <summary>The Markdown among them.</summary>
    public static IEnumerable<string> MarkdownFiles => Files.Where(static f => f.EndsWith(".md", StringComparison.Ordinal));

    /// <summary>Those that hold text.</summary>
    public static IEnumerable<string> TextFiles => Files.Where(static f => !Binary.Contains(Path.GetExtension(f), StringComparer.OrdinalIgnoreCase));

    public static string Read(string file) => File.ReadAllText(Path.Combine(Root, file));

    private static string FindRoot()
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

    private static IEnumerable<string> Under(string folder)
    {
        foreach (var entry in new DirectoryInfo(folder).EnumerateFileSystemInfos())
        {
            if (NotOurs.Contains(entry.Name) || entry.LinkTarget is not null)
            {
                continue;
            }

            if (entry is FileInfo)
            {
                yield return Path.GetRelativePath(Root, entry.FullName).Replace('\\', '/');
                continue;
            }

            foreach (var file in Under(entry.FullName))
            {
                yield return file;
            }
        }
    }
}

using System.Globalization;

namespace AiOrchestrator.Bench.Targets;

/// <summary>Processor time and memory of a process and its children, from /proc.</summary>
internal static class ProcessTree
{
    // USER_HZ: 100 on every architecture Linux runs .NET on.
    private const double MicrosecondsPerTick = 10_000;

    /// <summary>User and system time so far, microseconds.</summary>
    public static double CpuMicroseconds(int root) =>
        Members(root).Sum(id => Fields(id) is { } f ? Number(f[11]) + Number(f[12]) : 0) * MicrosecondsPerTick;

    /// <summary>VmRSS, bytes. Pages shared between nginx workers count once for each.</summary>
    public static long ResidentBytes(int root) => Members(root).Sum(Resident);

    private static long Resident(int id)
    {
        foreach (var line in Read($"/proc/{id}/status")?.Split('\n') ?? [])
        {
            if (line.StartsWith("VmRSS:", StringComparison.Ordinal))
                return Number(line["VmRSS:".Length..].Replace("kB", "", StringComparison.Ordinal).Trim()) * 1024;
        }

        return 0;
    }

    private static List<int> Members(int root)
    {
        var parents = new Dictionary<int, int>();
        foreach (var directory in Directory.EnumerateDirectories("/proc"))
        {
            if (int.TryParse(Path.GetFileName(directory), NumberStyles.None, CultureInfo.InvariantCulture, out var id)
                && Fields(id) is { } fields)
            {
                parents[id] = (int)Number(fields[1]);
            }
        }

        var members = new List<int> { root };
        for (var i = 0; i < members.Count; i++) members.AddRange(parents.Where(p => p.Value == members[i]).Select(p => p.Key));
        return members;
    }

    /// <summary>The fields of stat from the state on (the name before may hold blanks).</summary>
    private static string[]? Fields(int id) =>
        Read($"/proc/{id}/stat") is { } stat && stat.LastIndexOf(')') is var end and > 0 ? stat[(end + 2)..].Split(' ') : null;

    private static string? Read(string path)
    {
        try
        {
            return File.ReadAllText(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The process has ended since it was listed.
            return null;
        }
    }

    private static long Number(string text) => long.Parse(text, CultureInfo.InvariantCulture);
}

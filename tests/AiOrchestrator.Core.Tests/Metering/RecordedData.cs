namespace AiOrchestrator.Core.Tests.Metering;

/// <summary>Recorded answers and cost cases, which lie beside the repository where it is built and are not part of it.</summary>
internal static class RecordedData
{
    /// <summary>The path of a file or folder under shared/data; skips the test where there is none.</summary>
    public static string PathOf(params string[] parts)
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            string candidate = Path.Combine([folder.FullName, "shared", "data", .. parts]);
            if (Path.Exists(candidate))
            {
                return candidate;
            }
        }

        Assert.Skip($"no folder above holds shared/data/{string.Join('/', parts)}");
        return string.Empty;
    }
}

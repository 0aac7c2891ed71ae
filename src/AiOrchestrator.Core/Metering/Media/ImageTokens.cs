namespace AiOrchestrator.Core.Metering.Media;

/// <summary>
/// How many tokens an image is drawn with, where images are charged by tokens
/// (https://platform.openai.com/docs/guides/image-generation, "Cost and latency").
/// </summary>
public static class ImageTokens
{
    /// <summary>Tokens of each unfinished image a stream shows.</summary>
    public const int Partial = 100;

    private static readonly (string Size, int Low, int Medium, int High)[] Table =
    [
        ("1024x1024", 272, 1056, 4160),
        ("1024x1536", 408, 1584, 6240),
        ("1536x1024", 400, 1568, 6208),
    ];

    /// <summary>The most one image takes; null where the size or quality is not known here.</summary>
    /// <param name="size">As asked for; null and <c>auto</c> leave it to the model.</param>
    /// <param name="quality">Likewise.</param>
    public static int? Most(string? size, string? quality)
    {
        int? most = null;
        foreach (var row in Table)
        {
            if (size is null or "auto" || size == row.Size)
            {
                int? tokens = quality switch
                {
                    "low" => row.Low,
                    "medium" => row.Medium,
                    "high" or "auto" or null => row.High,
                    _ => null,
                };
                most = tokens > (most ?? 0) ? tokens : most;
            }
        }

        return most;
    }
}

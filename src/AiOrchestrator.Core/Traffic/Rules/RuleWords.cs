using AiOrchestrator.Core.Providers;
using AiOrchestrator.Core.Traffic.Facts;

namespace AiOrchestrator.Core.Traffic.Rules;

/// <summary>What may be attached to a call.</summary>
[Flags]
internal enum Attachments
{
    None = 0,
    Image = 1,
    Audio = 1 << 1,
    Video = 1 << 2,
    Document = 1 << 3,
    Code = 1 << 4,
}

/// <summary>The words of conditions that have a closed list of them, each list in the order of its bits.</summary>
internal static class RuleWords
{
    /// <summary>Of <see cref="Attachments"/>.</summary>
    public static readonly string[] Attached = ["image", "audio", "video", "document", "code"];

    /// <summary>Of <see cref="CallNeeds"/>.</summary>
    public static readonly string[] Capabilities = ["vision", "audio_in", "audio_out", "video_in", "documents", "tools", "json", "image_gen", "video_gen"];

    /// <summary>Of <see cref="TaskComplexity"/>.</summary>
    public static readonly string[] Complexities = ["LOW", "MEDIUM", "HIGH"];

    /// <summary>Of <see cref="ModelCall"/>; a remix is a video.</summary>
    public static readonly string[] Calls =
        ["chat", "embeddings", "images", "speech", "transcriptions", "videos", "videos", "messages", "responses", "completions", "moderations", "rerank", "batches"];

    /// <summary>The user's last turn: where text is looked at unless something else is said.</summary>
    public const string LastUser = "last_user";

    /// <summary>All that the system and the user say.</summary>
    public const string AllText = "all";

    private static readonly HashSet<string> CodeEndings = new(StringComparer.OrdinalIgnoreCase)
    {
        "py", "ipynb", "js", "mjs", "cjs", "jsx", "ts", "tsx", "cs", "fs", "vb", "java", "kt", "kts", "scala", "go", "rs", "c", "h", "cc", "cpp", "cxx", "hpp", "m", "mm", "swift",
        "rb", "php", "pl", "lua", "r", "jl", "dart", "ex", "exs", "erl", "hs", "clj", "sql", "sh", "bash", "ps1", "bicep", "tf", "vue", "svelte", "css", "scss", "zig", "sol",
    };

    /// <summary>The bits of words; words that are none have no bit.</summary>
    public static int Mask(IEnumerable<string> words, string[] all)
    {
        var mask = 0;
        foreach (var word in words)
        {
            for (var bit = 0; bit < all.Length; bit++)
            {
                mask |= all[bit].Equals(word, StringComparison.OrdinalIgnoreCase) ? 1 << bit : 0;
            }
        }

        return mask;
    }

    /// <summary>Words in a sentence: <c>'a', 'b'</c>.</summary>
    public static string Listed(IEnumerable<string> words)
    {
        var all = words.ToList();
        return all.Count <= MostListed ? string.Join(", ", all.Select(static w => $"'{w}'")) : $"{Listed(all.Take(MostListed))} and {all.Count - MostListed} more";
    }

    /// <summary>The words of a set of bits in a sentence; <c>none</c> for no bit.</summary>
    public static string Named(int mask, string[] all)
    {
        var words = all.Where((_, bit) => (mask >> bit & 1) != 0).Distinct(StringComparer.Ordinal).ToList();
        return words.Count == 0 ? "none" : string.Join(", ", words);
    }

    /// <summary>Whether a file is code, by its name.</summary>
    public static bool IsCode(string fileName) =>
        fileName.LastIndexOf('.') is var dot and >= 0 && CodeEndings.GetAlternateLookup<ReadOnlySpan<char>>().Contains(fileName.AsSpan(dot + 1));

    private const int MostListed = 8;
}

namespace AiOrchestrator.Core.Caching.Matching;

/// <summary>Names that are written with capitals within, or with signs of code, and are often written without: these are compared in small letters, what else looks like it letter by letter.</summary>
internal static class KnownNames
{
    private const string All =
        """
        PayPal iPhone iPad iOS macOS MacBook AirPods YouTube GitHub GitLab LinkedIn WhatsApp OneDrive SharePoint OneNote PowerPoint WordPress JavaScript
        TypeScript MySQL PostgreSQL MongoDB NoSQL eBay McDonald's ThinkPad PlayStation QuickBooks DropBox FedEx IntelliJ OpenAI ChatGPT C# F# C++ .NET Node.js Vue.js Next.js ASP.NET YAML VS
        """;

    private static readonly HashSet<string>.AlternateLookup<ReadOnlySpan<char>> Names =
        All.Split((char[])[' ', '\n'], StringSplitOptions.RemoveEmptyEntries).ToHashSet(StringComparer.OrdinalIgnoreCase).GetAlternateLookup<ReadOnlySpan<char>>();

    /// <summary>Whether it is one, in capitals or not.</summary>
    /// <param name="word">Any.</param>
    /// <param name="folded">It in small letters.</param>
    public static bool TryFold(ReadOnlySpan<char> word, out ReadOnlySpan<char> folded)
    {
        folded = Names.TryGetValue(word, out var name) ? name.ToLowerInvariant() : word;
        return name is not null;
    }
}

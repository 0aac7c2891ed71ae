using System.Text.RegularExpressions;

namespace AiOrchestrator.Tests.House;

/// <summary>What the tests read out of the documentation: tables, code spans, links.</summary>
internal static partial class MarkdownText
{
    /// <summary>The body rows of the table that follows a heading, cells trimmed. Fails where there is none.</summary>
    /// <param name="file">A path from the repository's root.</param>
    /// <param name="heading">The heading's text, without the hashes.</param>
    public static IReadOnlyList<IReadOnlyList<string>> Table(string file, string heading)
    {
        var lines = Repository.Read(file).Split('\n');
        var start = Array.FindIndex(lines, line => line.StartsWith('#') && line.TrimStart('#').Trim() == heading);
        if (start < 0)
        {
            throw new InvalidOperationException($"{file} has no heading '{heading}'");
        }

        var rows = lines.Skip(start + 1)
            .TakeWhile(static line => !line.StartsWith('#'))
            .SkipWhile(static line => !line.StartsWith('|'))
            .TakeWhile(static line => line.StartsWith('|'))
            .Skip(2)
            .Select(Cells)
            .ToList();
        return rows.Count > 0 ? rows : throw new InvalidOperationException($"{file} has no table under '{heading}'");
    }

    /// <summary>What stands in backticks, outside fenced blocks.</summary>
    public static IEnumerable<string> CodeSpans(string text) =>
        CodeSpan().Matches(WithoutFences(text)).Select(static m => m.Groups["code"].Value);

    /// <summary>The targets of links that stay inside the repository, without their fragments.</summary>
    public static IEnumerable<string> LocalLinks(string text) => Link().Matches(WithoutFences(text))
        .Select(static m => m.Groups["target"].Value)
        .Where(static target => !target.Contains("://", StringComparison.Ordinal) && !target.StartsWith('#'))
        .Select(static target => target.Split('#')[0]);

    /// <summary>A cell without its backticks.</summary>
    public static string Plain(string cell) => cell.Replace("`", "", StringComparison.Ordinal).Trim();

    private static IReadOnlyList<string> Cells(string line) =>
        [.. line.Trim().Trim('|').Split('|').Select(static cell => cell.Trim())];

    private static string WithoutFences(string text) => Fence().Replace(text, "");

    [GeneratedRegex("^```.*?^```", RegexOptions.Singleline | RegexOptions.Multiline | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Fence();

    [GeneratedRegex("`(?<code>[^`\n]+)`", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex CodeSpan();

    [GeneratedRegex(@"\]\((?<target>[^)\s]+)\)", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Link();
}

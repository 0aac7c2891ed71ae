using System.Text.RegularExpressions;
using AiOrchestrator.Tests.House;

namespace AiOrchestrator.Core.Tests.Docs;

/// <summary>Documentation names what is there: files, types, environment variables, links.</summary>
public sealed partial class NamesTests
{
    /// <summary>Placeholders, in the words of the documentation.</summary>
    private static readonly HashSet<string> Placeholders = new(StringComparer.Ordinal)
    {
        "XModule", "XOptions", "XErrors", "XEndpoints", "AddX", "MapX", "Bearer", "NAME", "PATH",
    };

    private static readonly Lazy<HashSet<string>> Identifiers = new(static () =>
    [
        .. from file in Repository.CSharpFiles
           from Match match in Identifier().Matches(CSharpText.Read(file).Code)
           select match.Value,
    ]);

    private static readonly Lazy<string> Sources = new(static () => string.Join('\n', Repository.CSharpFiles
        .Where(static f => !f.EndsWith("/NamesTests.cs", StringComparison.Ordinal)).Append("src/AiOrchestrator.Core/Providers/presets.json").Select(Repository.Read)));

    [Fact]
    public void Files_that_are_named_exist() => None(
        from file in Repository.MarkdownFiles
        from span in MarkdownText.CodeSpans(Repository.Read(file))
        where IsPath(span) && !Exists(span)
        select $"{file} names {span}");

    [Fact]
    public void Types_and_members_that_are_named_exist() => None(
        from file in Repository.MarkdownFiles
        from span in MarkdownText.CodeSpans(Repository.Read(file))
        where Name().IsMatch(span) && !FileName().IsMatch(span)
        from part in span.TrimEnd('(', ')').Split('.', ':')
        where !Placeholders.Contains(part) && !Identifiers.Value.Contains(part)
        select $"{file} names {span}");

    [Fact]
    public void Environment_variables_that_are_named_are_read() => None(
        from file in Repository.MarkdownFiles
        from span in MarkdownText.CodeSpans(Repository.Read(file))
        where Variable().IsMatch(span) && !Sources.Value.Contains('"' + span + '"', StringComparison.Ordinal)
        select $"{file} names {span}");

    [Fact]
    public void Links_lead_somewhere() => None(
        from file in Repository.MarkdownFiles
        from target in MarkdownText.LocalLinks(Repository.Read(file))
        let path = Path.Combine(Repository.Root, Path.GetDirectoryName(file)!, target)
        where !Path.Exists(path)
        select $"{file} links to {target}");

    [Fact]
    public void Links_into_a_page_lead_to_a_heading() => None(
        from file in Repository.MarkdownFiles
        from Match link in Fragment().Matches(Repository.Read(file))
        let page = link.Groups["page"].Value
        let target = page.Length == 0 ? file : Path.Combine(Path.GetDirectoryName(file)!, page)
        where File.Exists(Path.Combine(Repository.Root, target))
        where !Anchors(Repository.Read(target)).Contains(link.Groups["anchor"].Value, StringComparer.Ordinal)
        select $"{file} links to {page}#{link.Groups["anchor"].Value}");

    [Fact]
    public void Decisions_are_numbered_without_gaps()
    {
        var numbers = Repository.Files.Where(static f => f.StartsWith("docs/adr/", StringComparison.Ordinal)).Select(static f => f["docs/adr/".Length..][..4]).ToList();
        Assert.NotEmpty(numbers);
        Assert.Equal(Enumerable.Range(1, numbers.Count).Select(static n => n.ToString("0000", null)), numbers);
    }

    /// <summary>Something with a folder or a known ending; not a route, a pattern, a media type or an address.</summary>
    private static bool IsPath(string span) =>
        !NotAPath().IsMatch(span) && (FileName().IsMatch(span) || (span.Contains('/', StringComparison.Ordinal) && PathLike().IsMatch(span)));

    private static bool Exists(string span)
    {
        var path = span.TrimEnd('/');
        return Path.Exists(Path.Combine(Repository.Root, path))
            || Path.Exists(Path.Combine(Repository.Root, "src", path))
            || Path.Exists(Path.Combine(Repository.Root, "src", "AiOrchestrator.Core", path))
            || Repository.Files.Any(f => f.EndsWith("/" + path, StringComparison.Ordinal));
    }

    private static IEnumerable<string> Anchors(string text) => Heading().Matches(text).Select(static m => NotInAnchor()
        .Replace(m.Groups["title"].Value.Trim().ToLowerInvariant(), "").Replace(' ', '-'));

    private static void None(IEnumerable<string> faults)
    {
        var all = faults.Distinct(StringComparer.Ordinal).ToList();
        Assert.True(all.Count == 0, string.Join('\n', all));
    }

    [GeneratedRegex(@"[A-Za-z_]\w*", RegexOptions.None, 1000)]
    private static partial Regex Identifier();

    [GeneratedRegex(@"^(?![A-Z]+$)[A-Z][A-Za-z0-9]+([.:][A-Z]\w+)*(\(\))?$", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Name();

    [GeneratedRegex(@"^[A-Z][A-Z0-9]*(_[A-Z0-9]+)+$", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Variable();

    [GeneratedRegex(@"\.(cs|md|json|sln|slnf|props|targets|csproj|yml|sh|js|mjs)$", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex FileName();

    [GeneratedRegex(@"^[\w.@-]+(/[\w.@-]+)+/?$", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex PathLike();

    [GeneratedRegex(@"^[/@-]|[{}<>* =""]|://|^(application|text|image|audio|multipart)/|^(openai|anthropic|google|v1|v1beta)/|\.(db|bak)$|^packages\.lock\.json$|^ao-data", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex NotAPath();

    [GeneratedRegex(@"\]\((?<page>[^)#\s:]*)#(?<anchor>[^)\s]+)\)", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Fragment();

    [GeneratedRegex(@"^#+ (?<title>.+)$", RegexOptions.ExplicitCapture | RegexOptions.Multiline, 1000)]
    private static partial Regex Heading();

    [GeneratedRegex(@"[^\w\- ]", RegexOptions.None, 1000)]
    private static partial Regex NotInAnchor();
}

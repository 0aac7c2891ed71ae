using System.Text.RegularExpressions;
using AiOrchestrator.Tests.House;

namespace AiOrchestrator.Core.Tests.House;

/// <summary>The house rules of docs/STYLE.md that a machine can check. A rule nobody enforces is not a rule.</summary>
public sealed partial class TidyTests
{
    private const int MostLinesOfAFile = 400;
    private const int MostLinesOfAMethod = 60;

    // Written in two pieces, so that this file does not hold what it looks for.
    private static readonly string[] RegistryHosts =
        ["registry." + "npm", "npmjs." + "org", "nuget." + "org", "pypi." + "org", "pythonhosted." + "org", "crates." + "io", "arti" + "factory", "v3/" + "index.json"];

    private static readonly string[] MachinePaths = ["/wor" + "k/", "/hom" + "e/", "/roo" + "t/", "C:\\" + "Users"];

    private static readonly Lazy<IReadOnlyList<(string File, CSharpText Text)>> Sources =
        new(static () => [.. Repository.CSharpFiles.Select(static file => (file, CSharpText.Read(file)))]);

    [Fact]
    public void The_sources_are_found() => Assert.InRange(Sources.Value.Count, 150, 10_000);

    [Fact]
    public void No_file_is_longer_than_400_lines() => None(
        from source in Sources.Value
        let lines = source.Text.LineOf(source.Text.Source.TrimEnd().Length)
        where lines > MostLinesOfAFile
        select $"{source.File} has {lines} lines");

    [Fact]
    public void No_method_is_longer_than_60_lines() => None(
        from source in Sources.Value
        from member in Members.Of(source.Text)
        where member.Lines > MostLinesOfAMethod
        select $"{source.File}:{member.FirstLine} has {member.Lines} lines: {member.Name}");

    [Fact]
    public void Nothing_is_left_to_do() => None(
        from source in Sources.Value
        from comment in source.Text.Comments
        where Later().IsMatch(comment.Text)
        select At(source.File, comment));

    [Fact]
    public void No_code_is_commented_out() => None(
        from source in Sources.Value
        from comment in source.Text.Comments
        where !comment.Text.StartsWith("///", StringComparison.Ordinal) && DeadCode().IsMatch(comment.Text)
        select At(source.File, comment));

    [Fact]
    public void No_regions_and_no_nullable_disable() => None(
        from source in Sources.Value
        from directive in source.Text.Directives
        where BannedDirective().IsMatch(directive.Text)
        select At(source.File, directive));

    [Fact]
    public void Nobody_sleeps() => None(Matches(Sleep()));

    [Fact]
    public void No_test_is_skipped_for_good() => None(Matches(SkippedTest()));

    [Fact]
    public void No_catch_swallows_without_saying_why() => None(
        from source in Sources.Value
        from Match match in EmptyCatch().Matches(source.Text.Code)
        let body = source.Text.Source[match.Groups["body"].Index..(match.Groups["body"].Index + match.Groups["body"].Length)]
        where string.IsNullOrWhiteSpace(body)
        select $"{source.File}:{source.Text.LineOf(match.Index)} catches and says nothing");

    [Fact]
    public void Namespaces_are_file_scoped_and_follow_the_folders() => None(
        from source in Sources.Value
        where source.File.StartsWith("src/AiOrchestrator.Core/", StringComparison.Ordinal)
            || source.File.StartsWith("src/AiOrchestrator.Ledger/", StringComparison.Ordinal)
        let expected = Path.GetDirectoryName(source.File)!["src/".Length..].Replace('/', '.').Replace('\\', '.')
        where !source.Text.Code.Contains($"namespace {expected};", StringComparison.Ordinal)
        select $"{source.File} is not in namespace {expected}");

    [Fact]
    public void No_file_names_a_package_registry_or_a_path_of_one_machine() => None(
        from file in Repository.TextFiles
        let text = Repository.Read(file)
        from word in RegistryHosts.Concat(MachinePaths)
        where text.Contains(word, StringComparison.OrdinalIgnoreCase)
        select $"{file} holds '{word}'");

    [Fact]
    public void Only_tests_look_for_what_lies_beside_the_repository() => None(
        from file in Repository.TextFiles
        where !file.StartsWith("tests/", StringComparison.Ordinal)
        where Repository.Read(file).Contains("shared/data", StringComparison.Ordinal)
        select $"{file} names shared/data");

    private static IEnumerable<string> Matches(Regex pattern) =>
        from source in Sources.Value
        from Match match in pattern.Matches(source.Text.Code)
        select $"{source.File}:{source.Text.LineOf(match.Index)} {match.Value}";

    private static string At(string file, SourceComment found) => $"{file}:{found.Line} {found.Text.Trim()}";

    private static void None(IEnumerable<string> faults)
    {
        var all = faults.Take(50).ToList();
        Assert.True(all.Count == 0, string.Join('\n', all));
    }

    [GeneratedRegex(@"\b(TODO|FIXME|HACK|XXX)\b", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Later();

    /// <summary>A comment that ends as statements end, or begins as they begin and has their punctuation.</summary>
    [GeneratedRegex(@"^(//|/\*)\s*(.*[\w)\]}""];|[{}]|(var|return|await|if|for|foreach|while|throw|using|public|private|internal)\b[^.]*[({=;]\s*)\s*(\*/)?$",
        RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex DeadCode();

    [GeneratedRegex(@"^#\s*(region|endregion|nullable\s+disable)", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex BannedDirective();

    [GeneratedRegex(@"\bThread\s*\.\s*Sleep\b", RegexOptions.None, 1000)]
    private static partial Regex Sleep();

    [GeneratedRegex(@"\[\s*(Fact|Theory|InlineData|MemberData)[^\]]*\bSkip\s*=", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex SkippedTest();

    [GeneratedRegex(@"\bcatch\b\s*(\([^)]*\))?\s*(when\s*\(([^()]|\([^()]*\))*\))?\s*\{(?<body>\s*)\}", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex EmptyCatch();
}

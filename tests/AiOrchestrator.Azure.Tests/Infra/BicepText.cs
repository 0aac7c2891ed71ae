using System.Text.RegularExpressions;
using AiOrchestrator.Tests.House;

namespace AiOrchestrator.Azure.Tests.Infra;

/// <summary>A parameter of a Bicep file.</summary>
/// <param name="Name">As written.</param>
/// <param name="Type">As written, such as <c>string</c>.</param>
/// <param name="Default">The expression behind the equals sign; null: whoever uses the file must give one.</param>
/// <param name="Allowed">What <c>@allowed</c> lists; empty: anything.</param>
internal sealed record BicepParameter(string Name, string Type, string? Default, IReadOnlyList<string> Allowed);

/// <summary>A module that a Bicep file uses.</summary>
/// <param name="Symbol">What the file calls it.</param>
/// <param name="Path">As written: relative to the file.</param>
/// <param name="Passed">Names of the parameters it is given.</param>
internal sealed record BicepModule(string Symbol, string Path, IReadOnlyList<string> Passed);

/// <summary>
/// What the tests need of a Bicep file, read from its text: the compiler cannot be had everywhere (eng/bicep uses it where it can). Files
/// are as the formatter leaves them, which eng/bicep checks.
/// </summary>
internal sealed partial class BicepText
{
    private BicepText(string file)
    {
        File = file;
        Text = Comment().Replace(Repository.Read(file).ReplaceLineEndings("\n"), "");
        Parameters = [.. Parameter().Matches(Text).Select(ToParameter)];
        Outputs = [.. Output().Matches(Text).Select(static m => m.Groups["name"].Value)];
        Modules = [.. Module().Matches(Text).Select(ToModule)];
    }

    public string File { get; }

    /// <summary>Without comments.</summary>
    public string Text { get; }

    public IReadOnlyList<BicepParameter> Parameters { get; }

    public IReadOnlyList<string> Outputs { get; }

    public IReadOnlyList<BicepModule> Modules { get; }

    /// <summary>Symbol and output of everything that is read of a module.</summary>
    public IEnumerable<(string Symbol, string Output)> OutputsRead =>
        OutputRead().Matches(Text).Select(static m => (m.Groups["symbol"].Value, m.Groups["output"].Value));

    /// <summary>The strings in it, without quotes; one with an interpolation as written.</summary>
    public IEnumerable<string> Strings => StringLiteral().Matches(Text).Select(static m => m.Groups["text"].Value);

    public static BicepText Read(string file) => new(file);

    /// <summary>Every Bicep file of the repository.</summary>
    public static IReadOnlyList<BicepText> All() =>
        [.. Repository.Files.Where(static f => f.EndsWith(".bicep", StringComparison.Ordinal)).Select(Read)];

    /// <summary>The file a module of this file lies in, from the repository's root.</summary>
    public string FileOf(BicepModule module) => Path.Combine(Path.GetDirectoryName(File)!, module.Path).Replace('\\', '/');

    /// <summary>The inside of the first pair of braces after a text that must occur.</summary>
    public string BlockAfter(string start)
    {
        var at = Text.IndexOf(start, StringComparison.Ordinal);
        return at >= 0 ? Block(at) : throw new InvalidOperationException($"{File} does not hold '{start}'");
    }

    /// <summary>Names of the members that stand directly in a block.</summary>
    public static IReadOnlyList<string> Members(string block)
    {
        var names = new List<string>();
        var depth = 0;
        foreach (var line in block.Split('\n'))
        {
            if (depth == 0 && Member().Match(line) is { Success: true } member)
            {
                names.Add(member.Groups["name"].Value);
            }

            depth += line.Count(static c => c is '{' or '[' or '(') - line.Count(static c => c is '}' or ']' or ')');
        }

        return names;
    }

    private BicepModule ToModule(Match match)
    {
        var block = Block(match.Index);
        var passed = block.Contains("params: {", StringComparison.Ordinal)
            ? Members(Inside(block, block.IndexOf("params: {", StringComparison.Ordinal)))
            : [];
        return new BicepModule(match.Groups["symbol"].Value, match.Groups["path"].Value, passed);
    }

    private static BicepParameter ToParameter(Match match) => new(
        match.Groups["name"].Value,
        match.Groups["type"].Value,
        match.Groups["default"] is { Success: true } value ? value.Value : null,
        [.. Word().Matches(match.Groups["allowed"].Value).Select(static m => m.Value)]);

    private string Block(int at) => Inside(Text, at);

    private static string Inside(string text, int at)
    {
        var open = text.IndexOf('{', at);
        var depth = 0;
        for (var i = open; i < text.Length; i++)
        {
            depth += text[i] is '{' ? 1 : text[i] is '}' ? -1 : 0;
            if (depth == 0)
            {
                return text[(open + 1)..i];
            }
        }

        throw new InvalidOperationException("a brace is not closed");
    }

    [GeneratedRegex(@"^[ \t]*//.*$", RegexOptions.Multiline, 1000)]
    private static partial Regex Comment();

    [GeneratedRegex(@"(^@allowed\(\[(?<allowed>[^\]]*)\]\)\n(@\w+\(.*\)\n)*)?^param (?<name>\w+) (?<type>\S+)( = (?<default>.+))?$", RegexOptions.ExplicitCapture | RegexOptions.Multiline, 1000)]
    private static partial Regex Parameter();

    [GeneratedRegex(@"^output (?<name>\w+) ", RegexOptions.ExplicitCapture | RegexOptions.Multiline, 1000)]
    private static partial Regex Output();

    [GeneratedRegex(@"^module (?<symbol>\w+) '(?<path>[^']+)' = ", RegexOptions.ExplicitCapture | RegexOptions.Multiline, 1000)]
    private static partial Regex Module();

    [GeneratedRegex(@"\b(?<symbol>\w+)!?\.outputs\.(?<output>\w+)", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex OutputRead();

    [GeneratedRegex(@"'(?<text>[^'\n]*)'", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex StringLiteral();

    [GeneratedRegex(@"\w+", RegexOptions.None, 1000)]
    private static partial Regex Word();

    [GeneratedRegex(@"^\s*(?<name>[A-Za-z_]\w*):", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Member();
}

using AiOrchestrator.Classifier.Shared;
using AiOrchestrator.Core.Traffic.Facts;

namespace AiOrchestrator.Classifier;

/// <summary>
/// Makes the corpus out of what was written by hand (<c>written.txt</c>: a category behind #, then a text on each line, before it its language and a bar unless it
/// is English) and of templates (<c>families.txt</c>: a name behind =, a template, its fillers). Of ten texts, and of twelve families, three and four are held out.
/// </summary>
internal static class ExpandCorpus
{
    private const int MostOfAFamily = 9;

    /// <summary>All samples, in the order of the files.</summary>
    public static IReadOnlyList<Sample> From(string folder) =>
        [.. Written(Path.Combine(folder, "written.txt")), .. Expanded(Path.Combine(folder, "families.txt"))];

    private static IEnumerable<Sample> Written(string path)
    {
        var category = TaskCategory.Simple;
        var index = 0;
        foreach (var line in File.ReadLines(path).Where(static l => l.Length > 0))
        {
            if (line.StartsWith("# ", StringComparison.Ordinal))
            {
                category = Category(line);
                index = 0;
                continue;
            }

            var hasLanguage = line.Length > 3 && line[2] == '|';
            yield return new Sample(
                Unescape(hasLanguage ? line[3..] : line), category, hasLanguage ? line[..2] : "en", $"{category.Word()}-written-{index}", IsWritten: true, index++ % 10 is 1 or 4 or 7);
        }
    }

    private static IEnumerable<Sample> Expanded(string path)
    {
        var category = TaskCategory.Simple;
        var index = 0;
        var lines = File.ReadAllLines(path);
        for (var at = 0; at < lines.Length; at++)
        {
            if (lines[at].StartsWith("# ", StringComparison.Ordinal))
            {
                category = Category(lines[at]);
                index = 0;
            }
            else if (lines[at].StartsWith("= ", StringComparison.Ordinal))
            {
                var words = lines[at][2..].Split(' ');
                var template = lines[++at];
                var fillers = new List<string[]>();
                while (at + 1 < lines.Length && lines[at + 1].Length > 2 && lines[at + 1][1] == ':')
                {
                    fillers.Add(lines[++at][2..].Split(" | ", StringSplitOptions.TrimEntries));
                }

                var isHeldOut = index++ % 3 == 1;
                foreach (var text in Fill(template, fillers))
                {
                    yield return new Sample(
                        Unescape(text), category, words.Length > 1 ? words[1] : "en", $"{category.Word()}-{words[0]}", IsWritten: false, isHeldOut);
                }
            }
        }
    }

    /// <summary>As many of all combinations as are taken, spread evenly.</summary>
    private static IEnumerable<string> Fill(string template, List<string[]> fillers)
    {
        var all = fillers.Aggregate(1, static (product, filler) => product * filler.Length);
        var taken = Math.Min(all, MostOfAFamily);
        for (var i = 0; i < taken; i++)
        {
            var text = template;
            var rest = i * all / taken;
            for (var f = 0; f < fillers.Count; f++)
            {
                text = text.Replace($"{{{(char)('a' + f)}}}", fillers[f][rest % fillers[f].Length], StringComparison.Ordinal);
                rest /= fillers[f].Length;
            }

            yield return text;
        }
    }

    private static TaskCategory Category(string line) =>
        TaskCategories.Parse(line[2..].Trim()) ?? throw new InvalidDataException($"no such category: {line}");

    private static string Unescape(string text) => text.Replace("\\n", "\n", StringComparison.Ordinal);
}

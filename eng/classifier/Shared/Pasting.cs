using System.Globalization;
using System.Text;
using AiOrchestrator.Core.Traffic.Facts;

namespace AiOrchestrator.Classifier.Shared;

/// <summary>
/// Texts of the corpus with material beside them, as users paste it: a letter to be answered, notes to be summarised, a file to be repaired. What is asked for stays
/// what it was. The material that is held out is none that was learnt from.
/// </summary>
internal static class Pasting
{
    private const int MostPieces = 30;

    /// <summary>Reads the material: pieces of prose, and behind <c># code</c> pieces of code, one on each line.</summary>
    public static (string[] Prose, string[] Code) Read(string root)
    {
        var lines = File.ReadAllLines(Path.Combine(root, "eng/classifier/corpus/material.txt"));
        var code = Array.IndexOf(lines, "# code");
        return ([.. lines[..code].Where(static l => l.Length > 0)], [.. lines[(code + 1)..].Where(static l => l.Length > 0).Select(static l => l.Replace("\\n", "\n", StringComparison.Ordinal))]);
    }

    /// <summary>Every text with something behind or before it; of what is asked in another language than English, or is simple because it is short, none.</summary>
    public static IEnumerable<Sample> Of(IReadOnlyList<Sample> samples, (string[] Prose, string[] Code) material, bool isHeldOut)
    {
        var random = 20260102UL;
        foreach (var sample in samples.Where(static s => s.Language == "en" && s.Category != TaskCategory.Simple))
        {
            var text = new StringBuilder();
            var isCode = sample.Category == TaskCategory.Coding && Next(2) == 0;
            var pool = isCode ? material.Code : material.Prose;
            var pieces = isCode ? 1 + Next(3) : 2 + Next(MostPieces);
            for (var i = 0; i < pieces; i++)
            {
                // Even places are learnt from, odd ones held out.
                text.Append(pool[(Next(pool.Length / 2) * 2) + (isHeldOut ? 1 : 0)]).Append(Next(5) switch { 0 => "\n\n", 1 => "\n", _ => " " });
            }

            // One in three pastes first and asks then.
            yield return sample with { Text = Next(3) == 0 ? $"{text.ToString().TrimEnd()}\n\n{sample.Text}" : $"{sample.Text}\n\n{text}" };
        }

        int Next(int below)
        {
            random = unchecked((random * 6364136223846793005) + 1442695040888963407);
            return (int)((random >> 33) % (ulong)below);
        }
    }

    /// <summary>The figures in a sentence, as the documentation has them.</summary>
    public static string Line(Evaluation pasted) => string.Create(
        CultureInfo.InvariantCulture, $"With material pasted behind or before what is asked: macro-F1 {pasted.MacroF1Of(static c => c != TaskCategory.Simple):0.000}, accuracy {pasted.Accuracy:0.000}, over {pasted.Samples} texts.\n");
}

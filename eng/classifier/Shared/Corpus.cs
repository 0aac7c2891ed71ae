using System.Text.Encodings.Web;
using System.Text.Json;
using AiOrchestrator.Core.Traffic.Facts;

namespace AiOrchestrator.Classifier.Shared;

/// <summary>One text of the corpus.</summary>
/// <param name="Text">What a user says.</param>
/// <param name="Category">What it asks for.</param>
/// <param name="Language">ISO 639-1.</param>
/// <param name="Family">Whose words it shares: the template it was made from, or its own where it was written by hand.</param>
/// <param name="IsWritten">Whether it was written by hand.</param>
/// <param name="IsHeldOut">Whether the trainer never sees it. Families are held out as a whole.</param>
internal sealed record Sample(string Text, TaskCategory Category, string Language, string Family, bool IsWritten, bool IsHeldOut);

/// <summary>The corpus as a file: a JSON object on each line.</summary>
internal static class Corpus
{
    /// <summary>Where it lies, from the repository's root.</summary>
    public const string File = "eng/classifier/corpus/corpus.jsonl";

    private static readonly JsonWriterOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Reads it.</summary>
    /// <exception cref="InvalidDataException">A line names no category.</exception>
    public static IReadOnlyList<Sample> Read(string path) => [.. System.IO.File.ReadLines(path).Where(static line => line.Length > 0).Select(Parse)];

    /// <summary>Writes it.</summary>
    public static void Write(string path, IEnumerable<Sample> samples)
    {
        using var file = System.IO.File.Create(path);
        foreach (var sample in samples)
        {
            using (var writer = new Utf8JsonWriter(file, Plain))
            {
                writer.WriteStartObject();
                writer.WriteString("text", sample.Text);
                writer.WriteString("category", sample.Category.Word());
                writer.WriteString("language", sample.Language);
                writer.WriteString("family", sample.Family);
                writer.WriteString("origin", sample.IsWritten ? "written" : "expanded");
                writer.WriteString("split", sample.IsHeldOut ? "held_out" : "train");
                writer.WriteEndObject();
            }

            file.WriteByte((byte)'\n');
        }
    }

    private static Sample Parse(string line)
    {
        using var document = JsonDocument.Parse(line);
        var root = document.RootElement;
        string Of(string name) => root.GetProperty(name).GetString()!;
        return new Sample(
            Of("text"),
            TaskCategories.Parse(Of("category")) ?? throw new InvalidDataException($"no such category: {line}"),
            Of("language"),
            Of("family"),
            Of("origin") == "written",
            Of("split") == "held_out");
    }
}

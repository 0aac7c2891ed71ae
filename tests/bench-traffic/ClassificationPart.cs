using System.Globalization;
using AiOrchestrator.Core.Providers;
using AiOrchestrator.Core.Traffic.Classifying;
using AiOrchestrator.Core.Traffic.Facts;

namespace AiOrchestrator.Bench.Traffic;

/// <summary>Telling what kind of work a call is, from its words. Goals: 200 µs for 4 KB, 2 ms for 100 KB.</summary>
internal sealed class ClassificationPart : Part
{
    private const string Prose =
        "The harbour authority has moved the ferry timetable to the second quay since the storm, and passengers with bicycles now board before all others. "
        + "public async Task<int> CountAsync(Stream source) { var buffer = new byte[4096]; return await source.ReadAsync(buffer); } "
        + "Pourriez-vous traduire cette phrase et expliquer pourquoi le verbe change ? ";

    /// <inheritdoc/>
    public override string Name => "classification";

    /// <inheritdoc/>
    public override bool Run(Measure measure)
    {
        Console.WriteLine("| classification | characters | µs | bytes |");
        Console.WriteLine("|---|---:|---:|---:|");
        var isSound = true;
        foreach (var length in new[] { 100, 4_000, 100_000 })
        {
            var all = string.Concat(Enumerable.Repeat(Prose, (length / Prose.Length) + 1))[..length].AsMemory();
            var text = new PromptText(all, 0, 1, IsCut: false);
            Classification? found = null;
            var (ns, bytes) = measure.Time(() => found = TaskClassifier.Classify(ModelCall.ChatCompletions, text, CallNeeds.None, (length / 4) + 1));
            isSound &= found is { Confidence: >= 0 and <= 1, Reason.Length: > 0 };
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| {found?.Category.Word()} | {length:n0} | {ns / 1000:n1} | {bytes:n0} |"));
        }

        return isSound;
    }
}

using System.Globalization;
using AiOrchestrator.Classifier;
using AiOrchestrator.Classifier.Shared;
using AiOrchestrator.Core.Traffic.Classifying;

// dotnet run --project eng/classifier [-- FOLDER]: expands the corpus, trains, writes the resource and the figures. FOLDER is the repository; else the one above.
const string Begin = "<!-- figures: written by eng/classifier -->", End = "<!-- end of figures -->";
var root = args.Length > 0 ? args[0] : FindRoot();
var samples = ExpandCorpus.From(Path.Combine(root, "eng/classifier/corpus"));
Corpus.Write(Path.Combine(root, Corpus.File), samples);
Console.WriteLine(
    string.Create(CultureInfo.InvariantCulture, $"{samples.Count} texts, {samples.Count(static s => s.IsWritten)} written by hand, {samples.Count(static s => s.IsHeldOut)} held out"));

var material = Pasting.Read(root);
List<Sample> learnt = [.. samples.Where(static s => !s.IsHeldOut)];
var resource = Training.Run(learnt, [.. Pasting.Of(learnt, material, isHeldOut: false)]);
File.WriteAllBytes(Path.Combine(root, "src/AiOrchestrator.Core/Traffic/Classifying/classifier.bin"), resource);
var model = ClassifierModel.Read(resource);
var trained = Evaluation.Of(learnt, model);
List<Sample> held = [.. samples.Where(static s => s.IsHeldOut)];
var pasted = Evaluation.Of(Pasting.Of(held, material, isHeldOut: true), model);
Console.WriteLine(pasted.Tables());
var evaluation = Evaluation.Of(held, model, static (sample, found) =>
    Console.WriteLine($"{sample.Category} not {found.Category}, {found.Confidence:0.00}, {found.Language}: {sample.Text[..Math.Min(sample.Text.Length, 90)]}"));
Console.WriteLine(evaluation.Tables());
Console.WriteLine(string.Create(
    CultureInfo.InvariantCulture,
    $"macro-F1 {evaluation.MacroF1:0.000} held out, {trained.MacroF1:0.000} trained; languages right {evaluation.LanguagesRight} of {evaluation.Samples}; {resource.Length} bytes"));

var page = Path.Combine(root, "docs/operations/routing-classification.md");
var text = File.ReadAllText(page);
var (from, to) = (text.IndexOf(Begin, StringComparison.Ordinal) + Begin.Length, text.IndexOf(End, StringComparison.Ordinal));
File.WriteAllText(page, $"{text[..from]}\n\n{evaluation.Tables()}\n{Pasting.Line(pasted)}\n{text[to..]}");
return evaluation.MacroF1 >= 0.85 ? 0 : 1;

static string FindRoot()
{
    for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
    {
        if (File.Exists(Path.Combine(folder.FullName, "AiOrchestrator.sln")))
        {
            return folder.FullName;
        }
    }

    throw new InvalidOperationException("Run it from within the repository, or name its folder.");
}

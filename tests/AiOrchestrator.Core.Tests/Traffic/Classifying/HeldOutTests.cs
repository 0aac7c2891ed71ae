using AiOrchestrator.Classifier.Shared;
using AiOrchestrator.Core.Traffic.Classifying;
using AiOrchestrator.Core.Traffic.Facts;
using AiOrchestrator.Tests.House;

namespace AiOrchestrator.Core.Tests.Traffic.Classifying;

/// <summary>The weights that ship, on texts the trainer has never seen. Written by eng/classifier; when this fails, run that.</summary>
public sealed class HeldOutTests
{
    private const string Page = "docs/operations/routing-classification.md";

    private static readonly Lazy<IReadOnlyList<Sample>> Samples = new(static () => Corpus.Read(Path.Combine(Repository.Root, Corpus.File)));

    private static readonly Lazy<Evaluation> HeldOut = new(static () => Evaluation.Of(Samples.Value.Where(static s => s.IsHeldOut), ClassifierModel.Shipped));

    [Fact]
    public void Macro_F1_is_85_percent_or_more() => Assert.InRange(HeldOut.Value.MacroF1, 0.85, 1);

    [Fact]
    public void What_is_pasted_beside_a_request_does_not_change_what_it_is()
    {
        var pasted = Evaluation.Of(Pasting.Of([.. Samples.Value.Where(static s => s.IsHeldOut)], Pasting.Read(Repository.Root), isHeldOut: true), ClassifierModel.Shipped);

        Assert.InRange(pasted.MacroF1Of(static c => c != TaskCategory.Simple), 0.7, 1);
        Assert.Contains(Pasting.Line(pasted), Repository.Read(Page), StringComparison.Ordinal);
    }

    [Fact]
    public void No_category_is_guessed() => Assert.All(Enum.GetValues<TaskCategory>(), static c => Assert.InRange(HeldOut.Value.F1((int)c), 0.7, 1));

    [Fact]
    public void The_documented_figures_are_those() => Assert.Contains(HeldOut.Value.Tables(), Repository.Read(Page), StringComparison.Ordinal);

    [Fact]
    public void Nine_languages_of_ten_are_told() => Assert.InRange(HeldOut.Value.LanguagesRight / (double)HeldOut.Value.Samples, 0.9, 1);

    [Fact]
    public void No_family_and_no_text_stands_on_both_sides()
    {
        var (held, trained) = (Samples.Value.Where(static s => s.IsHeldOut).ToList(), Samples.Value.Where(static s => !s.IsHeldOut).ToList());

        Assert.Empty(held.Select(static s => s.Family).Intersect(trained.Select(static s => s.Family), StringComparer.Ordinal));
        Assert.Empty(held.Select(static s => s.Text).Intersect(trained.Select(static s => s.Text), StringComparer.Ordinal));
    }

    [Fact]
    public void The_corpus_is_large_and_hand_written_enough()
    {
        Assert.InRange(Samples.Value.Count(static s => s.IsWritten) / (double)Samples.Value.Count, 0.3, 1);
        Assert.InRange(Samples.Value.Select(static s => s.Language).Distinct().Count(), 20, 100);
        Assert.All(Enum.GetValues<TaskCategory>(), static c =>
        {
            Assert.InRange(Samples.Value.Count(s => s.Category == c), 100, 1000);
            Assert.InRange(Samples.Value.Count(s => s.Category == c && s.IsHeldOut), 40, 1000);
        });
    }
}

using System.Text.Json;
using AiOrchestrator.Core.Caching.Embedding;
using AiOrchestrator.Core.Caching.Matching;
using AiOrchestrator.Tests.House;

namespace AiOrchestrator.Core.Tests.Caching.Matching;

/// <summary>The 1,000 pairs of eng/caching, of which 600 are near and need another answer.</summary>
public sealed class LabelledPairsTests
{
    /// <summary>Hits on pairs that mean the same, whatever their similarity: tune and held out. A change that loses some is to be one that was meant.</summary>
    private const int LeastHits = 30;

    private static readonly Lazy<List<Pair>> Pairs = new(static () =>
        [.. File.ReadLines(Path.Combine(Repository.Root, "eng", "caching", "pairs.jsonl")).Select(static line => Pair.Of(JsonSerializer.Deserialize<JsonElement>(line)))]);

    [Fact]
    public void All_1000_pairs_are_read() => Assert.Equal((400, 600), (Pairs.Value.Count(static p => p.IsSame), Pairs.Value.Count(static p => !p.IsSame)));

    /// <summary>The threshold keeps out what is far, not what is wrong: a provider's embedding puts most of these above any. So the verification alone must refuse them all.</summary>
    [Theory]
    [InlineData(0.92f)]
    [InlineData(0.5f)]
    [InlineData(0.0f)]
    [InlineData(-1.0f)]
    public void No_pair_that_needs_another_answer_is_a_hit_in_either_order(float threshold) => Assert.Empty(
        from pair in Pairs.Value
        where !pair.IsSame && Similarity(pair) >= threshold && (Matches(pair.A, pair.B) || Matches(pair.B, pair.A))
        select pair);

    [Fact]
    public void Which_is_asked_first_makes_no_difference() => Assert.All(Pairs.Value, static pair => Assert.Equal(Compare(pair.A, pair.B), Compare(pair.B, pair.A)));

    [Fact]
    public void Every_prompt_is_the_same_as_itself() =>
        Assert.All(Pairs.Value.SelectMany(static p => new[] { p.A, p.B }), static text => Assert.Equal(Mismatch.None, Compare(text, $"  {text} ")));

    [Fact]
    public void Some_pairs_that_mean_the_same_are_hits() => Assert.InRange(Pairs.Value.Count(static p => p.IsSame && Matches(p.A, p.B)), LeastHits, 400);

    [Fact]
    public void Without_the_verification_many_would_be_wrong() => Assert.True(Pairs.Value.Count(static p => !p.IsSame && Similarity(p) >= 0.92f) > 50);

    private static bool Matches(string a, string b) => Compare(a, b) == Mismatch.None;

    private static Mismatch Compare(string a, string b) => QuestionMatch.Compare(QuestionFacts.Read(a), QuestionFacts.Read(b));

    private static float Similarity(Pair pair)
    {
        var a = new float[HashedEmbedding.Size];
        var b = new float[HashedEmbedding.Size];
        Assert.True(HashedEmbedding.TryWrite(pair.A, a));
        Assert.True(HashedEmbedding.TryWrite(pair.B, b));
        return a.Zip(b, static (x, y) => x * y).Sum();
    }

    private sealed record Pair(string Id, bool IsSame, string A, string B)
    {
        public static Pair Of(JsonElement line) =>
            new(line.GetProperty("id").GetString()!, line.GetProperty("label").GetString() == "same", line.GetProperty("a").GetString()!, line.GetProperty("b").GetString()!);
    }
}

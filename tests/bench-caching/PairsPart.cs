using System.Globalization;
using AiOrchestrator.Core.Caching.Embedding;
using AiOrchestrator.Core.Caching.Matching;

namespace AiOrchestrator.Bench.Caching;

/// <summary>The 1,000 labelled pairs: how many that mean the same are hits, and whether any that do not are, at several thresholds; and what deciding takes.</summary>
internal sealed class PairsPart : Part
{
    private static readonly float[] Thresholds = [0.92f, 0.85f, 0.8f, 0.7f, 0.5f, -1f];

    public override string Name => "pairs";

    public override bool Run(Measure measure) => RunAsync(measure).GetAwaiter().GetResult();

    private static async Task<bool> RunAsync(Measure measure)
    {
        var pairs = Files.Lines("eng", "caching", "pairs.jsonl").ConvertAll(static line => new Pair(
            line.GetProperty("label").GetString()!, line.GetProperty("kind").GetString()!, line.GetProperty("split").GetString()!, line.GetProperty("a").GetString()!, line.GetProperty("b").GetString()!));
        var isSound = await PrintAsync(pairs, new HashedEmbedding());
        using (var embedder = measure.IsQuick ? null : Embedder.Start())
        {
            if (embedder is not null)
            {
                await embedder.LearnAsync(pairs.SelectMany(static pair => new[] { pair.A, pair.B }));
                isSound &= await PrintAsync(pairs, embedder);
            }
        }

        PrintTimes(measure);
        return isSound;
    }

    private static async Task<bool> PrintAsync(List<Pair> pairs, IEmbedding embedding)
    {
        var rows = new SortedDictionary<(string Label, string Kind, string Split), Row>();
        foreach (var pair in pairs)
        {
            var similarity = await SimilarityAsync(embedding, pair);
            var isMatch = QuestionMatch.Compare(QuestionFacts.Read(pair.A), QuestionFacts.Read(pair.B)) == Mismatch.None
                || QuestionMatch.Compare(QuestionFacts.Read(pair.B), QuestionFacts.Read(pair.A)) == Mismatch.None;
            foreach (var key in new[] { (pair.Label, pair.Kind, pair.Split), (pair.Label, "all", pair.Split), (pair.Label, "all", "both") })
            {
                if (!rows.TryGetValue(key, out var row))
                {
                    rows[key] = row = new Row(Thresholds.Length);
                }

                row.Add(similarity, isMatch);
            }
        }

        Console.WriteLine();
        Console.WriteLine($"Pairs, embedding {embedding.Id}. In each cell: hits after the verification / near enough before it");
        Console.WriteLine($"{"label",-10}{"kind",-20}{"split",-10}{"pairs",6}{string.Concat(Thresholds.Select(static t => t < 0 ? $"{"any",12}" : $"{string.Create(CultureInfo.InvariantCulture, $">= {t:0.00}"),12}"))}");
        foreach (var ((label, kind, split), row) in rows)
        {
            Console.WriteLine($"{label,-10}{kind,-20}{split,-10}{row.Pairs,6}{row}");
        }

        var wrong = rows[("different", "all", "both")].Hits[^1];
        Console.WriteLine($"wrong hits: {wrong} of 600");
        return wrong == 0;
    }

    private static async Task<float> SimilarityAsync(IEmbedding embedding, Pair pair) =>
        Vectors.Cosine((await embedding.EmbedAsync(pair.A, CancellationToken.None))!, (await embedding.EmbedAsync(pair.B, CancellationToken.None))!);

    private static void PrintTimes(Measure measure)
    {
        const string Question =
            "Could you please tell me how many days a standard shipment needs to arrive? I ordered two lamps on 5 October and paid by credit card, but the tracking page has not changed since last Monday, so I wonder.";
        var vector = new float[HashedEmbedding.Size];
        var facts = QuestionFacts.Read(Question);
        var other = QuestionFacts.Read(Question.Replace("two", "three", StringComparison.Ordinal));
        Console.WriteLine();
        Console.WriteLine($"A question of {Question.Length} characters, microseconds on one thread:");
        Console.WriteLine($"  embedding hashed-1  {measure.Time(() => _ = HashedEmbedding.TryWrite(Question, vector)).Ns / 1000,6:0.0}");
        Console.WriteLine($"  reading its facts   {measure.Time(() => _ = QuestionFacts.Read(Question)).Ns / 1000,6:0.0}");
        Console.WriteLine($"  comparing two       {measure.Time(() => _ = QuestionMatch.Compare(facts, other)).Ns / 1000,6:0.0}");
    }

    private sealed record Pair(string Label, string Kind, string Split, string A, string B);

    /// <summary>Counts of a row, by threshold.</summary>
    private sealed class Row(int thresholds)
    {
        private readonly int[] _near = new int[thresholds];

        public int Pairs { get; private set; }

        public int[] Hits { get; } = new int[thresholds];

        public void Add(float similarity, bool isMatch)
        {
            Pairs++;
            for (var at = 0; at < Thresholds.Length; at++)
            {
                if (similarity >= Thresholds[at])
                {
                    _near[at]++;
                    Hits[at] += isMatch ? 1 : 0;
                }
            }
        }

        public override string ToString() => string.Concat(Hits.Zip(_near, static (hits, near) => $"{$"{hits}/{near}",12}"));
    }
}

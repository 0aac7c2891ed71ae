using System.Globalization;
using AiOrchestrator.Core.Caching.Embedding;
using AiOrchestrator.Core.Caching.Matching;

namespace AiOrchestrator.Bench.Caching;

/// <summary>
/// Traffic as it may be, through the exact match, the embedding, a search for what is near in the same context, and the verification: what is served, what it
/// saves, and whether another question's answer ever is.
/// </summary>
internal sealed class WorkloadsPart : Part
{
    private const int Calls = 10_000;
    private const int Seed = 8;
    private const int Nearest = 8;
    private static readonly float[] Thresholds = [0.92f, 0.8f, 0.5f];

    public override string Name => "workloads";

    public override bool Run(Measure measure) => RunAsync(measure.IsQuick).GetAwaiter().GetResult();

    private static async Task<bool> RunAsync(bool isQuick)
    {
        var faq = new Workload(Seed).Faq(Calls);
        var mixed = new Workload(Seed).Mixed(Calls, doChatsRecur: true);
        var alone = new Workload(Seed).Mixed(Calls, doChatsRecur: false);
        Console.WriteLine();
        Console.WriteLine($"Workloads of {Calls:N0} calls (seed {Seed}); answers priced as gpt-4o-mini's, all as long as the FAQ's. Unverified: other answers that would have been served at the threshold alone");
        Console.WriteLine($"{"workload",-26}{"embedding",-14}{"cosine",8}{"exact",9}{"semantic",10}{"hits",9}{"tokens saved",15}{"money saved",13}{"wrong",7}{"unverified",12}");
        var isSound = await RunAllAsync(faq, mixed, alone, new HashedEmbedding(), isQuick ? Thresholds[^1..] : Thresholds);
        using var embedder = isQuick ? null : Embedder.Start();
        if (embedder is not null)
        {
            await embedder.LearnAsync(faq.Concat(mixed).Concat(alone).Select(static call => call.Question));
            isSound &= await RunAllAsync(faq, mixed, alone, embedder, Thresholds);
        }

        return isSound;
    }

    private static async Task<bool> RunAllAsync(List<Call> faq, List<Call> mixed, List<Call> alone, IEmbedding embedding, float[] thresholds)
    {
        var isSound = true;
        foreach (var threshold in thresholds)
        {
            isSound &= (await RunAsync("FAQ", faq, embedding, threshold)).IsSound(leastHits: 0.8, leastSaved: 0);
            isSound &= (await RunAsync("mixed", mixed, embedding, threshold)).IsSound(leastHits: 0, leastSaved: 0.3);
            isSound &= (await RunAsync("mixed, no chat twice", alone, embedding, threshold)).IsSound(leastHits: 0, leastSaved: 0);
        }

        return isSound;
    }

    private static async Task<Outcome> RunAsync(string name, List<Call> calls, IEmbedding embedding, float threshold)
    {
        var cache = new SmallCache();
        var outcome = new Outcome();
        foreach (var call in calls)
        {
            outcome.Add(call, await cache.AskAsync(call, embedding, threshold));
        }

        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{name,-26}{embedding.Id,-14}{threshold,8:0.00}{outcome.Exact,9:0.0 %}{outcome.Semantic,10:0.0 %}{outcome.Hits,9:0.0 %}{outcome.TokensSaved,15:0.0 %}{outcome.MoneySaved,13:0.0 %}{outcome.Wrong,7}{outcome.WrongUnverified,12}"));
        return outcome;
    }

    /// <summary>What a call was answered with.</summary>
    /// <param name="ServedId">Whose answer; null where the model was asked.</param>
    /// <param name="IsExact">Whether the very same was asked before.</param>
    /// <param name="NearestId">Whose answer the threshold alone would have served; null for none.</param>
    private readonly record struct Served(string? ServedId, bool IsExact, string? NearestId);

    /// <summary>The cache as the product has it, with a search that looks at everything.</summary>
    private sealed class SmallCache
    {
        private readonly Dictionary<(string Context, string Question), string> _exact = [];
        private readonly Dictionary<string, List<Entry>> _partitions = new(StringComparer.Ordinal);

        public async ValueTask<Served> AskAsync(Call call, IEmbedding embedding, float threshold)
        {
            if (_exact.TryGetValue((call.Context, call.Question), out var same))
            {
                return new(same, IsExact: true, null);
            }

            var vector = await embedding.EmbedAsync(call.Question, CancellationToken.None);
            var facts = QuestionFacts.Read(call.Question);
            if (!_partitions.TryGetValue(call.Context, out var entries))
            {
                _partitions[call.Context] = entries = [];
            }

            var near = vector is null ? [] : entries
                .Select(entry => (Entry: entry, Similarity: Vectors.Cosine(entry.Vector, vector)))
                .Where(found => found.Similarity >= threshold)
                .OrderByDescending(static found => found.Similarity)
                .Take(Nearest)
                .ToList();
            var match = near.Find(found => QuestionMatch.Compare(facts, found.Entry.Facts) == Mismatch.None).Entry;
            if (match is null)
            {
                _exact.Add((call.Context, call.Question), call.Id);
                if (vector is not null)
                {
                    entries.Add(new(call.Id, vector, facts));
                }
            }

            return new(match?.Id, IsExact: false, near.Count > 0 ? near[0].Entry.Id : null);
        }

        private sealed record Entry(string Id, float[] Vector, QuestionFacts Facts);
    }

    /// <summary>What a workload comes to.</summary>
    private sealed class Outcome
    {
        private int _calls, _exact, _semantic;
        private long _tokens, _tokensSaved;
        private decimal _money, _moneySaved;

        public int Wrong { get; private set; }

        public int WrongUnverified { get; private set; }

        public double Exact => (double)_exact / _calls;

        public double Semantic => (double)_semantic / _calls;

        public double Hits => Exact + Semantic;

        public double TokensSaved => (double)_tokensSaved / _tokens;

        public double MoneySaved => (double)(_moneySaved / _money);

        public void Add(Call call, Served served)
        {
            var tokens = call.PromptTokens + call.AnswerTokens;
            _calls++;
            _tokens += tokens;
            _money += call.CostUsd;
            WrongUnverified += served.NearestId is { } nearest && nearest != call.Id ? 1 : 0;
            if (served.ServedId is null)
            {
                return;
            }

            _exact += served.IsExact ? 1 : 0;
            _semantic += served.IsExact ? 0 : 1;
            _tokensSaved += tokens;
            _moneySaved += call.CostUsd;
            Wrong += served.ServedId == call.Id ? 0 : 1;
        }

        public bool IsSound(double leastHits, double leastSaved) => Wrong == 0 && Hits >= leastHits && MoneySaved >= leastSaved;
    }
}

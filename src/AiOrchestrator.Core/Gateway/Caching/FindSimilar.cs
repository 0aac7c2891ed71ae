using AiOrchestrator.Core.Caching;
using AiOrchestrator.Core.Caching.Matching;
using AiOrchestrator.Core.Caching.Requests;
using AiOrchestrator.Core.Caching.Vectors;
using Microsoft.Extensions.Logging;

namespace AiOrchestrator.Core.Gateway.Caching;

/// <summary>
/// Finds the answer to another question that means the same: of the questions that differ in nothing else those that are near by their vectors, of those the first
/// that stands the comparison word by word (<see cref="QuestionMatch"/>).
/// </summary>
internal sealed class FindSimilar(EmbedQuestion embed, IVectorIndex index, CacheBook book, TimeProvider time, ILogger<FindSimilar> log)
{
    /// <summary>So many of those that are near are compared.</summary>
    private const int MostCompared = 8;

    /// <summary>An index that is asked over a network may be slow: after this the provider is asked instead.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(250);

    /// <summary>An answer to another question.</summary>
    /// <param name="Entry">The answer.</param>
    /// <param name="Similarity">How near its question is: a cosine.</param>
    internal sealed record Found(CacheEntry Entry, float Similarity);

    /// <summary>Where the vector of a question lies: with those that differ from it in nothing else, made by the same embedding.</summary>
    public VectorPartition PartitionOf(CacheCall cache, in CacheTerms terms) => new(cache.Namespace, $"{embed.NameOf(cache.Policy)}|{cache.Request!.Context(terms)}");

    /// <summary>Null where there is none.</summary>
    public async ValueTask<Found?> RunAsync(Exchange exchange, CacheCall cache)
    {
        if (cache.Request!.QuestionUtf8 is null || (cache.Vector = await embed.RunAsync(exchange, cache)) is not { } vector || cache.Refreshes)
        {
            return null;
        }

        var partition = PartitionOf(cache, cache.Terms(exchange.Route!));
        var question = new Lazy<QuestionFacts>(() => QuestionFacts.Read(System.Text.Encoding.UTF8.GetString(cache.Request.QuestionUtf8)));
        foreach (var hit in await SearchAsync(partition, vector, (float)cache.Policy.MinSimilarity, exchange.Context.RequestAborted))
        {
            // Where there is none it has expired, was flushed or is not known in time; whoever deletes it deletes its vector.
            if (await book.FindAsync(cache.Namespace, hit.Id, CancellationToken.None) is { } entry && entry.Partition == partition.Name
                && entry.Question is { } other && QuestionMatch.Compare(question.Value, QuestionFacts.Read(other)) == Mismatch.None)
            {
                return new Found(entry, hit.Similarity);
            }
        }

        return null;
    }

    /// <summary>Keeps a question's vector, so that others that are near find its answer; nobody waits for it.</summary>
    public void Keep(CacheEntry entry, float[] vector) => _ = KeepAsync(new VectorPartition(entry.Namespace, entry.Partition!), entry.Key, vector);

    private async ValueTask<IReadOnlyList<VectorHit>> SearchAsync(VectorPartition partition, float[] vector, float minSimilarity, CancellationToken aborted)
    {
        try
        {
            var search = index.SearchAsync(partition, vector, MostCompared, minSimilarity, aborted);
            return search.IsCompletedSuccessfully ? search.Result : await search.AsTask().WaitAsync(Patience, time, aborted);
        }
        catch (Exception failure)
        {
            // Whatever the index failed by: without it the provider answers, as if nothing were near.
            log.LogWarning(failure, "The vector index {Index} does not answer", index.Name);
            return [];
        }
    }

    private async Task KeepAsync(VectorPartition partition, string key, float[] vector)
    {
        try
        {
            await index.PutAsync(partition, key, vector, CancellationToken.None);
        }
        catch (Exception failure)
        {
            // The answer is kept all the same; only other questions do not find it.
            log.LogWarning(failure, "The vector index {Index} does not take a vector", index.Name);
        }
    }
}

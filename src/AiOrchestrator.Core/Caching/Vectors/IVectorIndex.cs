namespace AiOrchestrator.Core.Caching.Vectors;

/// <summary>An entry that is near to what was looked for.</summary>
/// <param name="Id">The entry's.</param>
/// <param name="Similarity">The cosine of the angle between both, -1 to 1.</param>
public readonly record struct VectorHit(string Id, float Similarity);

/// <summary>Where vectors lie. Search never leaves a partition; all vectors of one have the same number of dimensions.</summary>
/// <param name="Namespace">Whose they are; what <see cref="IVectorIndex.DropAsync"/> drops.</param>
/// <param name="Name">Which of the namespace's: another for each model, context and embedding.</param>
public readonly record struct VectorPartition(string Namespace, string Name);

/// <summary>
/// Finds what is near. Vectors have the length 1. What is put is found from then on by this instance, and after a restart; what is deleted is not. Safe for
/// concurrent use.
/// </summary>
public interface IVectorIndex
{
    /// <summary>For people: <c>simd</c>, <c>azure-ai-search</c>.</summary>
    string Name { get; }

    /// <summary>Puts a vector, in the place of one with the same id.</summary>
    /// <param name="partition">Where.</param>
    /// <param name="id">1 to 128 letters, digits, <c>-</c> or <c>_</c>.</param>
    /// <param name="vector">Of length 1.</param>
    /// <param name="cancellation">Gives up: it may be put or not.</param>
    /// <exception cref="ArgumentException">It has another number of dimensions than those before it, or breaks <see cref="VectorRules"/>.</exception>
    Task PutAsync(VectorPartition partition, string id, ReadOnlyMemory<float> vector, CancellationToken cancellation);

    /// <summary>The nearest, nearest first. Nothing is near a vector with another number of dimensions than the partition's.</summary>
    /// <param name="partition">Where.</param>
    /// <param name="vector">Of length 1.</param>
    /// <param name="limit">Most that are told, 1 to 100.</param>
    /// <param name="minSimilarity">Those that are farther are left out; the similarity told is exact, whatever the index keeps.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <exception cref="ArgumentException">The limit is out of bounds, or the vector breaks <see cref="VectorRules"/>.</exception>
    ValueTask<IReadOnlyList<VectorHit>> SearchAsync(VectorPartition partition, ReadOnlyMemory<float> vector, int limit, float minSimilarity, CancellationToken cancellation);

    /// <summary>Deletes one; nothing where it is gone.</summary>
    /// <exception cref="ArgumentException">It is no id.</exception>
    Task DeleteAsync(VectorPartition partition, string id, CancellationToken cancellation);

    /// <summary>Deletes all of a namespace.</summary>
    Task DropAsync(string @namespace, CancellationToken cancellation);
}

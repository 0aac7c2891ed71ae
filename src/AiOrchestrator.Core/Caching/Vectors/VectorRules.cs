using System.Buffers;
using System.Numerics.Tensors;

namespace AiOrchestrator.Core.Caching.Vectors;

/// <summary>What every index asks of what it is given. Who breaks these rules has a mistake, so they throw.</summary>
public static class VectorRules
{
    /// <summary>Longest id, in characters.</summary>
    public const int MaxIdLength = 128;

    /// <summary>Most that one search tells.</summary>
    public const int MaxLimit = 100;

    /// <summary>How far from 1 the squared length may be: what providers round to, and no more.</summary>
    private const float Tolerance = 0.01f;

    private static readonly SearchValues<char> IdCharacters =
        SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_");

    /// <summary>Refuses what is no id.</summary>
    /// <exception cref="ArgumentException">It is empty, too long, or has other characters than letters, digits, <c>-</c> and <c>_</c>.</exception>
    public static void CheckId(string id)
    {
        ArgumentException.ThrowIfNullOrEmpty(id);
        if (id.Length > MaxIdLength || id.AsSpan().ContainsAnyExcept(IdCharacters))
        {
            throw new ArgumentException($"'{id}' is no id: 1 to {MaxIdLength} letters, digits, '-' or '_'.", nameof(id));
        }
    }

    /// <summary>Refuses a vector that has not the length 1.</summary>
    /// <exception cref="ArgumentException">It is empty, not finite, or longer or shorter.</exception>
    public static void CheckVector(ReadOnlySpan<float> vector)
    {
        if (!IsVector(vector))
        {
            throw new ArgumentException("The vector is empty, not finite or not of length 1.", nameof(vector));
        }
    }

    /// <summary>Whether a vector has the length 1.</summary>
    public static bool IsVector(ReadOnlySpan<float> vector) =>
        !vector.IsEmpty && MathF.Abs(TensorPrimitives.Dot(vector, vector) - 1) < Tolerance;

    /// <summary>Refuses a limit out of bounds.</summary>
    /// <exception cref="ArgumentOutOfRangeException">It is not 1 to <see cref="MaxLimit"/>.</exception>
    public static void CheckLimit(int limit)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(limit, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(limit, MaxLimit);
    }

    /// <summary>The cosine of the angle between two vectors of the same number of dimensions, -1 to 1 whatever is rounded.</summary>
    public static float Cosine(ReadOnlySpan<float> one, ReadOnlySpan<float> other) =>
        Math.Clamp(TensorPrimitives.CosineSimilarity(one, other), -1f, 1f);
}

using System.Numerics;

namespace AiOrchestrator.Bench.Caching;

/// <summary>What the bench needs of vectors.</summary>
internal static class Vectors
{
    /// <summary>The cosine of two vectors of length 1.</summary>
    public static float Cosine(float[] a, float[] b)
    {
        var sum = Vector<float>.Zero;
        for (var at = 0; at < a.Length; at += Vector<float>.Count)
        {
            sum += new Vector<float>(a, at) * new Vector<float>(b, at);
        }

        return Vector.Sum(sum);
    }
}

using System.Numerics.Tensors;

namespace AiOrchestrator.Core.Tests.Caching.Vectors;

/// <summary>Seeded vectors of length 1.</summary>
internal sealed class VectorSets(int seed, int dimensions)
{
    private readonly Random _random = new(seed);

    /// <summary>A number of the same chance.</summary>
    public int Next(int below) => _random.Next(below);

    /// <summary>In any direction.</summary>
    public float[] Any()
    {
        var vector = new float[dimensions];
        for (var i = 0; i < dimensions; i++)
        {
            vector[i] = (float)(_random.NextDouble() + _random.NextDouble() + _random.NextDouble() + _random.NextDouble() - 2);
        }

        return OfLengthOne(vector);
    }

    /// <summary>A few numbers and else zeros, as hashed words and letters give.</summary>
    public float[] Sparse(int numbers)
    {
        var vector = new float[dimensions];
        for (var i = 0; i < numbers; i++)
        {
            vector[_random.Next(dimensions)] += _random.Next(2) == 0 ? 1 : -1;
        }

        return vector.All(static x => x == 0) ? Sparse(numbers) : OfLengthOne(vector);
    }

    /// <summary>In any direction, at this cosine of another.</summary>
    public float[] At(float[] of, double cosine)
    {
        var aside = Any();
        var along = TensorPrimitives.Dot(of, aside);
        aside = OfLengthOne([.. aside.Select((x, i) => x - (along * of[i]))]);
        return OfLengthOne([.. of.Select((x, i) => (float)((cosine * x) + (Math.Sqrt(1 - (cosine * cosine)) * aside[i])))]);
    }

    private static float[] OfLengthOne(float[] vector)
    {
        var length = Math.Sqrt(vector.Sum(static x => (double)x * x));
        return [.. vector.Select(x => (float)(x / length))];
    }
}

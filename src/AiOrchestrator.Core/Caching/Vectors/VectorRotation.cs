using System.Numerics;
using System.Runtime.InteropServices;

namespace AiOrchestrator.Core.Caching.Vectors;

/// <summary>
/// Turns vectors so that no direction is left that means more than another: signs are flipped by chance and the whole is mixed (Hadamard), three times. Lengths and
/// angles stay. After that even a vector that had three numbers and else zeros has all of them about as large, so that one bit of each says something of it and
/// eight bits nearly all. The chance is always the same one.
/// </summary>
internal static class VectorRotation
{
    private const int Rounds = 3;
    private const ulong Seed = 0x9E37_79B9_7F4A_7C15;

    /// <summary>How many numbers come out: a power of two, at least <see cref="VectorSketch.Bits"/>.</summary>
    public static int SizeOf(int dimensions) => (int)Math.Max(VectorSketch.Bits, BitOperations.RoundUpToPowerOf2((uint)dimensions));

    /// <summary>Turns in place.</summary>
    /// <param name="vector">As many numbers as <see cref="SizeOf"/> says, zeros behind the vector's own.</param>
    public static void Turn(Span<float> vector)
    {
        var chance = Seed;
        for (var round = 0; round < Rounds; round++)
        {
            chance = FlipSigns(vector, chance);
            Mix(vector);
        }
    }

    private static ulong FlipSigns(Span<float> vector, ulong chance)
    {
        for (var i = 0; i < vector.Length; i += 64)
        {
            // Marsaglia's xorshift.
            chance ^= chance << 13;
            chance ^= chance >> 7;
            chance ^= chance << 17;
            for (var bit = 0; bit < 64; bit++)
            {
                if (((chance >> bit) & 1) != 0)
                {
                    vector[i + bit] = -vector[i + bit];
                }
            }
        }

        return chance;
    }

    /// <summary>The Walsh-Hadamard transform, scaled to keep the length.</summary>
    private static void Mix(Span<float> vector)
    {
        for (var half = 1; half < vector.Length; half <<= 1)
        {
            for (var at = 0; at < vector.Length; at += half << 1)
            {
                Butterfly(vector.Slice(at, half), vector.Slice(at + half, half));
            }
        }

        var scale = 1 / MathF.Sqrt(vector.Length);
        foreach (ref var x in vector)
        {
            x *= scale;
        }
    }

    /// <summary>Sums in place of the first half, differences in place of the second.</summary>
    private static void Butterfly(Span<float> first, Span<float> second)
    {
        var firsts = MemoryMarshal.Cast<float, Vector<float>>(first);
        var seconds = MemoryMarshal.Cast<float, Vector<float>>(second)[..firsts.Length];
        for (var i = 0; i < firsts.Length; i++)
        {
            (firsts[i], seconds[i]) = (firsts[i] + seconds[i], firsts[i] - seconds[i]);
        }

        // Halves shorter than the hardware's vectors.
        for (var i = firsts.Length * Vector<float>.Count; i < first.Length; i++)
        {
            (first[i], second[i]) = (first[i] + second[i], first[i] - second[i]);
        }
    }
}

using System.Numerics;

namespace AiOrchestrator.Core.Caching.Vectors;

/// <summary>
/// The signs of a turned vector's first numbers, one bit each. Two sketches differ in about as many of a hundred bits as the angle between the vectors is of a
/// hundred parts of a half turn.
/// </summary>
internal static class VectorSketch
{
    /// <summary>Bits of a sketch.</summary>
    public const int Bits = 512;

    /// <summary>Words of a sketch.</summary>
    public const int Words = Bits / 64;

    /// <summary>Standard deviations that chance may do: of 10¹¹ that are near enough one is passed over.</summary>
    private const double Deviations = 7;

    /// <summary>Makes a sketch.</summary>
    public static void Of(ReadOnlySpan<float> turned, Span<ulong> sketch)
    {
        for (var word = 0; word < Words; word++)
        {
            var bits = 0UL;
            for (var bit = 0; bit < 64; bit++)
            {
                bits |= turned[(word * 64) + bit] < 0 ? 1UL << bit : 0;
            }

            sketch[word] = bits;
        }
    }

    /// <summary>In how many bits the sketches of two may differ that are at least this near.</summary>
    public static int MaxDistance(float minSimilarity)
    {
        var share = Math.Acos(Math.Clamp(minSimilarity, -1, 1)) / Math.PI;

        // What is added last is for numbers that are nearly zero: rounding gives them a sign.
        return (int)Math.Min(Bits, (Bits * share) + (Deviations * Math.Sqrt(Bits * share * (1 - share))) + (Bits / 64.0));
    }

    /// <summary>Adds to the candidates those rows whose sketches differ in no more bits.</summary>
    /// <param name="sketches">One behind the other.</param>
    /// <param name="asked">The one to compare with.</param>
    /// <param name="firstRow">The number of the first.</param>
    /// <param name="maxDistance">Bits.</param>
    /// <param name="candidates">Has room for all.</param>
    public static void Sieve(ReadOnlySpan<ulong> sketches, ReadOnlySpan<ulong> asked, int firstRow, int maxDistance, ref VectorCandidates candidates)
    {
        var (a, b, c, d, e, f, g, h) = (asked[0], asked[1], asked[2], asked[3], asked[4], asked[5], asked[6], asked[7]);
        var rows = candidates.Rows;
        var distances = candidates.Distances;
        var count = candidates.Count;
        unchecked
        {
            for (var row = firstRow; !sketches.IsEmpty; row++)
            {
                var distance = BitOperations.PopCount(sketches[7] ^ h) + BitOperations.PopCount(sketches[0] ^ a) + BitOperations.PopCount(sketches[1] ^ b)
                    + BitOperations.PopCount(sketches[2] ^ c) + BitOperations.PopCount(sketches[3] ^ d) + BitOperations.PopCount(sketches[4] ^ e)
                    + BitOperations.PopCount(sketches[5] ^ f) + BitOperations.PopCount(sketches[6] ^ g);
                sketches = sketches[Words..];

                // Written whether it stays or not: a branch that nobody can foretell would take longer.
                rows[count] = row;
                distances[count] = (ushort)distance;
                count += distance <= maxDistance ? 1 : 0;
            }
        }

        candidates.Count = count;
    }
}

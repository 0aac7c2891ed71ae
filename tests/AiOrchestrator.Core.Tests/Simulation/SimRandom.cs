using System.Buffers.Binary;

namespace AiOrchestrator.Core.Tests.Simulation;

/// <summary>SplitMix64 (Steele, Lea, Flood 2014): the same numbers from the same seed on every runtime, for ever.</summary>
internal sealed class SimRandom(long seed)
{
    private ulong _state = unchecked((ulong)seed * 0xD1342543DE82EF95UL);

    public ulong Next()
    {
        unchecked
        {
            _state += 0x9E3779B97F4A7C15UL;
            var z = _state;
            z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9UL;
            z = (z ^ (z >> 27)) * 0x94D049BB133111EBUL;
            return z ^ (z >> 31);
        }
    }

    /// <summary>From 0 to <paramref name="exclusiveMax"/> − 1.</summary>
    public int Below(int exclusiveMax) => (int)(Next() % (uint)exclusiveMax);

    /// <summary>Both ends included.</summary>
    public long Between(long from, long to) => from + (long)(Next() % (ulong)(to - from + 1));

    /// <summary>So many times in a thousand.</summary>
    public bool Chance(int permille) => Below(1000) < permille;

    public void Fill(Span<byte> bytes)
    {
        Span<byte> piece = stackalloc byte[8];
        while (!bytes.IsEmpty)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(piece, Next());
            var length = Math.Min(8, bytes.Length);
            piece[..length].CopyTo(bytes);
            bytes = bytes[length..];
        }
    }
}

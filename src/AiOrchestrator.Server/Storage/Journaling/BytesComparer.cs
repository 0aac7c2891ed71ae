using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Numerics;

namespace AiOrchestrator.Server.Storage;

/// <summary>Encoded paths and ids as keys, so that ten million entries look things up without making a string.</summary>
internal sealed class BytesComparer : IEqualityComparer<byte[]>, IAlternateEqualityComparer<ReadOnlySpan<byte>, byte[]>
{
    public bool Equals(byte[]? x, byte[]? y) => x.AsSpan().SequenceEqual(y);

    public int GetHashCode([DisallowNull] byte[] obj) => GetHashCode((ReadOnlySpan<byte>)obj);

    public bool Equals(ReadOnlySpan<byte> alternate, byte[] other) => alternate.SequenceEqual(other);

    /// <summary>Eight bytes at a time, the last eight whatever is left: ids are our own, nobody makes them collide.</summary>
    public int GetHashCode(ReadOnlySpan<byte> alternate)
    {
        unchecked
        {
            var hash = (ulong)alternate.Length;
            if (alternate.Length >= sizeof(ulong))
            {
                for (var rest = alternate; rest.Length >= sizeof(ulong); rest = rest[sizeof(ulong)..])
                {
                    hash = Mix(hash, BinaryPrimitives.ReadUInt64LittleEndian(rest));
                }

                return (int)(Mix(hash, BinaryPrimitives.ReadUInt64LittleEndian(alternate[^sizeof(ulong)..])) >> 32);
            }

            foreach (var one in alternate)
            {
                hash = Mix(hash, one);
            }

            return (int)(hash >> 32);
        }
    }

    private static ulong Mix(ulong hash, ulong next) => unchecked(BitOperations.RotateLeft(hash ^ next, 29) * 0x9E3779B97F4A7C15);

    public byte[] Create(ReadOnlySpan<byte> alternate) => alternate.ToArray();
}

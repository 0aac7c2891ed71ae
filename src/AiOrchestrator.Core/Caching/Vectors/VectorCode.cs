using System.Buffers;
using System.Numerics;
using System.Numerics.Tensors;
using System.Runtime.InteropServices;

namespace AiOrchestrator.Core.Caching.Vectors;

/// <summary>A vector as it is compared: whole, in eight bits a number, and in one. Lives on one thread; its room is lent.</summary>
internal readonly ref struct VectorCode
{
    /// <summary>
    /// How far the product of two vectors in eight bits may be from the exact one, in steps of both: each number is rounded by a uniform error of 1/√12 steps, and
    /// eight standard deviations of the sum are beyond any chance.
    /// </summary>
    public const float SlackPerStep = 2.31f;

    private const int Largest = 127;

    private readonly float[] _floats;
    private readonly sbyte[] _codes;
    private readonly ulong[] _sketch;

    /// <summary>Makes all three.</summary>
    /// <param name="vector">Of about length 1, which becomes exact.</param>
    public VectorCode(ReadOnlySpan<float> vector)
    {
        var size = VectorRotation.SizeOf(vector.Length);
        _floats = ArrayPool<float>.Shared.Rent(vector.Length + size);
        _codes = ArrayPool<sbyte>.Shared.Rent(size);
        _sketch = ArrayPool<ulong>.Shared.Rent(VectorSketch.Words);

        var whole = _floats.AsSpan(0, vector.Length);
        TensorPrimitives.Divide(vector, TensorPrimitives.Norm(vector), whole);
        var turned = _floats.AsSpan(vector.Length, size);
        turned.Clear();
        whole.CopyTo(turned);
        VectorRotation.Turn(turned);

        Whole = whole;
        Codes = _codes.AsSpan(0, size);
        Sketch = _sketch.AsSpan(0, VectorSketch.Words);
        VectorSketch.Of(turned, _sketch);
        Step = MathF.Abs(TensorPrimitives.MaxMagnitude(turned)) / Largest;
        for (var i = 0; i < size; i++)
        {
            _codes[i] = (sbyte)MathF.Round(turned[i] / Step);
        }
    }

    /// <summary>Every number, of length 1.</summary>
    public ReadOnlySpan<float> Whole { get; }

    /// <summary>The turned vector in steps.</summary>
    public ReadOnlySpan<sbyte> Codes { get; }

    /// <summary>Signs of the turned vector.</summary>
    public ReadOnlySpan<ulong> Sketch { get; }

    /// <summary>How much one step of <see cref="Codes"/> is.</summary>
    public float Step { get; }

    /// <summary>The product of two vectors in steps.</summary>
    /// <param name="one">As many as a whole number of hardware vectors: a power of two from 512 on.</param>
    /// <param name="other">As many.</param>
    public static int Dot(ReadOnlySpan<sbyte> one, ReadOnlySpan<sbyte> other)
    {
        var ones = MemoryMarshal.Cast<sbyte, Vector<sbyte>>(one);
        var others = MemoryMarshal.Cast<sbyte, Vector<sbyte>>(other)[..ones.Length];
        var sum = Vector<int>.Zero;
        for (var i = 0; i < ones.Length; i++)
        {
            Vector.Widen(ones[i], out var a1, out var a2);
            Vector.Widen(others[i], out var b1, out var b2);

            // Two products of 127 * 127 fit into sixteen bits.
            Vector.Widen((a1 * b1) + (a2 * b2), out var c1, out var c2);
            sum += c1 + c2;
        }

        return Vector.Sum(sum);
    }

    /// <summary>Gives the room back.</summary>
    public void Dispose()
    {
        ArrayPool<float>.Shared.Return(_floats);
        ArrayPool<sbyte>.Shared.Return(_codes);
        ArrayPool<ulong>.Shared.Return(_sketch);
    }
}

using System.Numerics.Tensors;

namespace AiOrchestrator.Core.Caching.Vectors;

/// <summary>
/// Vectors of one number of dimensions, by row, without holes: in the place of one that is removed the last is put. Each kind of what is kept lies together, in
/// pieces of <see cref="ChunkRows"/>, so that what grows never copies more than one piece. Not safe for concurrent use.
/// </summary>
/// <param name="dimensions">Of each vector.</param>
internal sealed class VectorRows(int dimensions)
{
    /// <summary>Most rows of a piece.</summary>
    public const int ChunkRows = 1024;

    private const int FirstRows = 1;

    private readonly List<Chunk> _chunks = [];
    private readonly int _size = VectorRotation.SizeOf(dimensions);

    /// <summary>Of each vector.</summary>
    public int Dimensions => dimensions;

    /// <summary>How many there are.</summary>
    public int Count { get; private set; }

    /// <summary>Writes a vector behind the last.</summary>
    public void Add(in VectorCode code)
    {
        var (chunk, at) = (Count / ChunkRows, Count % ChunkRows);
        if (chunk == _chunks.Count)
        {
            _chunks.Add(new Chunk(chunk == 0 ? FirstRows : ChunkRows, dimensions, _size));
        }
        else if (at == _chunks[chunk].Rows)
        {
            _chunks[chunk] = _chunks[chunk].Grown(dimensions, _size);
        }

        Count++;
        Set(Count - 1, code);
    }

    /// <summary>Writes a vector over the one of this row.</summary>
    public void Set(int row, in VectorCode code)
    {
        var (chunk, at) = (_chunks[row / ChunkRows], row % ChunkRows);
        code.Whole.CopyTo(chunk.Whole.AsSpan(at * dimensions));
        code.Codes.CopyTo(chunk.Codes.AsSpan(at * _size));
        code.Sketch.CopyTo(chunk.Sketches.AsSpan(at * VectorSketch.Words));
        chunk.Steps[at] = code.Step;
    }

    /// <summary>Removes a row; the last takes its number.</summary>
    public void Remove(int row)
    {
        Count--;
        var (to, toAt) = (_chunks[row / ChunkRows], row % ChunkRows);
        var (from, fromAt) = (_chunks[Count / ChunkRows], Count % ChunkRows);
        from.Whole.AsSpan(fromAt * dimensions, dimensions).CopyTo(to.Whole.AsSpan(toAt * dimensions));
        from.Codes.AsSpan(fromAt * _size, _size).CopyTo(to.Codes.AsSpan(toAt * _size));
        from.Sketches.AsSpan(fromAt * VectorSketch.Words, VectorSketch.Words).CopyTo(to.Sketches.AsSpan(toAt * VectorSketch.Words));
        to.Steps[toAt] = from.Steps[fromAt];
        if (fromAt == 0)
        {
            _chunks.RemoveAt(_chunks.Count - 1);
        }
    }

    /// <summary>The exact similarity of a row.</summary>
    public float Similarity(int row, in VectorCode asked) =>
        Math.Clamp(TensorPrimitives.Dot(_chunks[row / ChunkRows].Whole.AsSpan(row % ChunkRows * dimensions, dimensions), asked.Whole), -1f, 1f);

    /// <summary>The similarity of a row as far as eight bits tell it, and how far it may be from the exact one.</summary>
    public (float Similarity, float Slack) RoughSimilarity(int row, in VectorCode asked)
    {
        var (chunk, at) = (_chunks[row / ChunkRows], row % ChunkRows);
        var step = chunk.Steps[at];
        return (VectorCode.Dot(chunk.Codes.AsSpan(at * _size, _size), asked.Codes) * step * asked.Step, VectorCode.SlackPerStep * (step + asked.Step));
    }

    /// <summary>The rows whose sketches are near enough.</summary>
    public void Sieve(in VectorCode asked, int maxDistance, ref VectorCandidates candidates)
    {
        for (var chunk = 0; chunk < _chunks.Count; chunk++)
        {
            var rows = Math.Min(ChunkRows, Count - (chunk * ChunkRows));
            VectorSketch.Sieve(_chunks[chunk].Sketches.AsSpan(0, rows * VectorSketch.Words), asked.Sketch, chunk * ChunkRows, maxDistance, ref candidates);
        }
    }

    private sealed class Chunk(int rows, int dimensions, int size)
    {
        public int Rows => rows;

        // Read only where a row was written, so nothing need be cleared.
        public float[] Whole { get; } = GC.AllocateUninitializedArray<float>(rows * dimensions);

        public sbyte[] Codes { get; } = GC.AllocateUninitializedArray<sbyte>(rows * size);

        public ulong[] Sketches { get; } = GC.AllocateUninitializedArray<ulong>(rows * VectorSketch.Words);

        public float[] Steps { get; } = new float[rows];

        public Chunk Grown(int dimensionsOf, int sizeOf)
        {
            var grown = new Chunk(rows * 2, dimensionsOf, sizeOf);
            Whole.CopyTo(grown.Whole, 0);
            Codes.CopyTo(grown.Codes, 0);
            Sketches.CopyTo(grown.Sketches, 0);
            Steps.CopyTo(grown.Steps, 0);
            return grown;
        }
    }
}

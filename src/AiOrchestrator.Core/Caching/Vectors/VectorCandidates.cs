using System.Buffers;

namespace AiOrchestrator.Core.Caching.Vectors;

/// <summary>Rows that may be near, with the bits in which their sketches differ. Lives on one thread for one search.</summary>
internal ref struct VectorCandidates
{
    private readonly int[] _rows;
    private readonly ushort[] _distances;

    /// <summary>None yet.</summary>
    /// <param name="capacity">Most there can be.</param>
    public VectorCandidates(int capacity)
    {
        // One more, which is written to and not counted.
        _rows = ArrayPool<int>.Shared.Rent(capacity + 1);
        _distances = ArrayPool<ushort>.Shared.Rent(capacity + 1);
        Rows = _rows;
        Distances = _distances;
    }

    /// <summary>Their numbers; the first <see cref="Count"/> count.</summary>
    public Span<int> Rows { get; }

    /// <summary>Bits in which they differ from what is asked for.</summary>
    public Span<ushort> Distances { get; }

    /// <summary>How many there are.</summary>
    public int Count { get; set; }

    /// <summary>Leaves the nearest so many, found by counting how many there are at each distance.</summary>
    public void KeepNearest(int most)
    {
        if (Count <= most)
        {
            return;
        }

        Span<int> at = stackalloc int[VectorSketch.Bits + 1];
        at.Clear();
        foreach (var distance in Distances[..Count])
        {
            at[distance]++;
        }

        var (last, left) = (0, most);
        while (at[last] <= left)
        {
            left -= at[last++];
        }

        // All that are nearer than the last distance stay, and of those at it as many as there is room for.
        var kept = 0;
        for (var i = 0; i < Count; i++)
        {
            if (Distances[i] < last || (Distances[i] == last && left-- > 0))
            {
                Rows[kept++] = Rows[i];
            }
        }

        Count = kept;
    }

    /// <summary>Gives the room back.</summary>
    public readonly void Dispose()
    {
        ArrayPool<int>.Shared.Return(_rows);
        ArrayPool<ushort>.Shared.Return(_distances);
    }
}

using System.Buffers;

namespace AiOrchestrator.Core.Caching.Vectors;

/// <summary>Where a vector is.</summary>
/// <param name="partition">In which partition.</param>
/// <param name="id">The entry's.</param>
internal sealed class VectorPlace(VectorPartition partition, string id)
{
    /// <summary>In which partition.</summary>
    public VectorPartition Partition => partition;

    /// <summary>The entry's.</summary>
    public string Id => id;

    /// <summary>In which row; changes when others go.</summary>
    public int Row { get; set; }
}

/// <summary>The vectors of one partition by id. Whoever changes it is alone; who searches need not be.</summary>
/// <param name="dimensions">Of each.</param>
internal sealed class PartitionVectors(int dimensions)
{
    /// <summary>
    /// How many of those that the sketches tell are near are compared in eight bits, the nearest first: only where more than that are about as near as what is looked
    /// for can it be passed over.
    /// </summary>
    public const int MaxCandidates = 2048;

    private readonly VectorRows _rows = new(dimensions);
    private readonly List<LinkedListNode<VectorPlace>> _places = [];
    private readonly Dictionary<string, LinkedListNode<VectorPlace>> _byId = new(StringComparer.Ordinal);

    /// <summary>Of each vector.</summary>
    public int Dimensions => dimensions;

    /// <summary>How many there are.</summary>
    public int Count => _rows.Count;

    /// <summary>All places, in the order of rows.</summary>
    public IReadOnlyList<LinkedListNode<VectorPlace>> Places => _places;

    /// <summary>The place of an id; null where there is none.</summary>
    public LinkedListNode<VectorPlace>? Find(string id) => _byId.GetValueOrDefault(id);

    /// <summary>Writes a vector: over the one of its place, or as a new one.</summary>
    public void Put(LinkedListNode<VectorPlace> place, in VectorCode code)
    {
        if (_byId.TryAdd(place.Value.Id, place))
        {
            place.Value.Row = _places.Count;
            _places.Add(place);
            _rows.Add(code);
        }
        else
        {
            _rows.Set(place.Value.Row, code);
        }
    }

    /// <summary>Removes one that is here.</summary>
    public void Remove(VectorPlace place)
    {
        _ = _byId.Remove(place.Id);
        _rows.Remove(place.Row);
        var last = _places[^1];
        last.Value.Row = place.Row;
        _places[place.Row] = last;
        _places.RemoveAt(_places.Count - 1);
    }

    /// <summary>The nearest, nearest first.</summary>
    public VectorHit[] Search(in VectorCode asked, int limit, float minSimilarity)
    {
        Span<int> rows = stackalloc int[limit];
        Span<float> similarities = stackalloc float[limit];
        var nearest = new NearestRows(rows, similarities, minSimilarity);
        if (Count <= VectorRows.ChunkRows)
        {
            for (var row = 0; row < Count; row++)
            {
                nearest.Offer(row, _rows.Similarity(row, asked));
            }
        }
        else
        {
            SearchSieved(asked, limit, minSimilarity, ref nearest);
        }

        var hits = new VectorHit[nearest.Count];
        for (var i = 0; i < hits.Length; i++)
        {
            hits[i] = new VectorHit(_places[rows[i]].Value.Id, similarities[i]);
        }

        return hits;
    }

    /// <summary>One bit a number says which are compared in eight, and those which are compared exactly.</summary>
    private void SearchSieved(in VectorCode asked, int limit, float minSimilarity, ref NearestRows nearest)
    {
        var candidates = new VectorCandidates(Count);
        var upper = ArrayPool<float>.Shared.Rent(MaxCandidates);
        try
        {
            _rows.Sieve(asked, VectorSketch.MaxDistance(minSimilarity), ref candidates);
            candidates.KeepNearest(MaxCandidates);

            // Of those that are wanted each is at least as near as the worst of the best lower bounds: whose upper bound is below that is none of them.
            Span<int> bestRows = stackalloc int[limit];
            Span<float> bestLower = stackalloc float[limit];
            var best = new NearestRows(bestRows, bestLower, minSimilarity);
            for (var i = 0; i < candidates.Count; i++)
            {
                var (similarity, slack) = _rows.RoughSimilarity(candidates.Rows[i], asked);
                upper[i] = similarity + slack;
                best.Offer(candidates.Rows[i], similarity - slack);
            }

            for (var i = 0; i < candidates.Count; i++)
            {
                if (upper[i] >= best.Floor)
                {
                    nearest.Offer(candidates.Rows[i], _rows.Similarity(candidates.Rows[i], asked));
                }
            }
        }
        finally
        {
            candidates.Dispose();
            ArrayPool<float>.Shared.Return(upper);
        }
    }
}

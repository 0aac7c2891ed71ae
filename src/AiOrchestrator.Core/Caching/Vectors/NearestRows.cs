namespace AiOrchestrator.Core.Caching.Vectors;

/// <summary>The best so many of what is offered, best first. Lives on one thread for one search.</summary>
/// <param name="rows">Room for as many as are wanted.</param>
/// <param name="similarities">As much room.</param>
/// <param name="minSimilarity">What is below is not taken.</param>
internal ref struct NearestRows(Span<int> rows, Span<float> similarities, float minSimilarity)
{
    private readonly Span<int> _rows = rows;
    private readonly Span<float> _similarities = similarities;

    /// <summary>How many there are.</summary>
    public int Count { get; private set; }

    /// <summary>What one must have to be taken.</summary>
    public readonly float Floor => Count < _rows.Length ? minSimilarity : _similarities[Count - 1];

    /// <summary>Takes it in where it is among the best; of equals who came first is before.</summary>
    public void Offer(int row, float similarity)
    {
        var isFull = Count == _rows.Length;
        if (similarity < minSimilarity || (isFull && similarity <= _similarities[Count - 1]))
        {
            return;
        }

        var at = isFull ? Count - 1 : Count++;
        for (; at > 0 && _similarities[at - 1] < similarity; at--)
        {
            (_rows[at], _similarities[at]) = (_rows[at - 1], _similarities[at - 1]);
        }

        (_rows[at], _similarities[at]) = (row, similarity);
    }
}

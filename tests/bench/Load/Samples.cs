namespace AiOrchestrator.Bench.Load;

/// <summary>Every single duration, in nanoseconds: percentiles are exact.</summary>
internal sealed class Samples(int capacity = 1 << 16)
{
    private long[] _values = new long[capacity];
    private bool _sorted;

    public int Count { get; private set; }

    public void Add(long nanos)
    {
        if (Count == _values.Length) Array.Resize(ref _values, Count * 2);
        _values[Count++] = nanos;
        _sorted = false;
    }

    /// <summary>In milliseconds; NaN when there is no sample.</summary>
    public double Percentile(double percent)
    {
        if (Count == 0) return double.NaN;
        if (!_sorted) Array.Sort(_values, 0, Count);
        _sorted = true;
        var rank = (int)Math.Ceiling(percent / 100 * Count) - 1;
        return _values[Math.Clamp(rank, 0, Count - 1)] / (double)Clock.Millisecond;
    }
}

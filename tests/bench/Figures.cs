namespace AiOrchestrator.Bench;

/// <summary>All figures of one target: a list per name, one value a round.</summary>
internal sealed class Figures
{
    private readonly Dictionary<string, List<double>> _values = new(StringComparer.Ordinal);

    public int Wrong { get; private set; }

    public string? FirstWrong { get; private set; }

    public void Add(string figure, double value)
    {
        if (!_values.TryGetValue(figure, out var list)) _values[figure] = list = [];
        list.Add(value);
    }

    public void Fault(int count, string? first)
    {
        Wrong += count;
        FirstWrong ??= first;
    }

    /// <summary>The last round's value, for differences within a round; NaN when there is none.</summary>
    public double Last(string figure) => _values.TryGetValue(figure, out var list) ? list[^1] : double.NaN;

    /// <summary>Over rounds; NaN when there is none.</summary>
    public double Median(string figure)
    {
        if (!_values.TryGetValue(figure, out var list)) return double.NaN;
        double[] sorted = [.. list.Where(v => !double.IsNaN(v)).Order()];
        if (sorted.Length == 0) return double.NaN;
        var middle = sorted.Length / 2;
        return sorted.Length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }
}

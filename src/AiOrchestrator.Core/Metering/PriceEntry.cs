namespace AiOrchestrator.Core.Metering;

/// <summary>One model of one provider in the price file: its names, its published bounds and its prices over time. Immutable.</summary>
public sealed class PriceEntry
{
    private readonly Lazy<PricePeriod[]> _periods;

    internal PriceEntry(string provider, string id, ModelKind kind, Lazy<PricePeriod[]> periods)
    {
        Provider = provider;
        Id = id;
        Kind = kind;
        _periods = periods;
    }

    /// <summary>The provider's id, lower case.</summary>
    public string Provider { get; }

    /// <summary>The model's id as the provider spells it; of a family that which the source calls it by.</summary>
    public string Id { get; }

    /// <summary>Other ids of the same model at the same prices.</summary>
    public IReadOnlyList<string> Aliases { get; internal init; } = [];

    /// <summary>What the model is called for.</summary>
    public ModelKind Kind { get; }

    /// <summary>The model's published bounds.</summary>
    public ModelLimits Limits { get; internal init; } = new(null, null, null);

    /// <summary>What the model can do; the vocabulary stands in docs/operations/price-file.md.</summary>
    public IReadOnlyList<string> Capabilities { get; internal init; } = [];

    /// <summary>The request member that bounds a completion: "max_completion_tokens" or "max_tokens"; null for what does not chat.</summary>
    public string? OutputLimitMember { get; internal init; }

    /// <summary>True where the id is no name a provider knows, only what a number of models are found under by their names' pattern.</summary>
    public bool IsFamily { get; internal init; }

    /// <summary>True where the provider has withdrawn the model; its prices stay for what was charged.</summary>
    public bool IsDeprecated { get; internal init; }

    /// <summary>Why the model is known and has no price; null where it has, or had.</summary>
    public string? UnpricedReason { get; internal init; }

    /// <summary>Where its bounds and capabilities come from, where not from the source of the file.</summary>
    public string? FiguresSource { get; internal init; }

    /// <summary>Patterns of names beside the exact ones: any of them, of each all.</summary>
    internal ModelPattern[][] Patterns { get; init; } = [];

    /// <summary>The prices in force at an instant, off-peak windows considered; null where none are known for it. Does not allocate.</summary>
    public ModelPrice? PriceAt(DateTimeOffset at)
    {
        DateTime utc = at.UtcDateTime;
        DateOnly day = DateOnly.FromDateTime(utc);
        PricePeriod[] periods = _periods.Value;
        for (int i = periods.Length - 1; i >= 0; i--)
        {
            if (periods[i].Contains(day))
            {
                return periods[i].PriceAt(utc);
            }
        }

        return null;
    }

    internal bool Matches(string lowerCaseName)
    {
        foreach (ModelPattern[] all in Patterns)
        {
            if (Array.TrueForAll(all, pattern => pattern.Matches(lowerCaseName)))
            {
                return true;
            }
        }

        return false;
    }
}

/// <summary>The prices between two dates, and the windows of the day in which others hold.</summary>
internal sealed record PricePeriod(DateOnly? From, DateOnly? Until, ModelPrice Standard, PriceWindow[] Windows)
{
    public bool Contains(DateOnly day) => (From is null || day >= From) && (Until is null || day < Until);

    public ModelPrice PriceAt(DateTime utc)
    {
        foreach (PriceWindow window in Windows)
        {
            if (window.Contains(utc))
            {
                return window.Price;
            }
        }

        return Standard;
    }
}

/// <summary>A part of certain days, in minutes from 00:00 UTC: start inclusive, end exclusive and later than the start.</summary>
/// <param name="Days">One bit per day, Sunday the lowest.</param>
/// <param name="FromMinute">0 to 1439.</param>
/// <param name="ToMinute">1 to 1440.</param>
/// <param name="Price">What holds in the window.</param>
internal sealed record PriceWindow(int Days, int FromMinute, int ToMinute, ModelPrice Price)
{
    public bool Contains(DateTime utc)
    {
        int minute = (utc.Hour * 60) + utc.Minute;
        return (Days & (1 << (int)utc.DayOfWeek)) != 0 && minute >= FromMinute && minute < ToMinute;
    }

    public bool Overlaps(PriceWindow other)
        => (Days & other.Days) != 0 && FromMinute < other.ToMinute && other.FromMinute < ToMinute;
}

namespace AiOrchestrator.Core.Traffic.Rules;

/// <summary>What a condition comes to for a call.</summary>
internal enum Truth
{
    /// <summary>It does not hold.</summary>
    No,

    /// <summary>It holds.</summary>
    Yes,

    /// <summary>What it asks for is not known; it does not hold.</summary>
    Unknown,
}

/// <summary>Why a condition does not hold.</summary>
/// <param name="Path">Which, as requests have it: <c>conditions.all[0].model</c>.</param>
/// <param name="Why">Why, as a sentence without its end.</param>
internal readonly record struct Unmet(string Path, string Why);

/// <summary>A condition, ready for calls. Looking allocates nothing; explaining may.</summary>
/// <param name="path">Where it stands in its rule.</param>
/// <param name="cost">What looking takes: of several the cheapest is looked at first.</param>
internal abstract class ConditionNode(string path, ConditionCost cost)
{
    /// <summary>Where it stands in its rule.</summary>
    public string Path { get; } = path;

    /// <summary>What looking takes.</summary>
    public ConditionCost Cost { get; } = cost;

    /// <summary>Whether it holds.</summary>
    public abstract bool Holds(ref Matching call);

    /// <summary>Why it does not, where it does not.</summary>
    public abstract Unmet Explain(ref Matching call);
}

/// <summary>What looking at a condition takes, in the order in which they are looked at.</summary>
internal enum ConditionCost
{
    /// <summary>A comparison.</summary>
    Bits,

    /// <summary>Comparing names.</summary>
    Names,

    /// <summary>The clocks of a time zone.</summary>
    Clock,

    /// <summary>Prices, or what is left of a budget.</summary>
    Money,

    /// <summary>The prompt is read.</summary>
    Text,

    /// <summary>The prompt is read and an expression is looked for.</summary>
    Pattern,

    /// <summary>The prompt is read and classified.</summary>
    Classification,
}

/// <summary>Conditions that must all hold.</summary>
internal sealed class AllNode(string path, ConditionNode[] parts) : ConditionNode(path, parts.Max(static p => p.Cost))
{
    private readonly ConditionNode[] _parts = [.. parts.OrderBy(static p => p.Cost)];

    public override bool Holds(ref Matching call)
    {
        foreach (var part in _parts)
        {
            if (!part.Holds(ref call))
            {
                return false;
            }
        }

        return true;
    }

    public override Unmet Explain(ref Matching call)
    {
        foreach (var part in _parts)
        {
            if (!part.Holds(ref call))
            {
                return part.Explain(ref call);
            }
        }

        return new Unmet(Path, "all of it holds");
    }
}

/// <summary>Conditions of which one must hold.</summary>
internal sealed class AnyNode(string path, ConditionNode[] parts) : ConditionNode(path, parts.Max(static p => p.Cost))
{
    private readonly ConditionNode[] _parts = [.. parts.OrderBy(static p => p.Cost)];

    public override bool Holds(ref Matching call)
    {
        foreach (var part in _parts)
        {
            if (part.Holds(ref call))
            {
                return true;
            }
        }

        return false;
    }

    public override Unmet Explain(ref Matching call)
    {
        var whys = new List<string>(_parts.Length);
        foreach (var part in _parts)
        {
            whys.Add(part.Explain(ref call).Why);
        }

        return new Unmet(Path, $"none of {whys.Count} holds: {string.Join("; ", whys)}");
    }
}

/// <summary>Conditions none of which may hold.</summary>
internal sealed class NoneNode(string path, ConditionNode[] parts) : ConditionNode(path, parts.Max(static p => p.Cost))
{
    private readonly ConditionNode[] _parts = [.. parts.OrderBy(static p => p.Cost)];

    public override bool Holds(ref Matching call)
    {
        foreach (var part in _parts)
        {
            if (part.Holds(ref call))
            {
                return false;
            }
        }

        return true;
    }

    public override Unmet Explain(ref Matching call)
    {
        foreach (var part in _parts)
        {
            if (part.Holds(ref call))
            {
                return new Unmet(part.Path, $"{part.Path} holds, and must not");
            }
        }

        return new Unmet(Path, "none of it holds");
    }
}

/// <summary>A condition that looks at the call itself.</summary>
internal abstract class ConditionLeaf(string path, ConditionCost cost) : ConditionNode(path, cost)
{
    public sealed override bool Holds(ref Matching call)
    {
        var truth = Look(ref call);
        if (truth == Truth.Unknown)
        {
            call.Undecided?.Add(Path);
        }

        return truth == Truth.Yes;
    }

    public sealed override Unmet Explain(ref Matching call) => new(Path, Look(ref call) == Truth.Unknown ? Unknown : Words(ref call));

    /// <summary>Looks.</summary>
    protected abstract Truth Look(ref Matching call);

    /// <summary>What of the call is not known, where something may be.</summary>
    protected virtual string Unknown => "is not known";

    /// <summary>What the call has instead, where it does not hold. Never what the prompt says.</summary>
    protected abstract string Words(ref Matching call);

    /// <summary>What a comparison comes to.</summary>
    protected static Truth Is(bool holds) => holds ? Truth.Yes : Truth.No;
}

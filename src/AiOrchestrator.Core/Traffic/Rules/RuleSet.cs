using System.Buffers;
using AiOrchestrator.Core.Traffic.Facts;

namespace AiOrchestrator.Core.Traffic.Rules;

/// <summary>
/// An organisation's rules in the order in which they are considered: by priority, of equals by id. The first that a call meets takes it, and no other is
/// looked at. Immutable.
/// </summary>
internal sealed class RuleSet
{
    /// <summary>Bits of keywords that lie on the stack, in words of 64; with more they lie in a pooled array.</summary>
    private const int MostOnStack = 64;

    private readonly CompiledRule[] _all;
    private readonly CompiledRule[] _enabled;
    private readonly KeywordIndex _keywords;

    /// <summary>Makes stored rules ready.</summary>
    public RuleSet(IReadOnlyList<StoredRule> stored)
    {
        var keywords = new KeywordIndex.Builder();
        var compile = new CompileConditions(keywords);
        _all = [.. stored.OrderByDescending(static r => r.Priority).ThenBy(static r => r.Id, StringComparer.Ordinal).Select(r => new CompiledRule(r, compile.Run(r.Conditions)))];
        _enabled = [.. _all.Where(static r => r.IsEnabled)];
        _keywords = keywords.Build();
    }

    /// <summary>All rules, the disabled included, in the order in which they are considered.</summary>
    public IReadOnlyList<CompiledRule> Rules => _all;

    /// <summary>
    /// The rule that takes a call; null for none. A function of the facts and the set, of nothing else. Allocates nothing where the text has been read and
    /// nobody wants to know why.
    /// </summary>
    /// <param name="facts">The call.</param>
    /// <param name="trace">Takes down every rule considered; null for nobody.</param>
    /// <param name="customOnly">Whether the rules that ship are left out.</param>
    public CompiledRule? Match(CallFacts facts, RuleTrace? trace, bool customOnly = false)
    {
        if (_enabled.Length == 0 && trace is null)
        {
            return null;
        }

        var length = _keywords.Length * 2;
        if (length <= MostOnStack)
        {
            Span<ulong> found = stackalloc ulong[MostOnStack];
            return Match(new Matching(facts, _keywords, found[..length]), trace, customOnly);
        }

        var rented = ArrayPool<ulong>.Shared.Rent(length);
        try
        {
            rented.AsSpan(0, length).Clear();
            return Match(new Matching(facts, _keywords, rented.AsSpan(0, length)), trace, customOnly);
        }
        finally
        {
            ArrayPool<ulong>.Shared.Return(rented);
        }
    }

    private CompiledRule? Match(Matching call, RuleTrace? trace, bool customOnly)
    {
        if (trace is not null)
        {
            return Explain(call, trace, customOnly);
        }

        foreach (var rule in _enabled)
        {
            if (!(customOnly && rule.IsSystem) && rule.ActsOn(call.Facts) && rule.Holds(ref call))
            {
                return rule;
            }
        }

        return null;
    }

    private CompiledRule? Explain(Matching call, RuleTrace trace, bool customOnly)
    {
        CompiledRule? taken = null;
        foreach (var rule in _all)
        {
            if (customOnly && rule.IsSystem)
            {
                continue;
            }

            var step = taken is null ? rule.Explain(ref call) : rule.NotReached(taken);
            trace.Add(step);
            taken = step.Outcome == RuleOutcome.Matched ? rule : taken;
        }

        return taken;
    }
}

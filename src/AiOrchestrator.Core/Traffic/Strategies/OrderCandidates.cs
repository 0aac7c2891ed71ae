using AiOrchestrator.Core.Traffic.Chains;
using AiOrchestrator.Core.Traffic.Decision;

namespace AiOrchestrator.Core.Traffic.Strategies;

/// <summary>
/// Puts candidates in the order in which they are tried (RT-03). A function of its arguments and of the figures of the routes; candidates are few, so
/// that insertion is the sort: stable, and nothing is allocated.
/// </summary>
internal static class OrderCandidates
{
    /// <summary>Orders them in place.</summary>
    /// <param name="candidates">In the order of the configuration.</param>
    /// <param name="strategy">How.</param>
    /// <param name="terms">What it depends on.</param>
    public static void Run(Span<Candidate> candidates, Strategy strategy, in OrderTerms terms)
    {
        if (candidates.Length < 2)
        {
            return;
        }

        switch (strategy)
        {
            case Strategy.Weighted:
                ByChance(candidates, terms.Chance);
                break;
            case Strategy.RoundRobin:
                ByTurn(candidates, terms.Turn);
                break;
            case Strategy.LeastLatency:
                ByLatency(candidates);
                break;
            case Strategy.TwoChoices:
                ByLoad(candidates, terms.Chance);
                break;
            case Strategy.Cheapest:
                ByCost(candidates, terms);
                break;
        }
    }

    /// <summary>
    /// A random permutation in which each next one is drawn in the proportion of the weights (P. Efraimidis, P. Spirakis, Weighted random sampling with a
    /// reservoir, 2006): by u^(1/w), largest first.
    /// </summary>
    private static void ByChance(Span<Candidate> candidates, ulong chance)
    {
        Span<double> keys = stackalloc double[candidates.Length];
        for (var i = 0; i < keys.Length; i++)
        {
            keys[i] = Math.Log(Mix.Unit(chance, (uint)i)) / -candidates[i].Weight;
        }

        Sort(candidates, keys);
    }

    /// <summary>Of a sequence in which each stands as often as its weight says, the one whose turn it is; the others after it as they stand, from there on.</summary>
    private static void ByTurn(Span<Candidate> candidates, long turn)
    {
        long sum = 0;
        foreach (ref readonly var candidate in candidates)
        {
            sum += candidate.Weight;
        }

        var place = turn % sum;
        var first = 0;
        while (place >= candidates[first].Weight)
        {
            place -= candidates[first].Weight;
            first++;
        }

        Rotate(candidates, first);
    }

    /// <summary>Whoever nothing is known of comes first, so that something will be.</summary>
    private static void ByLatency(Span<Candidate> candidates)
    {
        Span<double> keys = stackalloc double[candidates.Length];
        for (var i = 0; i < keys.Length; i++)
        {
            keys[i] = candidates[i].Cell.MedianUs;
        }

        Sort(candidates, keys);
    }

    /// <summary>
    /// The power of two choices (M. Mitzenmacher, 2001): of two drawn by chance the one with fewer calls under way for its weight goes first; the others
    /// follow by their load.
    /// </summary>
    private static void ByLoad(Span<Candidate> candidates, ulong chance)
    {
        var count = (uint)candidates.Length;
        var one = (int)(Mix.Of(chance, 0) % count);
        var other = (int)(Mix.Of(chance, 1) % (count - 1));
        other = other >= one ? other + 1 : other;
        Span<double> keys = stackalloc double[candidates.Length];
        for (var i = 0; i < keys.Length; i++)
        {
            keys[i] = Load(candidates[i]);
        }

        keys[keys[other] < keys[one] ? other : one] = -1;
        Sort(candidates, keys);
    }

    private static double Load(in Candidate candidate) => (double)candidate.Cell.UnderWay / candidate.Weight;

    /// <summary>Those that meet the terms, the cheapest first; then the others likewise.</summary>
    private static void ByCost(Span<Candidate> candidates, in OrderTerms terms)
    {
        Span<double> keys = stackalloc double[candidates.Length];
        for (var i = 0; i < keys.Length; i++)
        {
            // Below 2^62 a double tells apart what differs by a millionth; what is dearer than any budget need not be told apart.
            keys[i] = terms.CostNanoUsd(candidates[i]) + (terms.Meets(candidates[i]) ? 0 : 1e30);
        }

        Sort(candidates, keys);
    }

    /// <summary>Those of a kind first, each part in the order it has.</summary>
    public static void Partition(Span<Candidate> candidates, Span<double> keys) => Sort(candidates, keys);

    private static void Sort(Span<Candidate> candidates, Span<double> keys)
    {
        for (var i = 1; i < candidates.Length; i++)
        {
            var (candidate, key) = (candidates[i], keys[i]);
            var at = i;
            for (; at > 0 && keys[at - 1] > key; at--)
            {
                (candidates[at], keys[at]) = (candidates[at - 1], keys[at - 1]);
            }

            (candidates[at], keys[at]) = (candidate, key);
        }
    }

    private static void Rotate(Span<Candidate> candidates, int first)
    {
        candidates[..first].Reverse();
        candidates[first..].Reverse();
        candidates.Reverse();
    }
}

/// <summary>Numbers by chance out of one number: SplitMix64 (G. Steele, D. Lea, C. Flood, Fast splittable pseudorandom number generators, 2014).</summary>
internal static class Mix
{
    /// <summary>The nth number of a seed.</summary>
    public static ulong Of(ulong seed, uint n)
    {
        unchecked
        {
            var z = seed + ((n + 1UL) * 0x9E37_79B9_7F4A_7C15);
            z = (z ^ (z >> 30)) * 0xBF58_476D_1CE4_E5B9;
            z = (z ^ (z >> 27)) * 0x94D0_49BB_1331_11EB;
            return z ^ (z >> 31);
        }
    }

    /// <summary>The same above 0 and below 1.</summary>
    public static double Unit(ulong seed, uint n) => ((Of(seed, n) >> 12) + 0.5) / (1UL << 52);
}

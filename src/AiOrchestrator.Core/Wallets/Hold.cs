using System.Runtime.CompilerServices;

namespace AiOrchestrator.Core.Wallets;

/// <summary>One call's claim on every lease of its path. A value: it lives in the exchange and costs no allocation.</summary>
public struct Hold
{
    private Leases _leases;

    internal Hold(WalletPath path, long amountNanoUsd)
    {
        Path = path;
        AmountNanoUsd = amountNanoUsd;
    }

    /// <summary>The wallets it is taken from; null when nothing is held.</summary>
    public WalletPath? Path { get; private set; }

    /// <summary>What it claims in each wallet.</summary>
    public long AmountNanoUsd { get; }

    /// <summary>The shadow wallet, nearest to the leaf, whose limit would have refused it; or null.</summary>
    public string? ShadowWalletId { get; internal set; }

    /// <summary>The id of the leaf's period; null when nothing is held.</summary>
    public readonly string? LeafPeriod => Path is null ? null : _leases[0].Period.Id;

    internal void Bind(int level, Lease lease) => _leases[level] = lease;

    internal readonly Lease At(int level) => _leases[level];

    /// <summary>Empties the value, so that it can be settled only once.</summary>
    internal void Clear() => Path = null;

    [InlineArray(WalletPath.MaxDepth)]
    private struct Leases
    {
        private Lease _first;
    }
}

/// <summary>What became of a request for a hold, in the order in which it is decided.</summary>
public enum HoldOutcome
{
    /// <summary>The authority does not answer or does not know the wallet: refuse (fail closed).</summary>
    Unavailable,

    /// <summary>The wallet is closed for good.</summary>
    Closed,

    /// <summary>The wallet is frozen until somebody unfreezes it.</summary>
    Frozen,

    /// <summary>Even with every lease returned it does not fit.</summary>
    Exhausted,

    /// <summary>It fits the budget, but other calls hold the money.</summary>
    Contended,

    /// <summary>Held.</summary>
    Held,
}

/// <summary>The outcome of a request for a hold.</summary>
/// <param name="Outcome">What happened.</param>
/// <param name="Hold">The hold when <see cref="HoldOutcome.Held"/>, else empty.</param>
/// <param name="ShortWalletId">The wallet that stood in the way, or null.</param>
/// <param name="UnspentNanoUsd">When exhausted: what one call could at most still get there.</param>
public readonly record struct HoldResult(HoldOutcome Outcome, Hold Hold, string? ShortWalletId, long UnspentNanoUsd);

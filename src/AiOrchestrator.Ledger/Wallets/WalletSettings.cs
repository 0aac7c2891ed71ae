using AiOrchestrator.Ledger.Periods;

namespace AiOrchestrator.Ledger.Wallets;

/// <summary>What a wallet enforces; changed by commands only.</summary>
public sealed record WalletSettings
{
    /// <summary>The highest overdraft, basis points.</summary>
    public const int MaxOverdraftBasisPoints = 10_000;

    /// <summary>The most soft thresholds a wallet may have; 100 % is always one more.</summary>
    public const int MaxThresholds = 8;

    /// <summary>The soft thresholds of a wallet that names none.</summary>
    public static IReadOnlyList<int> DefaultThresholdPercents { get; } = [80, 90, 95];

    /// <summary>The most that may be spent in a period, nano-dollars, 0 or more; null tracks only.</summary>
    public long? LimitNanoUsd { get; init; }

    /// <summary>How far above the limit calls are still admitted, in basis points of the limit: 0 to <see cref="MaxOverdraftBasisPoints"/>.</summary>
    public int OverdraftBasisPoints { get; init; }

    /// <summary>Soft thresholds in percent of the allowance, 1 to 99, ascending, at most <see cref="MaxThresholds"/>.</summary>
    public IReadOnlyList<int> ThresholdPercents { get; init; } = DefaultThresholdPercents;

    /// <summary>When periods begin.</summary>
    public PeriodRule Rule { get; init; } = PeriodRule.Lifetime;

    /// <summary>Grants what is wanted and counts what would have been refused.</summary>
    public bool IsShadow { get; init; }

    /// <summary>The overdraft in nano-dollars, rounded down; 0 without a limit.</summary>
    public long OverdraftNanoUsd => LimitNanoUsd is { } limit ? (long)((Int128)limit * OverdraftBasisPoints / 10_000) : 0;

    /// <summary>Whether every member is within its bounds.</summary>
    public bool IsValid => LimitNanoUsd is null or >= 0 and <= Money.NanoUsd.MaxAmount && AreOverdraft(OverdraftBasisPoints) && AreThresholds(ThresholdPercents);

    /// <inheritdoc/>
    public bool Equals(WalletSettings? other) =>
        other is not null && (LimitNanoUsd, OverdraftBasisPoints, Rule, IsShadow) == (other.LimitNanoUsd, other.OverdraftBasisPoints, other.Rule, other.IsShadow)
        && ThresholdPercents.SequenceEqual(other.ThresholdPercents);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(LimitNanoUsd, OverdraftBasisPoints, Rule, IsShadow, ThresholdPercents.Count);

    /// <summary>Whether this is an overdraft a wallet may have.</summary>
    public static bool AreOverdraft(int basisPoints) => basisPoints is >= 0 and <= MaxOverdraftBasisPoints;

    /// <summary>Whether these are soft thresholds a wallet may have.</summary>
    public static bool AreThresholds(IReadOnlyList<int> percents)
    {
        for (var i = 0; i < percents.Count; i++)
        {
            if (percents[i] is < 1 or > 99 || (i > 0 && percents[i] <= percents[i - 1]))
            {
                return false;
            }
        }

        return percents.Count <= MaxThresholds;
    }
}

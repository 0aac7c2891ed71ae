namespace AiOrchestrator.Ledger.Transfers;

/// <summary>What one wallet does in a transfer.</summary>
/// <param name="WalletId">The wallet.</param>
/// <param name="AmountNanoUsd">Nano-dollars: below 0 leaves its allowance, above 0 joins it.</param>
public sealed record TransferLeg(string WalletId, long AmountNanoUsd);

/// <summary>Which wallets a transfer concerns.</summary>
public static class TransferRoute
{
    /// <summary>
    /// The wallets below the lowest common ancestor, on both sides: the amount stays within the ancestor, whose allowance neither shrinks nor
    /// grows. Without a common ancestor all of both paths. What is taken comes first, for it may be refused, and from the root down, for
    /// whoever is nearer to the root is asked first once money is short.
    /// </summary>
    /// <param name="fromPath">The source and its ancestors, leaf to root.</param>
    /// <param name="toPath">The destination and its ancestors, leaf to root.</param>
    /// <param name="amountNanoUsd">Nano-dollars, more than 0.</param>
    public static IReadOnlyList<TransferLeg> Between(IReadOnlyList<string> fromPath, IReadOnlyList<string> toPath, long amountNanoUsd)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(amountNanoUsd);
        var shared = fromPath.Intersect(toPath, StringComparer.Ordinal).ToHashSet(StringComparer.Ordinal);
        return
        [
            .. fromPath.Reverse().Where(id => !shared.Contains(id)).Select(id => new TransferLeg(id, -amountNanoUsd)),
            .. toPath.Reverse().Where(id => !shared.Contains(id)).Select(id => new TransferLeg(id, amountNanoUsd)),
        ];
    }
}

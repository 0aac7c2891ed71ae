namespace AiOrchestrator.Ledger.Wallets;

/// <summary>The bounds of a tree of wallets.</summary>
public static class WalletTree
{
    /// <summary>Deepest tree there may be, root and leaf included.</summary>
    public const int MaxDepth = 8;
}

namespace AiOrchestrator.Ledger.Wallets;

/// <summary>Whether a wallet may hang below another, in the order in which it is decided: the first that holds is the answer.</summary>
public enum TreeOutcome
{
    /// <summary>The wallet, its parent or one above is not known. Retry when it is.</summary>
    WalletUnknown,

    /// <summary>The parent is the wallet itself or hangs below it. Retry with another parent.</summary>
    Cycle,

    /// <summary>The wallet, or one that hangs below it, would be deeper than <see cref="WalletTree.MaxDepth"/>. Retry with a parent further up.</summary>
    TooDeep,

    /// <summary>It may.</summary>
    Allowed,
}

/// <summary>
/// The tree that wallets form: each has at most one parent, whose allowance covers it. The tree is not kept here but asked for, wallet by
/// wallet, so that whoever keeps it (a document store, an index in memory) stays the only one who knows.
/// </summary>
public static class WalletTree
{
    /// <summary>The most wallets a call is paid from: the leaf, the root and those between.</summary>
    public const int MaxDepth = 8;

    /// <summary>Finds the parent of a wallet.</summary>
    /// <param name="walletId">The wallet.</param>
    /// <param name="parentId">Its parent; null for a root.</param>
    /// <returns>False where no such wallet is known.</returns>
    public delegate bool ParentLookup(string walletId, out string? parentId);

    /// <summary>The wallets a call of this wallet is paid from, leaf to root.</summary>
    /// <param name="walletId">The leaf.</param>
    /// <param name="parentOf">The tree.</param>
    /// <returns>Null where a wallet on the way is not known, or there are more than <see cref="MaxDepth"/>, as in a cycle: nothing may be paid then.</returns>
    public static IReadOnlyList<string>? Path(string walletId, ParentLookup parentOf)
    {
        var path = new List<string>(capacity: 4);
        for (var at = walletId; at is not null;)
        {
            if (path.Count == MaxDepth || !parentOf(at, out var parentId))
            {
                return null;
            }

            path.Add(at);
            at = parentId;
        }

        return path;
    }

    /// <summary>Whether a wallet, with all that hangs below it, may hang below another.</summary>
    /// <param name="walletId">The wallet; its present parent does not matter.</param>
    /// <param name="parentId">The parent it is to have; null makes it a root.</param>
    /// <param name="parentOf">The tree as it is. A wallet that is only to be created is known to it, without a parent.</param>
    /// <param name="childrenOf">The wallets whose parent is the given one.</param>
    public static TreeOutcome MayAttach(string walletId, string? parentId, ParentLookup parentOf, Func<string, IEnumerable<string>> childrenOf)
    {
        if (!parentOf(walletId, out _))
        {
            return TreeOutcome.WalletUnknown;
        }

        var above = 0;
        for (var at = parentId; at is not null && above <= MaxDepth; above++)
        {
            if (!parentOf(at, out var next))
            {
                return TreeOutcome.WalletUnknown;
            }

            if (at == walletId)
            {
                return TreeOutcome.Cycle;
            }

            at = next;
        }

        return above + Height(walletId, childrenOf, MaxDepth - above + 1) <= MaxDepth ? TreeOutcome.Allowed : TreeOutcome.TooDeep;
    }

    /// <summary>Levels of a subtree, its root included, counted no further than <paramref name="most"/>: where the tree were a cycle, it ends.</summary>
    private static int Height(string walletId, Func<string, IEnumerable<string>> childrenOf, int most)
    {
        var height = 1;
        if (most > 1)
        {
            foreach (var child in childrenOf(walletId))
            {
                height = Math.Max(height, 1 + Height(child, childrenOf, most - 1));
                if (height >= most)
                {
                    break;
                }
            }
        }

        return height;
    }
}

using System.Globalization;
using AiOrchestrator.Core.Platform;
using AiOrchestrator.Ledger.Wallets;

namespace AiOrchestrator.Core.Wallets;

/// <summary>Decides whether a wallet may hang below another. Asked from within <see cref="WalletDirectory.ChangeAsync"/>, so that the answer still holds when it is used.</summary>
internal sealed class WalletParents(WalletDirectory wallets, ReadWallet amounts)
{
    private const string Member = "parent_id";

    /// <summary>Why not, or null.</summary>
    public async Task<ApiFailure?> RefuseAsync(string organisationId, string walletId, string? parentId, CancellationToken cancellation)
    {
        switch (wallets.MayAttach(organisationId, walletId, parentId))
        {
            case TreeOutcome.WalletUnknown:
                return new InvalidRequest(Member, "names no wallet");
            case TreeOutcome.Cycle:
                return new InvalidRequest(Member, "names the wallet itself, or one below it");
            case TreeOutcome.TooDeep:
                return new InvalidRequest(Member, string.Create(
                    CultureInfo.InvariantCulture, $"would make a path of more than {WalletTree.MaxDepth} wallets: choose a parent further up"));
        }

        if (parentId is null)
        {
            return null;
        }

        var parent = await amounts.ExecuteAsync(parentId, cancellation);
        return parent.Failed ? parent.Failure
            : parent.Value.Closed ? new InvalidRequest(Member, "names a closed wallet")
            : null;
    }
}

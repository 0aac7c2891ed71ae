namespace AiOrchestrator.Core.Wallets;

/// <summary>This instance's leases. Stands in for the owner's until the branches meet.</summary>
public sealed class LeaseBook
{
    /// <summary>Reports this instance's lease of a wallet, so that the wallet's figures are fresh.</summary>
    public ValueTask ReportAsync(string walletId, CancellationToken cancellation)
    {
        _ = (this, walletId);
        cancellation.ThrowIfCancellationRequested();
        return default;
    }
}

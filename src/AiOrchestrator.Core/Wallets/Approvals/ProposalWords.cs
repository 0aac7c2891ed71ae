using AiOrchestrator.Ledger.Approvals;
using AiOrchestrator.Ledger.Wallets;

namespace AiOrchestrator.Core.Wallets.Approvals;

/// <summary>States as they are written.</summary>
internal static class ProposalWords
{
    /// <summary>All of them, for messages.</summary>
    public static string All { get; } = string.Join(", ", Enum.GetValues<ProposalState>().Select(Of));

    /// <summary>The word for a state.</summary>
    public static string Of(ProposalState state) => state switch
    {
        ProposalState.Requested => "requested",
        ProposalState.Approved => "approved",
        ProposalState.Committed => "committed",
        ProposalState.Applied => "applied",
        ProposalState.Rejected => "rejected",
        ProposalState.Cancelled => "cancelled",
        ProposalState.Expired => "expired",
        _ => "failed",
    };

    /// <summary>The state a word stands for, or null.</summary>
    public static ProposalState? Parse(string word)
    {
        foreach (var state in Enum.GetValues<ProposalState>())
        {
            if (Of(state) == word)
            {
                return state;
            }
        }

        return null;
    }
}

/// <summary>Why wallets refuse, as it is written.</summary>
internal static class WalletRefusals
{
    /// <summary>The word for a refusal.</summary>
    public static string Word(WalletCommandOutcome outcome) => outcome switch
    {
        WalletCommandOutcome.WalletUnknown => "wallet_unknown",
        WalletCommandOutcome.WalletClosed => "wallet_closed",
        WalletCommandOutcome.WalletFrozen => "wallet_frozen",
        WalletCommandOutcome.AmountOutOfRange => "amount_out_of_range",
        WalletCommandOutcome.Exhausted => "exhausted",
        WalletCommandOutcome.Contended => "contended",
        WalletCommandOutcome.TransferFinished => "transfer_finished",
        _ => throw new InvalidOperationException($"{outcome} is no refusal"),
    };
}

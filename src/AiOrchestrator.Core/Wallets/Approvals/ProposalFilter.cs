using AiOrchestrator.Core.Platform;
using AiOrchestrator.Ledger.Approvals;

namespace AiOrchestrator.Core.Wallets.Approvals;

/// <summary>Which proposals are asked for.</summary>
/// <param name="State">Those that stand so; null: all.</param>
/// <param name="WalletId">Those that name this wallet; null: all.</param>
/// <param name="AfterId">Those after this id; null: from the first.</param>
/// <param name="Limit">At most so many.</param>
internal sealed record ProposalFilter(ProposalState? State, string? WalletId, string? AfterId, int Limit)
{
    /// <summary>Reads the query, or says what is wrong with it.</summary>
    public static Result<ProposalFilter> Read(QueryReader query)
    {
        var word = query.Text("state");
        var state = word is null ? null : ProposalWords.Parse(word);
        if (word is not null && state is null)
        {
            query.Problem("state", $"must be one of {ProposalWords.All}");
        }

        var filter = new ProposalFilter(state, query.Text("wallet"), query.Text("after"), query.Limit());
        return query.Finish() is { } invalid ? invalid : filter;
    }
}

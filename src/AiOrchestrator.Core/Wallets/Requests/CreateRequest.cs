using AiOrchestrator.Core.Identity;
using AiOrchestrator.Core.Platform;
using AiOrchestrator.Core.Wallets.Approvals;
using AiOrchestrator.Ledger.Approvals;
using AiOrchestrator.Ledger.Requests;

namespace AiOrchestrator.Core.Wallets.Requests;

/// <summary>Asks for more budget.</summary>
internal sealed class CreateRequest(ProposalCreation<BudgetRequest> creation, ApprovalPolicies policies, IdSource ids, TimeProvider time)
{
    public async Task<Result<Proposed<BudgetRequest>>> ExecuteAsync(Caller caller, MemberReader body, CancellationToken cancellation)
    {
        var draft = ProposalDraft.Read(body);
        var walletId = body.Text("wallet", ProposalDraft.MaxIdLength, required: true);
        var kind = ReadKind(body);
        if (body.Finish() is { } invalid)
        {
            return invalid;
        }

        if (creation.Refuse(caller, walletId!) is { } refusal)
        {
            return refusal;
        }

        bool IsSame(BudgetRequest stored) => draft.Made(stored, caller) && stored.WalletId == walletId && stored.Kind == kind;
        if (await creation.FindMadeAsync(caller, draft.Id, IsSame, cancellation) is { } made)
        {
            return made;
        }

        var (periodEnd, failure) = await creation.PeriodEndAsync(walletId!, cancellation);
        if (failure is not null)
        {
            return failure;
        }

        var now = time.GetUtcNow().ToUnixTimeMilliseconds();
        var policy = (await policies.ReadAsync(caller.OrganisationId, cancellation)).Policy;
        var request = new BudgetRequest
        {
            Id = draft.Id ?? ids.NewId("br"),
            WalletId = walletId!,
            Kind = kind,
            AmountNanoUsd = draft.AmountNanoUsd,
            RequestedBy = caller.PrincipalId,
            RequestedUnixMs = now,

            // More for this period is of no use in the next; a standing limit stands.
            ExpiresUnixMs = kind == BudgetKind.TopUp ? Math.Min(now + Proposal.MaxOpenMs, periodEnd) : now + Proposal.MaxOpenMs,
            Level = policy.For(draft.AmountNanoUsd),
            History = draft.Begin(caller, now),
        };
        return await creation.StoreAsync(caller, request, IsSame, cancellation);
    }

    private static BudgetKind ReadKind(MemberReader body)
    {
        switch (body.Text("kind", ProposalDraft.MaxIdLength))
        {
            case null or "top_up":
                return BudgetKind.TopUp;
            case "limit":
                return BudgetKind.Limit;
            default:
                body.Problem("kind", "must be top_up (this period) or limit (from now on)");
                return BudgetKind.TopUp;
        }
    }
}

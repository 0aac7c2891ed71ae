using AiOrchestrator.Core.Identity;
using AiOrchestrator.Core.Platform;
using AiOrchestrator.Core.Wallets.Approvals;
using AiOrchestrator.Ledger.Approvals;
using AiOrchestrator.Ledger.Transfers;

namespace AiOrchestrator.Core.Wallets.Transfers;

/// <summary>Asks for a transfer of this period's allowance.</summary>
internal sealed class CreateTransfer(ProposalCreation<Transfer> creation, ApprovalPolicies policies, IdSource ids, TimeProvider time)
{
    public async Task<Result<Proposed<Transfer>>> ExecuteAsync(Caller caller, MemberReader body, CancellationToken cancellation)
    {
        var draft = ProposalDraft.Read(body);
        var from = body.Text("from", ProposalDraft.MaxIdLength, required: true);
        var to = body.Text("to", ProposalDraft.MaxIdLength, required: true);
        if (from is not null && from == to)
        {
            body.Problem("to", "is the same wallet as 'from'");
        }

        if (body.Finish() is { } invalid)
        {
            return invalid;
        }

        if (creation.Refuse(caller, from!, to!) is { } refusal)
        {
            return refusal;
        }

        bool IsSame(Transfer stored) => draft.Made(stored, caller) && stored.From == from && stored.To == to;
        if (await creation.FindMadeAsync(caller, draft.Id, IsSame, cancellation) is { } made)
        {
            return made;
        }

        var (periodEnd, failure) = await creation.PeriodEndAsync(from!, cancellation);
        failure ??= (await creation.PeriodEndAsync(to!, cancellation)).Failure;
        if (failure is not null)
        {
            return failure;
        }

        var now = time.GetUtcNow().ToUnixTimeMilliseconds();
        var policy = (await policies.ReadAsync(caller.OrganisationId, cancellation)).Policy;
        var transfer = new Transfer
        {
            Id = draft.Id ?? ids.NewId("tr"),
            From = from!,
            To = to!,
            AmountNanoUsd = draft.AmountNanoUsd,
            RequestedBy = caller.PrincipalId,
            RequestedUnixMs = now,

            // What is moved is this period's: in the next there is nothing of it.
            ExpiresUnixMs = Math.Min(now + Proposal.MaxOpenMs, periodEnd),
            Level = policy.For(draft.AmountNanoUsd),
            History = draft.Begin(caller, now),
        };
        return await creation.StoreAsync(caller, transfer, IsSame, cancellation);
    }
}

using System.Globalization;
using AiOrchestrator.Core.Identity;
using AiOrchestrator.Core.Platform;
using AiOrchestrator.Ledger.Approvals;
using AiOrchestrator.Ledger.Money;

namespace AiOrchestrator.Core.Wallets.Approvals;

/// <summary>What every proposal's request says.</summary>
/// <param name="Id">The id the caller gave, or null.</param>
/// <param name="AmountNanoUsd">More than 0, unless the request is wrong.</param>
/// <param name="Note">For the history, or null.</param>
internal sealed record ProposalDraft(string? Id, long AmountNanoUsd, string? Note)
{
    public const int MaxNoteLength = 500;

    public const int MaxIdLength = 64;

    /// <summary>Reads the members all proposals have, and notes what is wrong with them.</summary>
    public static ProposalDraft Read(MemberReader body)
    {
        var id = body.Text("id", MaxIdLength);
        if (id is not null && !id.All(static c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-' or '.'))
        {
            body.Problem("id", "must be letters, digits, '_', '-' and '.'");
        }

        var amount = body.Usd("amount_usd");
        if (!body.Has("amount_usd") || body.IsNull("amount_usd"))
        {
            body.Problem("amount_usd", "is required");
        }
        else if (amount is 0 or > NanoUsd.MaxAmount)
        {
            body.Problem("amount_usd", string.Create(CultureInfo.InvariantCulture, $"must be more than 0 and at most {NanoUsd.MaxAmount / NanoUsd.PerUsd}"));
        }

        return new ProposalDraft(id, amount ?? 0, body.Text("note", MaxNoteLength));
    }

    /// <summary>The history a proposal begins with.</summary>
    public IReadOnlyList<HistoryLine> Begin(Caller caller, long nowUnixMs) => [new HistoryLine(nowUnixMs, caller.PrincipalId, "requested", Note)];

    /// <summary>Whether a stored proposal was made by this caller with these members.</summary>
    public bool Made(Proposal stored, Caller caller) =>
        stored.RequestedBy == caller.PrincipalId && stored.AmountNanoUsd == AmountNanoUsd && stored.History[0].Note == Note;
}

/// <summary>A proposal, and whether this request created it.</summary>
/// <typeparam name="T">The kind.</typeparam>
internal sealed record Proposed<T>(T Proposal, bool IsNew)
    where T : Proposal;

/// <summary>What creating any proposal needs.</summary>
/// <typeparam name="T">The kind.</typeparam>
internal sealed class ProposalCreation<T>(
    ProposalStore<T> store, WalletDirectory wallets, WalletSight sight, ReadWallet amounts, ProposalNotices notices, IProposalScheduler scheduler)
    where T : Proposal
{
    /// <summary>The proposal a caller has made before with the id it gives, or that the id is taken by another; null when it is free.</summary>
    public async Task<Result<Proposed<T>>?> FindMadeAsync(Caller caller, string? id, Func<T, bool> isSame, CancellationToken cancellation)
    {
        if (id is null || (await store.FindAsync(caller.OrganisationId, id, cancellation)).Value is not { } stored)
        {
            return null;
        }

        return isSame(stored) ? new Proposed<T>(stored, IsNew: false) : IdTaken.Instance;
    }

    /// <summary>Stores it; where two create the same at once, both get the one.</summary>
    public async Task<Result<Proposed<T>>> StoreAsync(Caller caller, T proposal, Func<T, bool> isSame, CancellationToken cancellation)
    {
        var (stored, isNew) = await store.CreateAsync(caller.OrganisationId, proposal, cancellation);
        if (isNew)
        {
            var opened = new ProposalRef(store.Name, caller.OrganisationId, proposal.Id);
            notices.Requested(opened, proposal);
            await scheduler.OpenedAsync(opened, cancellation);
        }

        return isNew || isSame(stored) ? new Proposed<T>(stored, isNew) : IdTaken.Instance;
    }

    /// <summary>Why the caller may not propose something about these wallets, or null. It must have to do with one of them.</summary>
    public ApiFailure? Refuse(Caller caller, params ReadOnlySpan<string> walletIds)
    {
        if (caller.Role == Role.Auditor)
        {
            return PermissionDenied.OnlyLooks;
        }

        var isCovered = false;
        foreach (var id in walletIds)
        {
            isCovered |= sight.Covers(caller, id);
        }

        if (!isCovered)
        {
            return PermissionDenied.NotYours;
        }

        foreach (var id in walletIds)
        {
            if (wallets.Get(caller.OrganisationId, id) is null)
            {
                return new WalletNotFound();
            }
        }

        return null;
    }

    /// <summary>When the wallet's period ends, milliseconds since 1970; or why it takes no part in anything.</summary>
    public async Task<(long EndUnixMs, ApiFailure? Failure)> PeriodEndAsync(string walletId, CancellationToken cancellation)
    {
        var state = await amounts.ExecuteAsync(walletId, cancellation);
        return state.Failed ? (0, state.Failure)
            : state.Value.Closed ? (0, new WalletIsClosed())
            : (state.Value.Period.EndUnixMs, null);
    }
}

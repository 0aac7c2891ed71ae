using AiOrchestrator.Core.Identity;
using AiOrchestrator.Core.Platform;
using AiOrchestrator.Ledger.Money;
using AiOrchestrator.Ledger.Wallets;

namespace AiOrchestrator.Core.Wallets;

/// <summary>A movement that was applied, now or before.</summary>
internal sealed record Movement(string Id, bool IsNew, WalletReading Reading);

/// <summary>What administrators do to a wallet beside its settings: top up, adjust, freeze, unfreeze.</summary>
internal sealed class MoveMoney(WalletDirectory wallets, ReadWallet amounts, IdSource ids)
{
    /// <summary>Adds to the current period's allowance.</summary>
    public Task<Result<Movement>> TopUpAsync(Caller caller, string walletId, MemberReader body, CancellationToken cancellation)
    {
        var amount = Amount(body, leastNanoUsd: 1);
        return MoveAsync(
            caller, walletId, body, WalletMembers.Id(body) ?? ids.NewId("top"), body.Text("note", WalletMembers.MaxNoteLength),
            id => new WalletCommand.TopUp(id, amount), cancellation);
    }

    /// <summary>Corrects what was spent in the current period.</summary>
    public Task<Result<Movement>> AdjustAsync(Caller caller, string walletId, MemberReader body, CancellationToken cancellation)
    {
        var amount = Amount(body, -NanoUsd.MaxAmount);
        if (amount == 0 && body.Raw("amount_usd")?.ValueKind == System.Text.Json.JsonValueKind.String)
        {
            body.Problem("amount_usd", "must not be 0");
        }

        return MoveAsync(
            caller, walletId, body, WalletMembers.Id(body) ?? ids.NewId("adj"), body.Text("note", WalletMembers.MaxNoteLength, required: true),
            id => new WalletCommand.Adjust(id, amount), cancellation);
    }

    /// <summary>Grants nothing more until <see cref="UnfreezeAsync"/>; calls under way go on.</summary>
    public Task<Result<Movement>> FreezeAsync(Caller caller, string walletId, MemberReader body, CancellationToken cancellation) =>
        MoveAsync(caller, walletId, body, "", body.Text("note", WalletMembers.MaxNoteLength), static _ => new WalletCommand.Freeze(), cancellation);

    /// <summary>Ends <see cref="FreezeAsync"/>.</summary>
    public Task<Result<Movement>> UnfreezeAsync(Caller caller, string walletId, MemberReader body, CancellationToken cancellation) =>
        MoveAsync(caller, walletId, body, "", body.Text("note", WalletMembers.MaxNoteLength), static _ => new WalletCommand.Unfreeze(), cancellation);

    private static long Amount(MemberReader body, long leastNanoUsd)
    {
        if (body.Raw("amount_usd") is null)
        {
            body.Problem("amount_usd", "is required");
        }

        return WalletMembers.Amount(body, "amount_usd", leastNanoUsd) ?? 0;
    }

    private async Task<Result<Movement>> MoveAsync(
        Caller caller, string walletId, MemberReader body, string id, string? note, Func<string, WalletCommand> command, CancellationToken cancellation)
    {
        if (body.Finish() is { } invalid)
        {
            return invalid;
        }

        if (wallets.Entry(caller.OrganisationId, walletId) is not { } entry)
        {
            return new WalletNotFound();
        }

        var done = await amounts.CommandAsync(walletId, command(id), new CommandNote(caller.OrganisationId, caller.PrincipalId, note), cancellation);
        return done.Failed ? done.Failure : new Movement(id, done.Value.IsNew, new WalletReading(entry, done.Value.State));
    }
}

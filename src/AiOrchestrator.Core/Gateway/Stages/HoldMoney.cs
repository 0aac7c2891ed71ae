using AiOrchestrator.Core.Metering;
using AiOrchestrator.Core.Platform;
using AiOrchestrator.Core.Providers;
using AiOrchestrator.Core.Wallets;

namespace AiOrchestrator.Core.Gateway.Stages;

/// <summary>
/// Claims the worst case from every wallet on the caller's path. Where only a part is left, the output is clamped to what that part pays
/// for (WL-04), down to <see cref="OutputClamp.FloorTokens"/>; else the call is refused with the wallet's figures (WL-03).
/// </summary>
internal sealed class HoldMoney(LeaseBook leases, IWalletAuthority authority, WalletDirectory wallets, IdSource ids, TimeProvider time)
{
    public async ValueTask<ApiFailure?> RunAsync(Exchange exchange)
    {
        exchange.Path = leases.PathOf(exchange.Caller.Key!.WalletId);
        exchange.Wallets = exchange.Path.Shares;
        exchange.AskedTimestamp = time.GetTimestamp();
        try
        {
            return await HoldAsync(exchange);
        }
        catch (OperationCanceledException) when (exchange.Context.RequestAborted.IsCancellationRequested)
        {
            // The client left the queue; whoever waits holds nothing.
            return new ClientGone();
        }
    }

    /// <summary>
    /// Claims what an answer that is given again is charged. Of one that costs nothing it is only asked whether the wallets may be used at all: one that is empty may,
    /// one that is frozen or closed may not.
    /// </summary>
    public async ValueTask<ApiFailure?> RunReplayAsync(Exchange exchange) =>
        await RunAsync(exchange) is { } failure && (exchange.HoldNanoUsd > 0 || failure is WalletFrozen or WalletClosed or ClientGone) ? failure : null;

    private async ValueTask<ApiFailure?> HoldAsync(Exchange exchange)
    {
        var path = exchange.Path!;
        var result = await leases.HoldAsync(path, exchange.HoldNanoUsd, exchange.Context.RequestAborted);

        if (result.Outcome == HoldOutcome.Exhausted && exchange.OwnHoldNanoUsd > 0 && exchange.OwnHoldNanoUsd < exchange.HoldNanoUsd)
        {
            // Short of the dearest of the routes: what the one that is asked may cost is held, and those that are dearer are not asked.
            exchange.HoldNanoUsd = exchange.OwnHoldNanoUsd;
            result = await leases.HoldAsync(path, exchange.HoldNanoUsd, exchange.Context.RequestAborted);
        }

        // The wallet that refuses is the one nearest to the root that is short; each below it may be shorter still.
        for (var level = 0; level < path.WalletIds.Count && result.Outcome == HoldOutcome.Exhausted; level++)
        {
            if (Clamp(exchange, result.UnspentNanoUsd) is not { } clamped)
            {
                break;
            }

            exchange.ClampedTo = clamped;
            exchange.OutputTokensMax = clamped;
            exchange.HoldNanoUsd = exchange.OwnHoldNanoUsd = WorstCase(exchange, clamped);
            result = await leases.HoldAsync(path, exchange.HoldNanoUsd, exchange.Context.RequestAborted);
        }

        exchange.HeldTimestamp = time.GetTimestamp();
        exchange.Hold = result.Hold;
        switch (result.Outcome)
        {
            case HoldOutcome.Held:
                exchange.Wallets = path.SharesOf(result.Hold);
                exchange.Period = result.Hold.LeafPeriod;
                exchange.ShadowWalletId = result.Hold.ShadowWalletId;
                return null;
            case HoldOutcome.Frozen:
                return new WalletFrozen(NameOf(exchange, result.ShortWalletId!));
            case HoldOutcome.Closed:
                return new WalletClosed(NameOf(exchange, result.ShortWalletId!));
            case HoldOutcome.Contended:
                return new BudgetContended(1 + ids.NextInt(2));
            case HoldOutcome.Exhausted:
                return await ExhaustedAsync(result.ShortWalletId!, exchange);
            default:
                return new BudgetUnavailable();
        }
    }

    /// <summary>The bound that can be paid for; null where there is none, or none that leaves more than what the caller lets the model think with.</summary>
    private static long? Clamp(Exchange exchange, long unspentNanoUsd) => exchange.Order is null && exchange.Cache?.Entry is null && exchange.Call.Traits().Kind == ModelKind.Chat
        && exchange.Billing.Fit(exchange.PromptTokensMax, exchange.OutputTokensMax, exchange.Request.Choices, unspentNanoUsd, exchange.UnitsMax) is { } fits
        && fits > exchange.Request.ThinkingTokens
            ? fits
            : null;

    private static long WorstCase(Exchange exchange, long outputTokensMax) =>
        exchange.Billing.WorstCaseNanoUsd(exchange.PromptTokensMax, outputTokensMax, exchange.Request.Choices, exchange.UnitsMax);

    private async ValueTask<ApiFailure> ExhaustedAsync(string walletId, Exchange exchange)
    {
        try
        {
            return await authority.ReadAsync(walletId, exchange.Context.RequestAborted) is { } state
                ? new InsufficientBudget(state, NameOf(exchange, walletId), exchange.HoldNanoUsd)
                : new BudgetUnavailable();
        }
        catch (Exception silent) when (silent is IOException or TimeoutException)
        {
            // Safe: the call is refused either way; what is left of the budget nobody can say now.
            return new BudgetUnavailable();
        }
    }

    private string NameOf(Exchange exchange, string walletId) => wallets.Get(exchange.Caller.OrganisationId, walletId)?.Name ?? walletId;
}

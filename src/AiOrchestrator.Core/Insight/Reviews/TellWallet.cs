using System.Globalization;
using AiOrchestrator.Core.Platform;
using AiOrchestrator.Core.Platform.Alerts;
using AiOrchestrator.Core.Wallets;
using AiOrchestrator.Ledger.Wallets;
using Microsoft.Extensions.Logging;

namespace AiOrchestrator.Core.Insight.Reviews;

/// <summary>Tells a wallet of an amount in dispute, and people of wallets that do not take it.</summary>
internal sealed class TellWallet(IWalletAuthority authority, LeaseBook leases, AlertBook alerts, TimeProvider time, ILogger<TellWallet> log)
{
    /// <summary>Who puts amounts in suspense, on statements.</summary>
    public const string Actor = "usage-review";

    /// <summary>What an alert of a wallet that refuses is called.</summary>
    private const string RefusedKind = AlertKinds.ReviewRefused;

    private const long HourMs = 3_600_000;

    /// <summary>Null where the wallet has done it, now or before; else the code of why it refuses.</summary>
    /// <exception cref="IOException">It does not answer: to be told again.</exception>
    public async Task<string?> ExecuteAsync(string reference, ReviewShare share, WalletCommand command, CommandNote note, CancellationToken cancellation)
    {
        var outcome = await authority.ApplyAsync(share.WalletId, command, note, cancellation);
        if (outcome is not (WalletCommandOutcome.Applied or WalletCommandOutcome.AlreadyApplied))
        {
            log.LogError("{Command} for {Reference} was refused by wallet {WalletId}: {Outcome}", command.GetType().Name, reference, share.WalletId, outcome);
            ApiFailure failure = outcome == WalletCommandOutcome.WalletUnknown ? new WalletNotFound() : new AmountOutOfRange();
            return failure.Code;
        }

        try
        {
            await leases.ChangedAsync(share.WalletId, cancellation);
        }
        catch (Exception silent) when (silent is IOException or TimeoutException)
        {
            // Safe: the wallet knows; this instance's lease on it learns of it when it next reports.
            log.LogWarning(silent, "the lease on wallet {WalletId} could not be told of a change", share.WalletId);
        }

        return null;
    }

    /// <summary>One for each wallet and hour.</summary>
    public async Task AlertAsync(string organisationId, string reference, string walletId, string code, CancellationToken cancellation)
    {
        var now = time.GetUtcNow().ToUnixTimeMilliseconds();
        var alert = new Alert(
            string.Create(CultureInfo.InvariantCulture, $"{RefusedKind}:{now / HourMs}:{TakeDisputes.Plain(walletId)}"),
            organisationId,
            RefusedKind,
            AlertSeverity.Critical,
            $"The wallet '{walletId}' does not take what is in dispute ({code})",
            "It is told again every minute, and the review stays open: GET /control/v1/reviews?state=open shows its refusals.",
            new Dictionary<string, string>(StringComparer.Ordinal) { ["wallet"] = walletId, ["code"] = code, ["reference"] = reference },
            now);
        _ = await alerts.RaiseAsync(alert, cancellation);
    }
}

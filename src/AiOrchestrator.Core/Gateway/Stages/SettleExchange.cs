using AiOrchestrator.Core.Gateway.Caching;
using AiOrchestrator.Core.Limits;
using AiOrchestrator.Core.Metering;
using AiOrchestrator.Core.Metering.Counting;
using AiOrchestrator.Core.Providers;
using AiOrchestrator.Core.Wallets;

namespace AiOrchestrator.Core.Gateway.Stages;

/// <summary>
/// Ends every exchange, however it went: the upstream call is cut if it is still on, the settlement is journaled, then the remainder of
/// the hold goes back to the lease. In that order: money is never free again before its settlement is on its way to disk.
/// </summary>
internal sealed class SettleExchange(IUsageStream stream, UsageEventFactory events, CountingRatios ratios, KeepAnswer keep, TellHealth health)
{
    /// <param name="exchange">The exchange.</param>
    /// <param name="keepsRates">Whether another exchange may go on with what was taken of limits.</param>
    public void Run(Exchange exchange, bool keepsRates = false)
    {
        if (exchange.IsDryRun || exchange.IsSettled)
        {
            return;
        }

        exchange.IsSettled = true;

        var isCharged = exchange.Started || exchange.IsReplayed;
        var charge = isCharged ? Charge.Of(exchange) : default;
        var hold = isCharged ? exchange.HoldNanoUsd : 0;
        stream.AppendSettlement(new ExchangeSettlement(exchange.Id, exchange.Wallets, hold, charge.CostNanoUsd, events.Create(exchange, charge)));
        LeaseBook.Settle(ref exchange.Hold, charge.CostNanoUsd);
        Learn(exchange, charge);
        if (!keepsRates)
        {
            SettleRates(exchange, charge);
        }

        // Last: money does not wait for it.
        keep.Run(exchange, charge);
        health.Run(exchange);
    }

    /// <summary>Ends what an exchange that is settled has kept of limits.</summary>
    /// <param name="exchange">The exchange.</param>
    /// <param name="charge">What it is charged.</param>
    private static void SettleRates(Exchange exchange, in Charge charge)
    {
        if (exchange.RateLimits is { } limits)
        {
            exchange.RateHold.Settle(limits.Clock, WasAsked(exchange), UseOf(exchange, charge));
        }
    }

    /// <summary>Counts the try under way, which something follows, in the limits of its own route and of the caller; nothing where nobody was asked.</summary>
    /// <param name="exchange">The exchange.</param>
    /// <param name="charge">What it is charged.</param>
    public static void NoteRates(Exchange exchange, in Charge charge)
    {
        if (exchange.RateLimits is not null && WasAsked(exchange))
        {
            exchange.RateHold.Note(UseOf(exchange, charge));
        }
    }

    /// <summary>What limits count of an exchange.</summary>
    /// <param name="exchange">The exchange.</param>
    /// <param name="charge">What it is charged.</param>
    public static RateUse UseOf(Exchange exchange, in Charge charge)
    {
        // What is in dispute is not owed to a limit: nobody knows that it was used.
        var tokens = charge.SuspendedNanoUsd > 0
            ? exchange.PromptTokensExpected + exchange.AnswerFacts.CountedTokens
            : charge.Usage.PromptTokens + charge.Usage.CompletionTokens;

        // A batch has used nothing yet, and is charged for all it may use: a day counts it likewise.
        var ofDay = exchange.Order is not null && charge.CostNanoUsd > 0 ? CallerLimits.MostUse(exchange).TokensOfDay : tokens;
        return new RateUse(tokens, ofDay, charge.CostNanoUsd);
    }

    /// <summary>Whether its present route was asked, or it was answered without.</summary>
    private static bool WasAsked(Exchange exchange) => exchange is { IsReplayed: true } or { SentTimestamp: not 0, Failure: not JournalUnavailable };

    /// <summary>Only from what is beyond doubt: a sound report of a call that came to its end.</summary>
    private void Learn(Exchange exchange, in Charge charge)
    {
        var facts = exchange.AnswerFacts;
        if (charge is not { Source: "reported", Anomaly: null } || exchange.Failure is not null || exchange.ClientGone || exchange.Call.Traits().IsMedia
            || facts.Reported is not { IsSound: true } reported)
        {
            return;
        }

        // Reasoning is reported and mostly not shown, so what was received says nothing of it.
        var tokens = reported.Tokens;
        ratios.Learn(
            exchange.Route!.Provider.Id,
            exchange.Route.Model.Id,
            exchange.PromptIsText ? exchange.PromptTokensCounted : 0,
            tokens.PromptTokens,
            tokens.ReasoningTokens == 0 && tokens.AudioCompletionTokens == 0 && !exchange.Request.Echoes ? facts.MeteredTokens : 0,
            tokens.CompletionTokens);
    }
}

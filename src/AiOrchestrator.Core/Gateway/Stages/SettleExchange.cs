using AiOrchestrator.Core.Metering;
using AiOrchestrator.Core.Wallets;

namespace AiOrchestrator.Core.Gateway.Stages;

/// <summary>
/// Ends every exchange, however it went: the upstream call is cut if it is still on, the settlement is journaled, then the remainder of
/// the hold goes back to the lease. In that order: money is never free again before its settlement is on its way to disk.
/// </summary>
internal sealed class SettleExchange(IUsageStream stream, UsageEventFactory events)
{
    public void Run(Exchange exchange)
    {
        if (exchange.IsDryRun || exchange.IsSettled)
        {
            return;
        }

        exchange.IsSettled = true;

        var charge = exchange.Started ? Charge.Of(exchange) : default;
        var hold = exchange.Started ? exchange.HoldNanoUsd : 0;
        stream.AppendSettlement(new ExchangeSettlement(exchange.Id, exchange.Wallets, hold, charge.CostNanoUsd, events.Create(exchange, charge)));
        LeaseBook.Settle(ref exchange.Hold, charge.CostNanoUsd);
        if (exchange.RateLimits is { } limits)
        {
            var admitted = exchange.Started && exchange.Failure is not JournalUnavailable;

            // What is in dispute is not owed to a limit: nobody knows that it was used.
            var tokens = charge.SuspendedNanoUsd > 0
                ? exchange.PromptTokensExpected + exchange.AnswerFacts.CountedTokens
                : charge.Usage.PromptTokens + charge.Usage.CompletionTokens;
            exchange.RateHold.Settle(limits.Clock, admitted, tokens);
        }
    }
}

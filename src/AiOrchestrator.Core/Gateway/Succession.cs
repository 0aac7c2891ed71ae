using AiOrchestrator.Core.Gateway.Stages;
using AiOrchestrator.Core.Platform;

namespace AiOrchestrator.Core.Gateway;

/// <summary>One exchange after another for the same request: the earlier is settled and written down, the later has a name and money of its own.</summary>
internal sealed class Succession(SettleExchange settle, IdSource ids)
{
    /// <summary>The exchange that goes on for one whose try has ended; what that took of limits goes with it.</summary>
    public Exchange After(Exchange exchange)
    {
        var chargedNanoUsd = Charge.Of(exchange).CostNanoUsd;
        settle.Run(exchange, keepsRates: true);
        exchange.Retire();
        var going = exchange.Fork(ids.NewExchangeId());
        exchange.HandOver(going, chargedNanoUsd);
        return going;
    }

    /// <summary>The later one never began: the earlier, settled as it is, has the last word.</summary>
    public static void Undo(Exchange exchange, Exchange going)
    {
        exchange.TakeBack(going);
        if (exchange.RateLimits is { } limits)
        {
            // What was used has been noted; the later route was never asked.
            exchange.RateHold.Settle(limits.Clock, admitted: false, default);
        }

        going.Dispose();
    }
}

using AiOrchestrator.Core.Platform;
using AiOrchestrator.Core.Providers;

namespace AiOrchestrator.Core.Gateway.Stages;

/// <summary>
/// Asks the next route beside the first where that takes long (J. Dean, L. Barroso, The tail at scale, 2013): whoever answers first serves the call, the other
/// is cut. Each of the two has money of its own; the one that is cut is charged what a call is whose client went away.
/// </summary>
internal sealed class Hedge(CallProvider call, PrepareRoutes prepare, HoldMoney hold, SettleExchange settle, IdSource ids, TimeProvider time)
{
    /// <summary>
    /// Null where the call is not one to be asked twice, or nobody had to be asked beside the first in time: then the first has not been asked. Else the exchange that goes on: with an
    /// answer's headers, or with a failure.
    /// </summary>
    public async ValueTask<Exchange?> RunAsync(Exchange first)
    {
        if (first.Plan is not { HedgeAfterMs: { } afterMs, Candidates.Count: > 1 } || first.Call.Traits().IsVideo)
        {
            return null;
        }

        var firstCall = call.RunAsync(first).AsTask();
        using var late = new CancellationTokenSource();
        var delay = Task.Delay(TimeSpan.FromMilliseconds(afterMs), time, late.Token);
        if (await Task.WhenAny(firstCall, delay) == firstCall || await BesideAsync(first) is not { } second)
        {
            await late.CancelAsync();
            first.Failure = await firstCall;
            return first;
        }

        var secondCall = call.RunAsync(second).AsTask();
        var quick = await Task.WhenAny(firstCall, secondCall);
        if (await quick is not null)
        {
            // A failure decides nothing while the other may still answer.
            quick = quick == firstCall ? secondCall : firstCall;
            await quick;
        }

        var (winner, loser, lost) = quick == firstCall ? (first, second, secondCall) : (second, first, firstCall);
        winner.Failure = await quick;
        await EndAsync(winner, loser, lost);
        return winner;
    }

    /// <summary>The second, with its hold taken; null where there is no money for it, or it cannot be told of the call.</summary>
    private async ValueTask<Exchange?> BesideAsync(Exchange first)
    {
        var second = first.Fork(ids.NewExchangeId());
        if (prepare.TurnTo(second, 1) is null && await hold.RunAsync(second) is null)
        {
            return second;
        }

        second.Dispose();
        return null;
    }

    private async ValueTask EndAsync(Exchange winner, Exchange loser, Task<ApiFailure?> lost)
    {
        loser.Watch?.Cut(CutReason.Superseded);
        loser.Failure = await lost ?? new Superseded();
        if (ReferenceEquals(winner.IdText, loser.RetryOf))
        {
            // The second has lost: it ends here, and the first goes on as if it had been alone.
            settle.Run(loser);
            loser.Dispose();
            return;
        }

        loser.HandOver(winner, Charge.Of(loser));
        settle.Run(loser);
    }
}

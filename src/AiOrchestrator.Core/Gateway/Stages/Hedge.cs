using AiOrchestrator.Core.Platform;
using AiOrchestrator.Core.Providers;
using AiOrchestrator.Core.Traffic.Queueing;
using AiOrchestrator.Core.Wallets;

namespace AiOrchestrator.Core.Gateway.Stages;

/// <summary>
/// Asks the next route beside the first where that takes long (J. Dean, L. Barroso, The tail at scale, 2013): whoever answers first serves the call, the other
/// is cut. Each of the two has money of its own and counts in its route's limits; the one that is cut is charged what a call is whose client went away.
/// </summary>
internal sealed class Hedge(
    CallProvider call,
    PrepareRoutes prepare,
    ProviderQueues queues,
    CallerLimits limits,
    HoldMoney hold,
    SettleExchange settle,
    IdSource ids,
    TimeProvider time)
{
    /// <summary>
    /// Null where the call is not one to be asked twice: then the first has not been asked. Else the exchange that goes on: with an answer's headers, or with a
    /// failure.
    /// </summary>
    public async ValueTask<Exchange?> RunAsync(Exchange first)
    {
        if (first.Plan is not { HedgeAfterMs: { } afterMs, Candidates.Count: > 1 } || first.CandidateIndex != 0 || first.Call.Traits().IsVideo)
        {
            return null;
        }

        first.IsRacing = true;
        var firstCall = call.RunAsync(first).AsTask();
        try
        {
            await firstCall.WaitAsync(TimeSpan.FromMilliseconds(afterMs), time);
        }
        catch (TimeoutException)
        {
            // It takes long: that is what this is for.
        }

        if (firstCall.IsCompleted)
        {
            first.IsRacing = false;
            first.Failure = await firstCall;
            return first;
        }

        var secondCall = Task.FromResult<ApiFailure?>(null);
        try
        {
            if (!await PutBesideAsync(first) || firstCall.IsCompleted)
            {
                LeaveBeside(first);
                first.IsRacing = false;
                first.Failure = await firstCall;
                return first;
            }

            BoundBeside(first, afterMs);
            secondCall = call.RunAsync(first.Beside!).AsTask();
            return await RaceAsync(first, firstCall, secondCall);
        }
        catch
        {
            // A fault of ours: neither of the two may go on unwatched, or be paid for by nobody.
            first.Watch?.Cut(CutReason.Superseded);
            first.Beside?.Watch?.Cut(CutReason.Superseded);
            await Task.WhenAny(Task.WhenAll(firstCall, secondCall), Task.Delay(TimeSpan.FromSeconds(5), time));
            throw;
        }
    }

    private async ValueTask<Exchange> RaceAsync(Exchange first, Task<ApiFailure?> firstCall, Task<ApiFailure?> secondCall)
    {
        var second = first.Beside!;
        var quick = await Task.WhenAny(firstCall, secondCall);
        if (await quick is not null)
        {
            // A failure decides nothing while the other may still answer.
            quick = quick == firstCall ? secondCall : firstCall;
            await quick;
        }

        var (winner, loser, lost) = quick == firstCall ? (first, second, secondCall) : (second, first, firstCall);
        loser.Watch?.Cut(CutReason.Superseded);
        var failure = await lost;
        winner.Failure = await quick;
        End(winner, loser, failure);
        return winner;
    }

    /// <summary>
    /// Makes the second ready, with its part of limits and its hold taken; false where others wait for its provider (P31), there is no room or no money for it,
    /// or it cannot be told of the call.
    /// </summary>
    private async ValueTask<bool> PutBesideAsync(Exchange first)
    {
        var second = first.Fork(ids.NewExchangeId());
        second.IsRacing = true;
        first.Beside = second;
        return !queues.StandsBefore(first.Caller.OrganisationId, first.Plan!.Candidates[1].Route.Provider.Id, first.Waits.Priority)
            && prepare.TurnTo(second, 1) is null && await limits.RunAsync(second) is null && await hold.RunAsync(second) is null && second.ClampedTo is null;
    }

    /// <summary>The second may take what is left of what all attempts together may.</summary>
    private static void BoundBeside(Exchange first, int afterMs)
    {
        if (first.Timeouts is { TotalMs: var totalMs })
        {
            var (second, leftMs) = (first.Beside!, Math.Max(1, totalMs - afterMs));
            var own = second.Route!.Provider.Timeouts;
            second.Timeouts = own with { FirstByteMs = Math.Min(own.FirstByteMs, leftMs), TotalMs = Math.Min(own.TotalMs, leftMs) };
        }
    }

    /// <summary>The second was never asked: what it has taken goes back.</summary>
    private static void LeaveBeside(Exchange first)
    {
        if (first.Beside is not { } second)
        {
            return;
        }

        first.Beside = null;
        second.Cell?.Leave();
        second.Cell = null;
        LeaseBook.Settle(ref second.Hold, 0);
        if (second.RateLimits is { } taken)
        {
            second.RateHold.Settle(taken.Clock, admitted: false, default);
        }

        second.Dispose();
    }

    private void End(Exchange winner, Exchange loser, ApiFailure? failure)
    {
        (winner.IsRacing, loser.IsRacing) = (false, false);
        loser.Failure = failure ?? new Superseded();
        loser.IsBeaten = true;
        loser.NoteFailed(loser.Failure);
        var charge = Charge.Of(loser);
        winner.FailedBeside(loser);
        if (loser.Successor is null && winner.RetryOf == loser.IdText)
        {
            // The second has won: it has the last word, and what was taken of limits.
            winner.WasRaced = true;
            loser.Beside = null;
            SettleExchange.NoteRates(loser, charge);
            loser.HandOver(winner, charge.CostNanoUsd);
            settle.Run(loser);
            loser.Retire();
            ModelNotices.Write(winner, winner.Arrived.ToUnixTimeMilliseconds());
            return;
        }

        if (!loser.Started)
        {
            // It found no place, say: nobody was asked, and there is nothing to be written down beside the try.
            LeaveBeside(winner);
            return;
        }

        winner.WasRaced = true;

        // It ends here, and the first goes on as if it had been alone, but for what that cost.
        winner.Beside = null;
        settle.Run(loser);
        winner.RateHold.NoteBeside(SettleExchange.UseOf(loser, charge));
        winner.AddEarlier(charge.CostNanoUsd);
        loser.Dispose();
    }
}

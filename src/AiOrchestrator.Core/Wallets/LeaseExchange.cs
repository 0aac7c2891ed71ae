using AiOrchestrator.Core.Platform;
using AiOrchestrator.Ledger.Wallets;
using Microsoft.Extensions.Logging;

namespace AiOrchestrator.Core.Wallets;

/// <summary>What an exchange with the wallet came to, for whoever waits for money.</summary>
/// <param name="Outcome">The wallet's answer; null when there was none.</param>
/// <param name="UnspentNanoUsd">What one call could at most still get there.</param>
internal readonly record struct ExchangeResult(LeaseOutcome? Outcome, long UnspentNanoUsd);

/// <summary>Speaks the lease protocol with the authority for one slot at a time (design §3.4).</summary>
internal sealed class LeaseExchange(IWalletAuthority authority, IdSource ids, TimeProvider time, ILogger<LeaseBook> logger)
{
    /// <summary>A lease covers this much of recent spending, and the average forgets as fast.</summary>
    private const double CoverSeconds = 10;

    /// <summary>The next period's lease is asked for between these two before the period starts, milliseconds: not by all holders at once.</summary>
    private const int PrepareLatestMs = 5_000;
    private const int PrepareEarliestMs = 25_000;

    /// <summary>A lease whose wallet is under pressure reports this often, milliseconds.</summary>
    private const int PressedRenewalMs = 1_000;

    /// <summary>A wallet that refused is asked again after this and as much again at random, milliseconds.</summary>
    private const int RememberRefusalMs = 1_000;

    /// <summary>What one call lately needed is kept at hand this long at least, milliseconds, as long as the wallet has enough left for so many of them.</summary>
    private const int RememberHoldMs = 10_000;
    private const int PlentyFor = 32;

    /// <summary>How often the question is repeated where a lease was over: the current one, and the one prepared for the next period.</summary>
    private const int MostRetries = 2;

    /// <summary>How long between two questions for contended money: the first and the longest, milliseconds.</summary>
    private const int FirstAskMs = 10;
    private const int LongestAskMs = 250;

    /// <summary>
    /// Asks for <paramref name="needNanoUsd"/> beside what is held, and <paramref name="waitingNanoUsd"/> for everybody who waits. What is free
    /// goes back with the question: the wallet decides with all it has, and no crumb stays behind at a holder that is refused.
    /// </summary>
    public async ValueTask<ExchangeResult> TopUpAsync(LeaseSlot slot, long needNanoUsd, long waitingNanoUsd, CancellationToken cancellation)
    {
        await slot.ExchangeLock.WaitAsync(cancellation);
        try
        {
            slot.ReturnsAsked = slot.Returns;
            TurnOver(slot);
            if (!slot.IsPressed && slot.Current is { } ready && ready.Admits(time.GetTimestamp(), NowUnixMs()) && ready.AvailableNanoUsd >= needNanoUsd)
            {
                return new ExchangeResult(LeaseOutcome.Granted, ready.AvailableNanoUsd);
            }

            var result = await AskAsync(slot, needNanoUsd, waitingNanoUsd, cancellation);
            for (var again = 0; again < MostRetries && await IsWorthRepeatingAsync(slot, result.Outcome, cancellation); again++)
            {
                result = await AskAsync(slot, needNanoUsd, waitingNanoUsd, cancellation);
            }

            Remember(slot, result);
            return result;
        }
        finally
        {
            slot.ExchangeLock.Release();
        }
    }

    /// <summary>Reports, asks for what recent spending makes likely, and gives back what is idle.</summary>
    public async ValueTask RenewAsync(LeaseSlot slot, CancellationToken cancellation)
    {
        await slot.ExchangeLock.WaitAsync(cancellation);
        try
        {
            _ = await ReportRetiredAsync(slot, cancellation);
            TurnOver(slot);
            if (slot.Current is { } lease)
            {
                var cover = CoverNanoUsd(slot, lease, time.GetTimestamp());
                lease.OfferBack(slot.IsPressed ? 0 : cover);
                var target = slot.IsPressed ? 0 : lease.HeldNanoUsd + cover;
                await SendAsync(slot, lease, needNanoUsd: 0, target, cancellation);
            }
        }
        finally
        {
            slot.ExchangeLock.Release();
        }
    }

    /// <summary>Tells the wallet what calls cost that were open on leases which have ended, and gives those back.</summary>
    public async ValueTask ReportEndedAsync(LeaseSlot slot, CancellationToken cancellation)
    {
        await slot.ExchangeLock.WaitAsync(cancellation);
        try
        {
            _ = await ReportRetiredAsync(slot, cancellation);
        }
        finally
        {
            slot.ExchangeLock.Release();
        }
    }

    /// <summary>Tells the wallet what was spent and changes nothing else.</summary>
    public async ValueTask ReportAsync(LeaseSlot slot, CancellationToken cancellation)
    {
        await slot.ExchangeLock.WaitAsync(cancellation);
        try
        {
            _ = await ReportRetiredAsync(slot, cancellation);
            TurnOver(slot);
            if (slot.Current is { } lease)
            {
                await SendAsync(slot, lease, needNanoUsd: 0, targetNanoUsd: 0, cancellation);
            }
        }
        finally
        {
            slot.ExchangeLock.Release();
        }
    }

    /// <summary>Asks for a lease on the next period before it starts, sized by recent spending.</summary>
    public async ValueTask PrepareAsync(LeaseSlot slot, CancellationToken cancellation)
    {
        await slot.ExchangeLock.WaitAsync(cancellation);
        try
        {
            slot.PrepareAtUnixMs = long.MaxValue;
            if (slot.Next is null && slot.Current is { } lease)
            {
                slot.Next = new Lease(ids.NewLeaseId());
                await SendAsync(slot, slot.Next, needNanoUsd: 0, CoverNanoUsd(slot, lease, time.GetTimestamp()), cancellation, lease.PeriodNumber + 1);
            }
        }
        finally
        {
            slot.ExchangeLock.Release();
        }
    }

    /// <summary>Gives the leases back if nothing is held. True when the slot has none afterwards.</summary>
    public async ValueTask<bool> TryCloseAsync(LeaseSlot slot, CancellationToken cancellation)
    {
        await slot.ExchangeLock.WaitAsync(cancellation);
        try
        {
            slot.Next?.StopAdmitting();
            Retire(slot, slot.Next);
            if (slot.Current is { } lease && lease.HeldNanoUsd == 0)
            {
                Retire(slot, lease);
            }

            _ = await ReportRetiredAsync(slot, cancellation);
            return slot.Current is null;
        }
        finally
        {
            slot.ExchangeLock.Release();
        }
    }

    private static bool IsOver(LeaseOutcome? outcome) => outcome is LeaseOutcome.LeaseEnded or LeaseOutcome.LeaseUnknown
        or LeaseOutcome.MessageTooOld or LeaseOutcome.PeriodEnded;

    /// <summary>Where a lease was over, and where the money that was missing may have come back with what is told first.</summary>
    private async ValueTask<bool> IsWorthRepeatingAsync(LeaseSlot slot, LeaseOutcome? outcome, CancellationToken cancellation) =>
        (IsOver(outcome) || outcome == LeaseOutcome.Exhausted) && (await ReportRetiredAsync(slot, cancellation) || IsOver(outcome));

    private ValueTask<ExchangeResult> AskAsync(LeaseSlot slot, long needNanoUsd, long waitingNanoUsd, CancellationToken cancellation)
    {
        // A period that is over by this clock is not asked for again, even if the wallet's clock is still in it.
        var over = slot.LastPeriodNumber != 0 && NowUnixMs() >= slot.LastPeriodEndsUnixMs;
        var lease = slot.Current ??= new Lease(ids.NewLeaseId());
        var cover = CoverNanoUsd(slot, lease, time.GetTimestamp());
        lease.OfferBack(0);
        var target = lease.HeldNanoUsd + Math.Max(needNanoUsd, waitingNanoUsd) + cover;
        return SendAsync(slot, lease, needNanoUsd, target, cancellation, over ? slot.LastPeriodNumber + 1 : 0);
    }

    private async ValueTask<ExchangeResult> SendAsync(
        LeaseSlot slot, Lease lease, long needNanoUsd, long targetNanoUsd, CancellationToken cancellation, int periodNumber = 0)
    {
        var sentTimestamp = time.GetTimestamp();
        var sentUnixMs = NowUnixMs();

        // The spend is read after the cap was lowered: calls that settle meanwhile make the wallet's picture older, never wrong.
        var spent = lease.SpentNanoUsd;
        var keep = Math.Max(0, lease.GrantedNanoUsd - spent);

        // More than is kept where a call cost more than its hold: what others hold is then asked for once more.
        var held = lease.HeldNanoUsd;
        var report = new LeaseReport(
            lease.Id, ++lease.Seq, sentUnixMs, spent, held, keep, Math.Max(targetNanoUsd, keep), needNanoUsd, Closing: false)
        {
            PeriodNumber = periodNumber,
            ShadowRefusedCalls = lease.ShadowRefusedCalls,
        };
        var reply = await authority.ExchangeAsync(slot.WalletId, report, cancellation);
        if (reply is not { } answer)
        {
            return new ExchangeResult(null, 0);
        }

        if (answer.Outcome == LeaseOutcome.PeriodEnded)
        {
            slot.LastPeriodNumber = 0;
        }

        slot.IsPressed = answer.Pressure;
        slot.UnspentNanoUsd = answer.UnspentNanoUsd;
        if (IsOver(answer.Outcome) || answer.Outcome == LeaseOutcome.PeriodNotOpen || (answer.AppliedSeq == 0 && answer.Outcome != LeaseOutcome.Duplicate))
        {
            GiveUp(slot, lease, answer.Outcome);
        }
        else if (answer.AppliedSeq == lease.Seq)
        {
            Adopt(slot, lease, answer, spent, sentTimestamp, sentUnixMs);
        }

        return new ExchangeResult(answer.Outcome, answer.UnspentNanoUsd);
    }

    private void Adopt(LeaseSlot slot, Lease lease, in LeaseReply answer, long spentNanoUsd, long sentTimestamp, long sentUnixMs)
    {
        lease.ReportedNanoUsd = spentNanoUsd;
        lease.OverShadowLimit = answer.OverShadowLimit;
        lease.Adopt(
            answer.GrantedNanoUsd, answer.PeriodNumber, answer.Period, sentTimestamp + ToTimestamp(answer.ValidForMs), sentUnixMs + answer.ValidForMs);
        if (answer.Outcome is LeaseOutcome.WalletFrozen or LeaseOutcome.WalletClosed)
        {
            lease.StopAdmitting();
        }

        if (lease != slot.Current)
        {
            return;
        }

        (slot.LastPeriodNumber, slot.LastPeriodEndsUnixMs) = (answer.PeriodNumber, answer.Period.EndUnixMs);
        slot.RenewAtTimestamp = sentTimestamp + ToTimestamp(answer.Pressure ? PressedRenewalMs : answer.RenewEveryMs);
        slot.LowWaterNanoUsd = slot.SpendPerSecond > 0 && lease.AvailableNanoUsd > 0 ? lease.AvailableNanoUsd / 3 : long.MinValue;
        if (slot.Next is null && answer.Period.EndUnixMs != long.MaxValue)
        {
            slot.PrepareAtUnixMs = answer.Period.EndUnixMs - PrepareLatestMs - ids.NextInt(PrepareEarliestMs - PrepareLatestMs);
        }
    }

    /// <summary>What the answer means for those who ask next.</summary>
    private void Remember(LeaseSlot slot, ExchangeResult result)
    {
        var now = time.GetTimestamp();
        slot.RefusedUntilTimestamp = 0;
        if (result.Outcome is LeaseOutcome.Exhausted or LeaseOutcome.WalletFrozen or LeaseOutcome.WalletClosed or LeaseOutcome.TooManyLeases)
        {
            slot.RefusedOutcome = result.Outcome.Value;
            slot.RefusedAboveNanoUsd = result.Outcome == LeaseOutcome.Exhausted ? result.UnspentNanoUsd : -1;
            slot.RefusedUntilTimestamp = now + ToTimestamp(RememberRefusalMs + ids.NextInt(RememberRefusalMs));
        }

        slot.AskEveryMs = result.Outcome == LeaseOutcome.Contended ? Math.Clamp(2 * slot.AskEveryMs, FirstAskMs, LongestAskMs) : 0;
        slot.AskAtTimestamp = now + ToTimestamp(slot.AskEveryMs);
    }

    /// <summary>When its period is over by this instance's clock, the current lease makes room for the next.</summary>
    private void TurnOver(LeaseSlot slot)
    {
        if (slot.Current is { } lease && lease.HasEnded(NowUnixMs()))
        {
            Retire(slot, lease);
            (slot.Current, slot.Next) = (slot.Next, null);
            slot.RenewAtTimestamp = 0;
        }
    }

    /// <summary>Retired leases are told of until all is told and nothing is open on them; then they are closed, and their rest goes back.</summary>
    /// <returns>Whether anything was told.</returns>
    private async ValueTask<bool> ReportRetiredAsync(LeaseSlot slot, CancellationToken cancellation)
    {
        var told = false;
        for (var i = slot.Retired.Count - 1; i >= 0; i--)
        {
            var lease = slot.Retired[i];
            var closing = lease.IsClosed || (lease.HeldNanoUsd == 0 && lease.TryClose());
            var spent = lease.SpentNanoUsd;
            if (!closing && spent == lease.ReportedNanoUsd)
            {
                continue;
            }

            var keep = closing ? 0 : Math.Max(0, lease.GrantedNanoUsd - spent);
            var report = new LeaseReport(lease.Id, ++lease.Seq, NowUnixMs(), spent, keep, keep, keep, 0, closing)
            {
                ShadowRefusedCalls = lease.ShadowRefusedCalls,
            };
            if (await authority.ExchangeAsync(slot.WalletId, report, cancellation) is null)
            {
                logger.LogError("The wallet {WalletId} is not known to the authority; what was spent on it cannot be told", slot.WalletId);
                return false;
            }

            told = true;
            lease.ReportedNanoUsd = spent;
            if (closing)
            {
                slot.Retired.RemoveAt(i);
            }
        }

        return told;
    }

    /// <summary>A lease the wallet does not carry on. What was prepared for the next period takes its place when that has begun, and else goes with it.</summary>
    private static void GiveUp(LeaseSlot slot, Lease lease, LeaseOutcome outcome)
    {
        var wasCurrent = slot.Current == lease;
        lease.StopAdmitting();
        Retire(slot, lease);
        if (wasCurrent && slot.Next is { } next)
        {
            slot.Next = null;
            if (outcome == LeaseOutcome.PeriodEnded)
            {
                (slot.Current, slot.RenewAtTimestamp) = (next, 0);
                return;
            }

            next.StopAdmitting();
            Retire(slot, next);
        }
    }

    private static void Retire(LeaseSlot slot, Lease? lease)
    {
        if (lease is null)
        {
            return;
        }

        if (slot.Current == lease)
        {
            slot.Current = null;
        }
        else if (slot.Next == lease)
        {
            slot.Next = null;
        }

        slot.Retired.Add(lease);
    }

    /// <summary>What recent spending makes likely until the lease is renewed, with room to spare.</summary>
    private long CoverNanoUsd(LeaseSlot slot, Lease lease, long nowTimestamp)
    {
        var total = lease.SpentNanoUsd;
        var spent = total - lease.RatedNanoUsd;
        lease.RatedNanoUsd = total;
        if (slot.RateTimestamp == 0)
        {
            slot.RateTimestamp = nowTimestamp;
        }

        // An estimate, not an account, so it may be a floating-point number: what was spent counts in full at once, spread over the time the average remembers, and fades.
        var elapsed = time.GetElapsedTime(slot.RateTimestamp, nowTimestamp).TotalSeconds;
        var faded = slot.SpendPerSecond * Math.Exp(-elapsed / CoverSeconds);
        var rate = faded + (spent / CoverSeconds);
        (slot.SpendPerSecond, slot.RateTimestamp) = (rate, nowTimestamp);
        var likely = (long)Math.Min(rate * CoverSeconds, long.MaxValue / 8.0);

        // Where calls hold far more than they cost, the next one would find less than it needs.
        var largest = slot.LargestHold(nowTimestamp, ToTimestamp(RememberHoldMs));
        return largest > likely && largest <= slot.UnspentNanoUsd / PlentyFor ? largest : likely;
    }

    private long ToTimestamp(long ms) => ms * time.TimestampFrequency / 1000;

    private long NowUnixMs() => time.GetUtcNow().ToUnixTimeMilliseconds();
}

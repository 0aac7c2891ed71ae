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
    /// <summary>A lease covers this much of recent spending.</summary>
    private const double CoverSeconds = 10;

    /// <summary>Reports and asks for <paramref name="needNanoUsd"/> beside what is held; 0 only renews, and gives back what is idle.</summary>
    public async ValueTask<ExchangeResult> TopUpAsync(LeaseSlot slot, long needNanoUsd, CancellationToken cancellation)
    {
        await slot.ExchangeLock.WaitAsync(cancellation);
        try
        {
            await ReportRetiredAsync(slot, cancellation);
            var result = await SendAsync(slot, needNanoUsd, keepAll: false, cancellation);
            if (result.Outcome is LeaseOutcome.LeaseEnded or LeaseOutcome.LeaseUnknown or LeaseOutcome.MessageTooOld && needNanoUsd > 0)
            {
                result = await SendAsync(slot, needNanoUsd, keepAll: false, cancellation);
            }

            return result;
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
            await ReportRetiredAsync(slot, cancellation);
            if (slot.Current is not null)
            {
                await SendAsync(slot, needNanoUsd: 0, keepAll: true, cancellation);
            }
        }
        finally
        {
            slot.ExchangeLock.Release();
        }
    }

    /// <summary>Gives the lease back if nothing is held. True when the slot has no lease afterwards.</summary>
    public async ValueTask<bool> TryCloseAsync(LeaseSlot slot, CancellationToken cancellation)
    {
        await slot.ExchangeLock.WaitAsync(cancellation);
        try
        {
            await ReportRetiredAsync(slot, cancellation);
            if (slot.Current is not { } lease)
            {
                return true;
            }

            if (!lease.TryClose())
            {
                return false;
            }

            slot.Current = null;
            lease.Seq++;
            var report = new LeaseReport(
                lease.Id, lease.Seq, NowUnixMs(), lease.SpentNanoUsd, HeldNanoUsd: 0, TargetNanoUsd: 0, NeedNanoUsd: 0, Closing: true);
            var reply = await authority.ExchangeAsync(slot.WalletId, report, cancellation);
            lease.ReportedNanoUsd = lease.SpentNanoUsd;
            if (reply is null)
            {
                logger.LogError("The wallet {WalletId} is not known to the authority; its lease was closed without it", slot.WalletId);
            }

            return true;
        }
        finally
        {
            slot.ExchangeLock.Release();
        }
    }

    private async ValueTask<ExchangeResult> SendAsync(LeaseSlot slot, long needNanoUsd, bool keepAll, CancellationToken cancellation)
    {
        var lease = slot.Current ??= new Lease(ids.NewLeaseId());
        var sentTimestamp = time.GetTimestamp();
        var sentUnixMs = NowUnixMs();
        var target = keepAll ? lease.RemainderNanoUsd : TargetNanoUsd(slot, lease, needNanoUsd, sentTimestamp);
        lease.OfferBack(target);

        // Never ask for less than the own cap now is, nor read the spend before it: the answer can then only raise the cap,
        // and calls that take from the lease meanwhile cannot end up above the grant.
        target = Math.Max(target, lease.RemainderNanoUsd);
        lease.Seq++;
        var spent = lease.SpentNanoUsd;
        var report = new LeaseReport(lease.Id, lease.Seq, sentUnixMs, spent, lease.HeldNanoUsd, target, needNanoUsd, Closing: false);
        var reply = await authority.ExchangeAsync(slot.WalletId, report, cancellation);
        if (reply is not { } answer)
        {
            return new ExchangeResult(null, 0);
        }

        if (answer.Outcome is LeaseOutcome.LeaseEnded or LeaseOutcome.LeaseUnknown or LeaseOutcome.MessageTooOld)
        {
            Retire(slot, lease);
        }
        else if (answer.AppliedSeq == lease.Seq)
        {
            lease.ReportedNanoUsd = spent;
            lease.Adopt(answer.GrantedNanoUsd);
            slot.LastReportTimestamp = sentTimestamp;
            slot.RenewAtTimestamp = sentTimestamp + ToTimestamp(answer.Pressure ? 1_000 : answer.RenewEveryMs);
            slot.Admit(sentTimestamp + ToTimestamp(answer.ValidForMs), sentUnixMs + answer.ValidForMs);
        }

        return new ExchangeResult(answer.Outcome, answer.UnspentNanoUsd);
    }

    /// <summary>What was settled on an ended lease after its end is told until all is told and nothing is open on it.</summary>
    private async ValueTask ReportRetiredAsync(LeaseSlot slot, CancellationToken cancellation)
    {
        for (var i = slot.Retired.Count - 1; i >= 0; i--)
        {
            var lease = slot.Retired[i];
            var spent = lease.SpentNanoUsd;
            if (spent > lease.ReportedNanoUsd)
            {
                lease.Seq++;
                var report = new LeaseReport(lease.Id, lease.Seq, NowUnixMs(), spent, 0, 0, 0, Closing: false);
                if (await authority.ExchangeAsync(slot.WalletId, report, cancellation) is null)
                {
                    return;
                }

                lease.ReportedNanoUsd = spent;
            }

            if (lease.HeldNanoUsd == 0)
            {
                slot.Retired.RemoveAt(i);
            }
        }
    }

    private static void Retire(LeaseSlot slot, Lease lease)
    {
        slot.Current = null;
        slot.Admit(0, 0);
        slot.Retired.Add(lease);
    }

    private long TargetNanoUsd(LeaseSlot slot, Lease lease, long needNanoUsd, long nowTimestamp)
    {
        var elapsed = time.GetElapsedTime(slot.LastReportTimestamp, nowTimestamp).TotalSeconds;
        var recent = lease.SpentNanoUsd - lease.ReportedNanoUsd;
        var perSecond = slot.LastReportTimestamp == 0 ? 0 : recent / Math.Max(elapsed, 0.05);
        return lease.HeldNanoUsd + needNanoUsd + (long)Math.Min(perSecond * CoverSeconds, long.MaxValue / 8.0);
    }

    private long ToTimestamp(long ms) => ms * time.TimestampFrequency / 1000;

    private long NowUnixMs() => time.GetUtcNow().ToUnixTimeMilliseconds();
}

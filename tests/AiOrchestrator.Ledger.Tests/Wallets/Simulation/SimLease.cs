using AiOrchestrator.Ledger.Wallets;

namespace AiOrchestrator.Ledger.Tests.Wallets.Simulation;

/// <summary>A holder's side of one lease that tells the truth: its cap, what it spent, what its open calls hold.</summary>
internal sealed class SimLease(UInt128 id, long clockSkewMs)
{
    public UInt128 Id { get; } = id;

    /// <summary>How far the holder's clock is ahead of true time.</summary>
    public long ClockSkewMs { get; } = clockSkewMs;

    public long Seq { get; set; }

    public long Cap { get; private set; }

    public long Spent { get; private set; }

    public List<long> Holds { get; } = [];

    public long AdmitUntil { get; private set; }

    /// <summary>The wallet has ended it, or never opened it: calls still open are reported, nothing more is admitted.</summary>
    public bool IsRetired { get; private set; }

    public bool IsClosed { get; private set; }

    /// <summary>The period the wallet said it belongs to.</summary>
    public string? Period { get; private set; }

    public long Held => Holds.Sum();

    private long Keep => Math.Max(0, Cap - Spent);

    public void Admit(Random random, long now)
    {
        var free = Cap - Spent - Held;
        if (!IsRetired && !IsClosed && now < AdmitUntil && free > 0)
        {
            Holds.Add(random.NextInt64(1, free + 1));
        }
    }

    public void Settle(Random random, bool aboveHold)
    {
        if (Holds.Count > 0)
        {
            var hold = Holds[^1];
            Holds.RemoveAt(Holds.Count - 1);
            Spent += aboveHold ? hold + random.Next(300) : random.NextInt64(0, hold + 1);
        }
    }

    public LeaseReport Report(Random random, long now, bool closing, int period = 0)
    {
        // The cap is lowered before the wallet is told.
        if (random.Next(3) > 0 && Keep > Held)
        {
            Cap = Spent + random.NextInt64(Held, Keep + 1);
        }

        IsClosed |= closing;
        Cap = closing ? Math.Min(Cap, Spent) : Cap;
        var need = !closing && !IsRetired && random.Next(2) == 0 ? random.Next(1, 2_500) : 0;
        return new LeaseReport(
            Id, ++Seq, now + ClockSkewMs, Spent, Math.Min(Held, Keep), Keep, closing ? 0 : Keep + random.Next(0, 3_000), need, closing)
        {
            PeriodNumber = period,
        };
    }

    public void Learn(in LeaseReply reply, long seq, long sentAt)
    {
        if (reply.AppliedSeq == 0 && reply.Outcome != LeaseOutcome.Duplicate && !IsClosed)
        {
            IsRetired = true;
        }
        else if (reply.AppliedSeq == Seq && seq == Seq && !IsClosed && !IsRetired && reply.Outcome != LeaseOutcome.LeaseEnded)
        {
            Cap = reply.GrantedNanoUsd;
            Period = reply.Period.Id;
            AdmitUntil = reply.Outcome is LeaseOutcome.WalletFrozen or LeaseOutcome.WalletClosed
                ? 0
                : Math.Min(sentAt + reply.ValidForMs, reply.Period.EndUnixMs == long.MaxValue ? long.MaxValue : reply.Period.EndUnixMs - ClockSkewMs);
        }
    }
}

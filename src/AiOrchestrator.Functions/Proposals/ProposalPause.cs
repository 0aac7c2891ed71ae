using AiOrchestrator.Core.Wallets.Approvals;

namespace AiOrchestrator.Functions.Proposals;

/// <summary>How long a turn of <see cref="ProposalOrchestration"/> waits.</summary>
/// <param name="UntilUtc">When the next turn begins, if people do not decide before.</param>
/// <param name="Tries">Turns in a row without progress, this one included.</param>
internal readonly record struct ProposalPause(DateTime UntilUtc, int Tries)
{
    /// <summary>The longest wait. Time means something to a proposal by the hour; a day is a net under clocks that are set.</summary>
    private static readonly TimeSpan Longest = TimeSpan.FromDays(1);

    /// <summary>The first wait for money that is called back from leases; each doubles it, up to <see cref="LongestRetry"/>.</summary>
    private static readonly TimeSpan FirstRetry = TimeSpan.FromSeconds(2);

    private static readonly TimeSpan LongestRetry = TimeSpan.FromMinutes(5);

    /// <summary>The pause after a turn; null after the last.</summary>
    /// <param name="step">What driving came to; null when it failed.</param>
    /// <param name="tries">Turns in a row without progress before.</param>
    /// <param name="nowUtc">The orchestration's time, which is the same however often it is replayed.</param>
    public static ProposalPause? After(ProposalStep? step, int tries, DateTime nowUtc) => step?.Progress switch
    {
        ProposalProgress.Finished => null,
        ProposalProgress.Waiting => new ProposalPause(Clamp(step.NextUnixMs, nowUtc), 0),
        _ => new ProposalPause(nowUtc + Retry(tries), tries + 1),
    };

    private static DateTime Clamp(long nextUnixMs, DateTime nowUtc)
    {
        var latest = nowUtc + Longest;
        var next = nextUnixMs == 0 ? latest : DateTime.UnixEpoch.AddMilliseconds(nextUnixMs);
        return next > latest ? latest : next < nowUtc + FirstRetry ? nowUtc + FirstRetry : next;
    }

    private static TimeSpan Retry(int tries)
    {
        var wait = FirstRetry * Math.Pow(2, Math.Min(tries, 16));
        return wait > LongestRetry ? LongestRetry : wait;
    }
}

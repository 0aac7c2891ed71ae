using AiOrchestrator.Core.Wallets;
using AiOrchestrator.Ledger.Wallets;

namespace AiOrchestrator.Core.Tests.Simulation;

/// <summary>An instance's way to the authority: it loses, doubles, delays and reorders messages, and answers; the instance gives up waiting.</summary>
internal sealed class SimNetwork(SimRun run, SimAuthority authority, SimInstance instance) : IWalletAuthority
{
    public ValueTask<LeaseReply?> ExchangeAsync(string walletId, LeaseReport report, CancellationToken cancellation)
    {
        var wallet = run.Plan.IndexOf(walletId);
        var answer = new TaskCompletionSource<LeaseReply?>(TaskCreationOptions.RunContinuationsAsynchronously);
        run.Auditor.Sent(instance, report);
        run.World.Trace.Add(run.World.NowMs, "sends seq/spent/need", instance.Number, (wallet * 1000) + report.Seq, report.SpentCumulativeNanoUsd, report.NeedNanoUsd);
        var (plan, sentMs) = (run.Plan, run.World.NowMs);
        var copies = !run.IsQuiet && run.Random.Chance(plan.DuplicatePermille) ? 2 : 1;
        for (var copy = 0; copy < copies; copy++)
        {
            if (run.IsQuiet || !run.Random.Chance(plan.DropPermille))
            {
                run.World.After(DelayMs(), null, () => Arrive(wallet, report, sentMs, answer));
            }
        }

        run.World.After(plan.TimeoutMs, instance, () =>
        {
            if (!answer.Task.IsCompleted)
            {
                run.World.Trace.Add(run.World.NowMs, "gives up on seq", instance.Number, (wallet * 1000) + report.Seq);
                answer.TrySetException(new TimeoutException("No answer."));
            }
        });
        return new ValueTask<LeaseReply?>(answer.Task);
    }

    public ValueTask<bool> OpenAsync(string walletId, WalletSettings settings, CommandNote note, CancellationToken cancellation) => throw new NotSupportedException();

    public ValueTask<WalletCommandOutcome> ApplyAsync(string walletId, WalletCommand command, CommandNote note, CancellationToken cancellation) =>
        throw new NotSupportedException();

    public ValueTask<WalletState?> ReadAsync(string walletId, CancellationToken cancellation) => throw new NotSupportedException();

    public ValueTask<WalletOutstanding?> ReadOutstandingAsync(string walletId, CancellationToken cancellation) => throw new NotSupportedException();

    public ValueTask TickAsync(CancellationToken cancellation) => throw new NotSupportedException();

    private void Arrive(int wallet, in LeaseReport report, long sentMs, TaskCompletionSource<LeaseReply?> answer)
    {
        if (authority.Exchange(wallet, report) is not { } reply)
        {
            return;
        }

        if (reply.AppliedSeq == report.Seq)
        {
            run.Auditor.Applied(report.LeaseId, sentMs, reply.ValidForMs);
        }

        run.World.Trace.Add(run.World.NowMs, $"is answered {reply.Outcome}", instance.Number, (wallet * 1000) + report.Seq, reply.GrantedNanoUsd, reply.PeriodNumber);
        if (run.IsQuiet || !run.Random.Chance(run.Plan.DropPermille))
        {
            run.World.After(DelayMs(), instance, () => answer.TrySetResult(reply));
        }
    }

    private long DelayMs()
    {
        var plan = run.Plan;
        return run.IsQuiet || !run.Random.Chance(plan.SlowPermille)
            ? run.Random.Between(0, plan.LatencyMs)
            : run.Random.Chance(700) ? run.Random.Between(plan.LatencyMs, 8_000) : run.Random.Between(8_000, 300_000);
    }
}

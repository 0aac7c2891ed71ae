using AiOrchestrator.Ledger.Wallets;

namespace AiOrchestrator.Core.Tests.Simulation;

/// <summary>
/// A transfer between two wallets, led by a coordinator that knows only the step it has written down: it crashes between doing a step and
/// writing that it was done, and then does the step again.
/// </summary>
internal sealed class SimTransfer(SimRun run, string id, int from, int to, long amountNanoUsd)
{
    private const int MostTries = 4;
    private Step _step = Step.Reserve;
    private int _contended;

    private enum Step
    {
        Reserve,
        Promise,
        CommitCredit,
        CommitDebit,
        CancelCredit,
        CancelDebit,
        Done,
    }

    public bool IsDone => _step == Step.Done;

    public void Go()
    {
        var (wallet, command) = Next();
        run.Authority.Apply(wallet, command, answer => Learn(wallet, answer));
    }

    private void Learn(int wallet, WalletCommandOutcome? answer)
    {
        if (answer is not { } outcome)
        {
            Again(run.Random.Between(200, 3_000));
            return;
        }

        run.World.Trace.Add(run.World.NowMs, $"transfer {id} {_step} {outcome}", 0, wallet, amountNanoUsd);
        if (!run.IsQuiet && run.Random.Chance(200))
        {
            // The crash: what was done is not written down.
            Again(run.Random.Between(200, 10_000));
            return;
        }

        _step = After(outcome);
        if (_step != Step.Done)
        {
            Again(run.Random.Between(0, 600));
        }
    }

    private void Again(long ms) => run.World.After(ms, null, Go);

    private (int Wallet, WalletCommand Command) Next() => _step switch
    {
        Step.Reserve => (from, new WalletCommand.PrepareTransfer(id, -amountNanoUsd)),
        Step.Promise => (to, new WalletCommand.PrepareTransfer(id, amountNanoUsd)),
        Step.CommitCredit => (to, new WalletCommand.CommitTransfer(id)),
        Step.CommitDebit => (from, new WalletCommand.CommitTransfer(id)),
        Step.CancelCredit => (to, new WalletCommand.CancelTransfer(id)),
        _ => (from, new WalletCommand.CancelTransfer(id)),
    };

    private Step After(WalletCommandOutcome outcome)
    {
        var done = outcome is WalletCommandOutcome.Applied or WalletCommandOutcome.AlreadyApplied;
        if (_step == Step.Reserve && outcome == WalletCommandOutcome.Contended && ++_contended < MostTries && !run.IsQuiet)
        {
            return Step.Reserve;
        }

        if (!done && _step > Step.Promise)
        {
            run.World.Trace.Fail($"Transfer {id} was refused {_step} after it was prepared: {outcome}.");
        }

        return _step switch
        {
            Step.Reserve => done ? Step.Promise : Step.CancelCredit,
            Step.Promise => done ? Step.CommitCredit : Step.CancelCredit,
            Step.CommitCredit => Step.CommitDebit,
            Step.CancelCredit => Step.CancelDebit,
            _ => Step.Done,
        };
    }
}

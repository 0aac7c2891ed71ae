using AiOrchestrator.Core.Identity;
using AiOrchestrator.Core.Tests.Wallets.Approvals;
using AiOrchestrator.Core.Wallets.Approvals;
using AiOrchestrator.Ledger.Approvals;
using AiOrchestrator.Ledger.Requests;
using AiOrchestrator.Ledger.Wallets;

namespace AiOrchestrator.Core.Tests.Wallets.Requests;

/// <summary>A budget request cut off at every call it makes: the budget is raised once or not at all.</summary>
public sealed class BudgetRequestCrashTests
{
    private static readonly Caller Lead = ProposalBench.Caller("lead", Role.TeamLead);

    [Theory]
    [InlineData(BudgetKind.TopUp, false)]
    [InlineData(BudgetKind.TopUp, true)]
    [InlineData(BudgetKind.Limit, false)]
    [InlineData(BudgetKind.Limit, true)]
    public async Task A_restart_goes_on_from_wherever_it_was_cut_off(BudgetKind kind, bool afterEffect)
    {
        var crashed = true;
        var calls = 0;
        for (; crashed; calls++)
        {
            var bench = await ProposalBench.StartAsync();
            await bench.RequestBudgetAsync(kind);
            bench.CrashAt(calls + 1, afterEffect);
            await TryApproveAsync(bench);
            crashed = bench.HasCrashed;
            await bench.RestartAsync();
            var wasApproved = (await bench.ReadRequestAsync()).State != ProposalState.Requested;
            await bench.Runner.PassAsync(CancellationToken.None);
            Assert.Equal(wasApproved ? ProposalState.Applied : ProposalState.Requested, (await bench.ReadRequestAsync()).State);

            Assert.False((await bench.DecideRequest.ExecuteAsync(Lead, "r", Decision.Approve, ProposalBench.NoBody(), CancellationToken.None)).Failed);
            var state = bench.State("a1");
            Assert.Equal((1_300, kind == BudgetKind.TopUp ? 1_000 : 1_300), (state.AllowanceNanoUsd, state.LimitNanoUsd));
            Assert.Equal(ProposalState.Applied, (await bench.ReadRequestAsync()).State);
        }

        Assert.True(calls >= 9, $"{calls} calls");
    }

    [Fact]
    public async Task A_wallet_that_refuses_fails_the_request()
    {
        var bench = await ProposalBench.StartAsync();
        await bench.RequestBudgetAsync(BudgetKind.TopUp);
        bench.Wallets.With("a1", wallet => wallet.Apply(new WalletCommand.Close(), bench.Time.UnixMs));
        var failed = await bench.DecideRequest.ExecuteAsync(Lead, "r", Decision.Approve, ProposalBench.NoBody(), CancellationToken.None);
        Assert.Equal((ProposalState.Failed, new ProposalFailure("wallet_closed", "a1")), (failed.Value!.State, failed.Value.Failure));
    }

    [Fact]
    public async Task A_limit_that_is_not_there_cannot_be_raised()
    {
        var bench = await ProposalBench.StartAsync();
        await bench.RequestBudgetAsync(BudgetKind.Limit);
        bench.Wallets.With("a1", wallet => wallet.Apply(new WalletCommand.ChangeLimit(null), bench.Time.UnixMs));
        var failed = await bench.DecideRequest.ExecuteAsync(Lead, "r", Decision.Approve, ProposalBench.NoBody(), CancellationToken.None);
        Assert.Equal(new ProposalFailure("amount_out_of_range", "a1"), failed.Value!.Failure);
    }

    [Fact]
    public async Task After_two_days_a_wallet_is_not_told_again_because_it_may_have_forgotten_that_it_was()
    {
        var bench = await ProposalBench.StartAsync();
        await bench.RequestBudgetAsync(BudgetKind.TopUp);

        // Read, noted, approved; read, committed; read, and then the wallet is told, and its answer is lost.
        bench.CrashAt(7, afterEffect: true);
        await TryApproveAsync(bench);
        await bench.RestartAsync();
        Assert.Equal((ProposalState.Committed, 1_300), ((await bench.ReadRequestAsync()).State, bench.State("a1").AllowanceNanoUsd));

        bench.Time.Advance(TimeSpan.FromMilliseconds(BudgetRequest.MaxRetryMs));
        await bench.Runner.PassAsync(CancellationToken.None);
        var request = await bench.ReadRequestAsync();
        Assert.Equal((ProposalState.Failed, new ProposalFailure("unconfirmed", "a1")), (request.State, request.Failure));
        Assert.Equal(1_300, bench.State("a1").AllowanceNanoUsd);
    }

    private static async Task TryApproveAsync(ProposalBench bench)
    {
        try
        {
            await bench.DecideRequest.ExecuteAsync(Lead, "r", Decision.Approve, ProposalBench.NoBody(), CancellationToken.None);
        }
        catch (IOException)
        {
            // The crash that was ordered.
        }
    }
}

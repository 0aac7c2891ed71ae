using AiOrchestrator.Core.Identity;
using AiOrchestrator.Core.Tests.Wallets.Approvals;
using AiOrchestrator.Core.Wallets.Approvals;
using AiOrchestrator.Ledger.Approvals;
using AiOrchestrator.Ledger.Wallets;

namespace AiOrchestrator.Core.Tests.Wallets.Transfers;

/// <summary>A transfer cut off at every call it makes, before and after the call took effect: it happens once or not at all.</summary>
public sealed class TransferCrashTests
{
    private const string Untouched = "1000 1000 1000 1000 1000";
    private const string Moved = "700 700 1300 1300 1000";

    private static readonly Caller Lead = ProposalBench.Caller("lead", Role.TeamLead);
    private static readonly Caller Asker = ProposalBench.Caller("asker", Role.Member);

    /// <summary>Reading, noting, writing; four promises, the decision, four commits, the mark, taking the note away; some of it read again.</summary>
    private const int FewestCalls = 15;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_restart_goes_on_from_wherever_it_was_cut_off(bool afterEffect)
    {
        var calls = await ForEachCallAsync(afterEffect, async bench =>
        {
            var wasApproved = (await bench.ReadTransferAsync()).State != ProposalState.Requested;
            await bench.Runner.PassAsync(CancellationToken.None);
            var transfer = await bench.ReadTransferAsync();
            Assert.Equal(wasApproved ? ProposalState.Applied : ProposalState.Requested, transfer.State);
            Assert.Equal(wasApproved ? Moved : Untouched, bench.Allowances());

            // Whoever got no answer asks again.
            Assert.False((await bench.DecideTransfer.ExecuteAsync(Lead, "t", Decision.Approve, ProposalBench.NoBody(), CancellationToken.None)).Failed);
        });
        Assert.True(calls >= FewestCalls, $"{calls} calls");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Who_starts_again_too_late_undoes_what_was_not_decided(bool afterEffect)
    {
        var outcomes = new HashSet<ProposalState>();
        await ForEachCallAsync(afterEffect, async bench =>
        {
            var wasCommitted = (await bench.ReadTransferAsync()).State is ProposalState.Committed or ProposalState.Applied;
            bench.Time.Advance(TimeSpan.FromDays(7));
            await bench.Runner.PassAsync(CancellationToken.None);
            var transfer = await bench.ReadTransferAsync();
            outcomes.Add(transfer.State);
            Assert.Equal(wasCommitted ? ProposalState.Applied : ProposalState.Expired, transfer.State);
            Assert.Equal(wasCommitted ? Moved : Untouched, bench.Allowances());
        });
        Assert.Equal([ProposalState.Applied, ProposalState.Expired], outcomes.Order());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task What_is_called_off_when_it_was_cut_off_is_undone(bool afterEffect)
    {
        var outcomes = new HashSet<ProposalState>();
        await ForEachCallAsync(afterEffect, async bench =>
        {
            var cancelled = await bench.DecideTransfer.ExecuteAsync(Asker, "t", Decision.Cancel, ProposalBench.NoBody(), CancellationToken.None);
            await bench.Runner.PassAsync(CancellationToken.None);
            var transfer = await bench.ReadTransferAsync();
            outcomes.Add(transfer.State);
            Assert.Equal(cancelled.Failed ? ProposalState.Applied : ProposalState.Cancelled, transfer.State);
            Assert.Equal(cancelled.Failed ? Moved : Untouched, bench.Allowances());
        });
        Assert.Equal([ProposalState.Applied, ProposalState.Cancelled], outcomes.Order());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Undoing_is_resumed_as_well(bool afterEffect)
    {
        var bench = await ProposalBench.StartAsync();
        var crashed = true;
        for (var call = 1; crashed; call++)
        {
            var id = $"t{call}";
            await bench.RequestTransferAsync(id);
            bench.Wallets.With("b1", wallet => wallet.Apply(new WalletCommand.Freeze(), bench.Time.UnixMs));
            bench.CrashAt(call, afterEffect);
            await TryApproveAsync(bench, id);
            crashed = bench.HasCrashed;
            await bench.RestartAsync();
            await bench.DecideTransfer.ExecuteAsync(Lead, id, Decision.Approve, ProposalBench.NoBody(), CancellationToken.None);
            await bench.Runner.PassAsync(CancellationToken.None);

            var transfer = await bench.ReadTransferAsync(id);
            Assert.Equal((ProposalState.Failed, new ProposalFailure("wallet_frozen", "b1"), false), (transfer.State, transfer.Failure, transfer.IsOpen));
            Assert.Equal(Untouched, bench.Allowances());
        }
    }

    [Fact]
    public async Task Nothing_is_noted_as_open_that_is_finished()
    {
        await ForEachCallAsync(afterEffect: true, async bench =>
        {
            await bench.DecideTransfer.ExecuteAsync(Lead, "t", Decision.Approve, ProposalBench.NoBody(), CancellationToken.None);
            await bench.Runner.PassAsync(CancellationToken.None);
            Assert.Null(await bench.Transfers.FindOpenAsync(ProposalBench.Organisation, "t", CancellationToken.None));
        });
    }

    [Fact]
    public async Task Two_that_carry_out_the_same_at_once_do_it_once()
    {
        for (var i = 0; i < 50; i++)
        {
            var bench = await ProposalBench.StartAsync();
            await bench.RequestTransferAsync();
            var runs = Enumerable.Range(0, 8).Select(n => Task.Run(async () =>
            {
                if (n % 2 == 0)
                {
                    await bench.DecideTransfer.ExecuteAsync(
                        ProposalBench.Caller($"finops{n}", Role.Finops), "t", Decision.Approve, ProposalBench.NoBody(), CancellationToken.None);
                }

                await bench.Runner.PassAsync(CancellationToken.None);
            }));
            await Task.WhenAll(runs);
            await bench.Runner.PassAsync(CancellationToken.None);
            Assert.Equal(ProposalState.Applied, (await bench.ReadTransferAsync()).State);
            Assert.Equal(Moved, bench.Allowances());
        }
    }

    [Fact]
    public async Task Approved_cancelled_and_expired_at_once_it_ends_one_way()
    {
        var outcomes = new HashSet<ProposalState>();
        for (var i = 0; i < 200; i++)
        {
            var bench = await ProposalBench.StartAsync();
            var transfer = await bench.RequestTransferAsync();
            bench.Time.Advance(TimeSpan.FromMilliseconds(Proposal.MaxOpenMs - 1));
            Func<Task>[] runs =
            [
                () => bench.DecideTransfer.ExecuteAsync(Lead, "t", Decision.Approve, ProposalBench.NoBody(), CancellationToken.None),
                () => bench.DecideTransfer.ExecuteAsync(Asker, "t", Decision.Cancel, ProposalBench.NoBody(), CancellationToken.None),
                () =>
                {
                    bench.Time.Advance(TimeSpan.FromMilliseconds(1));
                    return bench.Runner.PassAsync(CancellationToken.None);
                },
            ];
            await Task.WhenAll(runs.Select((_, n) => Task.Run(runs[(n + i) % runs.Length])));
            await bench.Runner.PassAsync(CancellationToken.None);
            transfer = await bench.ReadTransferAsync();
            outcomes.Add(transfer.State);
            Assert.Equal(transfer.State == ProposalState.Applied ? Moved : Untouched, bench.Allowances());
            Assert.False(transfer.IsOpen);
            Assert.Single(transfer.History, static line => line.Action is "applied" or "cancelled" or "expired");
        }

        Assert.Superset(outcomes, new HashSet<ProposalState> { ProposalState.Applied, ProposalState.Cancelled, ProposalState.Expired });
    }

    /// <summary>Approves a new transfer, cut off at its first call, its second and so on, until it is not cut off; then restarts and checks.</summary>
    private static async Task<int> ForEachCallAsync(bool afterEffect, Func<ProposalBench, Task> checkAsync)
    {
        for (var call = 1; ; call++)
        {
            var bench = await ProposalBench.StartAsync();
            await bench.RequestTransferAsync();
            bench.CrashAt(call, afterEffect);
            await TryApproveAsync(bench, "t");
            var crashed = bench.HasCrashed;
            await bench.RestartAsync();
            await checkAsync(bench);
            if (!crashed)
            {
                Assert.Equal(Moved, bench.Allowances());
                return call - 1;
            }
        }
    }

    private static async Task TryApproveAsync(ProposalBench bench, string id)
    {
        try
        {
            await bench.DecideTransfer.ExecuteAsync(Lead, id, Decision.Approve, ProposalBench.NoBody(), CancellationToken.None);
        }
        catch (IOException)
        {
            // The crash that was ordered.
        }
    }
}

using AiOrchestrator.Core.Identity;
using AiOrchestrator.Core.Wallets.Approvals;
using AiOrchestrator.Core.Wallets.Transfers;
using AiOrchestrator.Ledger.Approvals;
using AiOrchestrator.Ledger.Wallets;

namespace AiOrchestrator.Core.Tests.Wallets.Approvals;

public sealed class ProposalRunnerTests
{
    private static readonly Caller Lead = ProposalBench.Caller("lead", Role.TeamLead);

    [Fact]
    public async Task Money_that_is_out_in_leases_is_waited_for()
    {
        var bench = await ProposalBench.StartAsync();
        await bench.RequestTransferAsync();
        Lease(bench, seq: 1, keep: 0, target: 900);
        Assert.Equal(ProposalState.Approved, await ApproveAsync(bench));
        await RunForAsync(bench, TimeSpan.FromSeconds(20));
        Assert.Equal(ProposalState.Approved, (await bench.ReadTransferAsync()).State);

        Lease(bench, seq: 2, keep: 0, target: 0);
        await RunForAsync(bench, TimeSpan.FromSeconds(5));
        Assert.Equal(ProposalState.Applied, (await bench.ReadTransferAsync()).State);
        Assert.Equal("700 700 1300 1300 1000", bench.Allowances());
    }

    [Fact]
    public async Task Money_that_does_not_come_back_in_a_minute_fails_the_transfer_and_undoes_it_everywhere()
    {
        var bench = await ProposalBench.StartAsync();
        await bench.RequestTransferAsync();
        Lease(bench, seq: 1, keep: 0, target: 900);
        Assert.Equal(ProposalState.Approved, await ApproveAsync(bench));
        await RunForAsync(bench, TimeSpan.FromMilliseconds(CarryOutTransfer.MaxContendedMs - 5_000));
        Assert.Equal(ProposalState.Approved, (await bench.ReadTransferAsync()).State);

        await RunForAsync(bench, TimeSpan.FromSeconds(10));
        var transfer = await bench.ReadTransferAsync();
        Assert.Equal((ProposalState.Failed, new ProposalFailure("contended", "a1"), false), (transfer.State, transfer.Failure, transfer.IsOpen));
        Assert.Equal("1000 1000 1000 1000 1000", bench.Allowances());
    }

    [Fact]
    public async Task What_a_wallet_does_not_have_fails_the_transfer_at_once()
    {
        var bench = await ProposalBench.StartAsync();
        await bench.RequestTransferAsync(amount: 1_001);
        Assert.Equal(ProposalState.Failed, await ApproveAsync(bench));
        var transfer = await bench.ReadTransferAsync();
        Assert.Equal((new ProposalFailure("exhausted", "a"), false), (transfer.Failure, transfer.IsOpen));
        Assert.Equal("1000 1000 1000 1000 1000", bench.Allowances());
    }

    [Fact]
    public async Task What_nobody_decided_expires_and_only_then()
    {
        var bench = await ProposalBench.StartAsync();
        await bench.RequestTransferAsync();
        bench.Time.Advance(TimeSpan.FromMilliseconds(Proposal.MaxOpenMs - 1));
        await bench.Runner.RunDueAsync(CancellationToken.None);
        Assert.Equal(ProposalState.Requested, (await bench.ReadTransferAsync()).State);

        bench.Time.Advance(TimeSpan.FromMilliseconds(ProposalRunner.PassEveryMs));
        await bench.Runner.RunDueAsync(CancellationToken.None);
        var transfer = await bench.ReadTransferAsync();
        Assert.Equal(ProposalState.Expired, transfer.State);
        Assert.Equal("system", transfer.History[^1].Actor);
        Assert.Null(await bench.Transfers.FindOpenAsync(ProposalBench.Organisation, "t", CancellationToken.None));
    }

    [Fact]
    public async Task Who_has_not_decided_by_half_of_the_time_is_told_once_more_and_the_step_says_when()
    {
        var bench = await ProposalBench.StartAsync();
        var asked = await bench.RequestTransferAsync();
        var half = asked.RequestedUnixMs + (Proposal.MaxOpenMs / 2);
        var proposal = new ProposalRef("transfers", ProposalBench.Organisation, "t");
        Assert.Equal(new ProposalStep(ProposalProgress.Waiting, half), await bench.Driver.DriveAsync(proposal, CancellationToken.None));

        bench.Time.Advance(TimeSpan.FromMilliseconds(Proposal.MaxOpenMs / 2));
        for (var i = 0; i < 2; i++)
        {
            Assert.Equal(
                new ProposalStep(ProposalProgress.Waiting, asked.ExpiresUnixMs), await bench.Driver.DriveAsync(proposal, CancellationToken.None));
            Assert.Equal(["requested", "escalated"], (await bench.ReadTransferAsync()).History.Select(static h => h.Action));
        }

        Assert.Equal(ProposalState.Applied, await ApproveAsync(bench));
        Assert.Equal(new ProposalStep(ProposalProgress.Finished), await bench.Driver.DriveAsync(proposal, CancellationToken.None));
        Assert.Equal(["decided transfers org_1 t"], bench.Scheduled.Told);
    }

    [Fact]
    public async Task A_kind_nobody_carries_out_is_refused()
    {
        var bench = await ProposalBench.StartAsync();
        await Assert.ThrowsAsync<ArgumentException>(() => bench.Driver.DriveAsync(new ProposalRef("wishes", ProposalBench.Organisation, "t"), CancellationToken.None));
    }

    [Fact]
    public async Task A_note_whose_proposal_was_never_written_goes_after_a_while()
    {
        var bench = await ProposalBench.StartAsync();
        await bench.Transfers.NoteOpenAsync(ProposalBench.Organisation, "ghost", CancellationToken.None);
        bench.Time.Advance(TimeSpan.FromMinutes(9));
        await bench.Runner.PassAsync(CancellationToken.None);
        Assert.NotNull(await bench.Transfers.FindOpenAsync(ProposalBench.Organisation, "ghost", CancellationToken.None));
        bench.Time.Advance(TimeSpan.FromMinutes(1));
        await bench.Runner.PassAsync(CancellationToken.None);
        Assert.Null(await bench.Transfers.FindOpenAsync(ProposalBench.Organisation, "ghost", CancellationToken.None));
    }

    [Fact]
    public async Task One_that_cannot_be_read_does_not_stop_the_others()
    {
        var bench = await ProposalBench.StartAsync();
        await bench.RequestTransferAsync("t1");
        await bench.RequestTransferAsync("t2");
        await bench.Documents.ReplaceAsync($"transfers:{ProposalBench.Organisation}", "t1", "[]"u8.ToArray(), ifMatch: null, CancellationToken.None);
        bench.Time.Advance(TimeSpan.FromDays(3));
        await bench.Runner.PassAsync(CancellationToken.None);
        Assert.Equal(ProposalState.Expired, (await bench.ReadTransferAsync("t2")).State);
    }

    /// <summary>Somebody else's lease on <c>a1</c>, which gives nothing back by itself.</summary>
    private static void Lease(ProposalBench bench, long seq, long keep, long target) => bench.Wallets.With(
        "a1",
        wallet => wallet.Exchange(
            new LeaseReport(7, seq, bench.Time.UnixMs, SpentCumulativeNanoUsd: 0, HeldNanoUsd: 0, keep, target, NeedNanoUsd: 0, Closing: false),
            bench.Time.UnixMs));

    private static async Task<ProposalState> ApproveAsync(ProposalBench bench) => (await bench.DecideTransfer.ExecuteAsync(
        Lead, "t", Decision.Approve, ProposalBench.NoBody(), CancellationToken.None)).Value!.State;

    private static async Task RunForAsync(ProposalBench bench, TimeSpan time)
    {
        for (var passed = TimeSpan.Zero; passed < time; passed += TimeSpan.FromMilliseconds(500))
        {
            bench.Time.Advance(TimeSpan.FromMilliseconds(500));
            await bench.Runner.RunDueAsync(CancellationToken.None);
        }
    }
}

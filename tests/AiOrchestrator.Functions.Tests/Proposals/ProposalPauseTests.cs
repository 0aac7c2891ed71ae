using AiOrchestrator.Core.Wallets.Approvals;
using AiOrchestrator.Functions.Proposals;

namespace AiOrchestrator.Functions.Tests.Proposals;

public sealed class ProposalPauseTests
{
    private static readonly DateTime Now = new(2026, 11, 25, 12, 0, 0, DateTimeKind.Utc);

    [Fact]
    public void What_is_finished_needs_no_other_turn() => Assert.Null(ProposalPause.After(new ProposalStep(ProposalProgress.Finished), 3, Now));

    [Theory]
    [InlineData(3600, 3600)]
    [InlineData(100 * 3600, 24 * 3600)]
    [InlineData(-5, 2)]
    [InlineData(null, 24 * 3600)]
    public void What_waits_for_people_is_looked_at_when_time_means_something_and_once_a_day(int? inSeconds, int expectedSeconds)
    {
        var next = inSeconds is { } s ? new DateTimeOffset(Now.AddSeconds(s)).ToUnixTimeMilliseconds() : 0;
        var pause = ProposalPause.After(new ProposalStep(ProposalProgress.Waiting, next), 7, Now);
        Assert.Equal(new ProposalPause(Now.AddSeconds(expectedSeconds), 0), pause);
    }

    [Theory]
    [InlineData(0, 2)]
    [InlineData(1, 4)]
    [InlineData(5, 64)]
    [InlineData(10, 300)]
    [InlineData(1000, 300)]
    public void Money_that_is_called_back_is_asked_for_ever_more_patiently_and_so_is_what_failed(int tries, int expectedSeconds)
    {
        var expected = new ProposalPause(Now.AddSeconds(expectedSeconds), tries + 1);
        Assert.Equal(expected, ProposalPause.After(new ProposalStep(ProposalProgress.Contended), tries, Now));
        Assert.Equal(expected, ProposalPause.After(null, tries, Now));
    }
}

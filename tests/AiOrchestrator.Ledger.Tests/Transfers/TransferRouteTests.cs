using AiOrchestrator.Ledger.Transfers;

namespace AiOrchestrator.Ledger.Tests.Transfers;

public sealed class TransferRouteTests
{
    [Theory]
    [InlineData("a dept org", "b dept org", "a:-7 b:7")]
    [InlineData("a x org", "b y org", "x:-7 a:-7 y:7 b:7")]
    [InlineData("a x org", "b org", "x:-7 a:-7 b:7")]
    [InlineData("a org", "b y z org", "a:-7 z:7 y:7 b:7")]
    [InlineData("dept org", "b dept org", "b:7")]
    [InlineData("a dept org", "dept org", "a:-7")]
    [InlineData("a x org", "b y other", "org:-7 x:-7 a:-7 other:7 y:7 b:7")]
    [InlineData("a", "b", "a:-7 b:7")]
    [InlineData("a org", "a org", "")]
    public void The_wallets_below_the_lowest_common_ancestor_on_both_sides(string from, string to, string legs) => Assert.Equal(
        legs,
        string.Join(' ', TransferRoute.Between(from.Split(' '), to.Split(' '), 7).Select(static leg => $"{leg.WalletId}:{leg.AmountNanoUsd}")));

    [Fact]
    public void Nothing_and_less_is_not_transferred() =>
        Assert.Throws<ArgumentOutOfRangeException>(static () => TransferRoute.Between(["a"], ["b"], 0));
}

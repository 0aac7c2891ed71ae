using AiOrchestrator.Core.Wallets.Entities;
using AiOrchestrator.Functions.Wallets;

namespace AiOrchestrator.Functions.Tests.Wallets;

/// <summary>One tick is on its way to an entity, not one for each message.</summary>
public sealed class WakeTests
{
    private static readonly WalletMessage Report = new() { Id = 1, SentAtUnixMs = 1000, Kind = WalletMessageKind.Report };

    [Theory]
    [InlineData(null, null, null)]
    [InlineData(null, 5000L, 5000L)]
    [InlineData(5000L, 9000L, 5000L)]
    [InlineData(5000L, 3000L, 3000L)]
    [InlineData(5000L, null, 5000L)]
    public void The_earliest_is_kept(long? underWay, long? wanted, long? expected) =>
        Assert.Equal(expected, WalletEntity.NextWake(underWay, wanted, Report, nowUnixMs: 1000));

    [Fact]
    public void One_that_has_arrived_makes_room_for_the_next()
    {
        Assert.Equal(9000, WalletEntity.NextWake(5000, 9000, Tick(5000), nowUnixMs: 5001));
        Assert.Null(WalletEntity.NextWake(5000, null, Tick(5000), nowUnixMs: 5001));
    }

    [Fact]
    public void One_of_somebody_else_does_not() => Assert.Equal(5000, WalletEntity.NextWake(5000, 9000, Tick(4000), nowUnixMs: 4001));

    [Fact]
    public void One_that_is_late_by_more_than_a_minute_was_lost()
    {
        Assert.Equal(5000, WalletEntity.NextWake(5000, 90_000, Report, nowUnixMs: 65_000));
        Assert.Equal(90_000, WalletEntity.NextWake(5000, 90_000, Report, nowUnixMs: 65_001));
    }

    private static WalletMessage Tick(long sentAt) => new() { Id = 2, SentAtUnixMs = sentAt, Kind = WalletMessageKind.Tick };
}

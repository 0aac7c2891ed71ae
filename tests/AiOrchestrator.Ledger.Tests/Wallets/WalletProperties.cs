using AiOrchestrator.Ledger.Tests.Wallets.Simulation;

namespace AiOrchestrator.Ledger.Tests.Wallets;

public sealed class WalletProperties
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void Whatever_arrives_in_whatever_order_every_period_keeps_its_bounds_and_every_nano_dollar_is_conserved(int batch)
    {
        for (var seed = batch * 1_000; seed < (batch + 1) * 1_000; seed++)
        {
            new World(seed).Play(steps: 120);
        }
    }
}

using AiOrchestrator.Core.Metering;
using AiOrchestrator.Core.Metering.Counting;
using Microsoft.Extensions.DependencyInjection;

namespace AiOrchestrator.Core.Tests.Metering;

public sealed class MeteringModuleTests
{
    [Fact]
    public void The_module_gives_the_shipped_prices_and_what_was_learned_of_counting_one_each()
    {
        using ServiceProvider services = new ServiceCollection().AddMetering().BuildServiceProvider();

        Assert.True(services.GetRequiredService<PriceTable>().TryFindModel("echo", "echo", out _));
        Assert.Same(services.GetRequiredService<PriceTable>(), services.GetRequiredService<PriceTable>());
        Assert.Same(services.GetRequiredService<CountingRatios>(), services.GetRequiredService<CountingRatios>());
    }
}

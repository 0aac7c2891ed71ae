using AiOrchestrator.Core.Metering.Counting;
using AiOrchestrator.Core.Metering.Pricing;
using AiOrchestrator.Core.Metering.Tokenizing;
using AiOrchestrator.Core.Platform;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace AiOrchestrator.Core.Metering;

/// <summary>Metering: what a call used, may use and costs.</summary>
public static class MeteringModule
{
    /// <summary>Adds the shipped <see cref="PriceTable"/> (read on first use), the <see cref="PriceBooks"/> and the <see cref="CountingRatios"/>, one each; the tokenizers are read as the host starts.</summary>
    /// <param name="services">Where to add them.</param>
    public static IServiceCollection AddMetering(this IServiceCollection services)
        => services
            .AddSingleton(_ => PriceTable.LoadEmbedded())
            .AddSingleton<PriceBooks>()
            .AddSingleton<CountingRatios>()
            .AddHostedService<WarmTokenizers>();

    /// <summary>
    /// Adds the usage stream that sends its events away, its readiness check, and the sink of wallets' lines. For a head whose leases are
    /// durable elsewhere. Needs an <see cref="IEventSender"/>.
    /// </summary>
    /// <param name="services">Where to add them.</param>
    public static IServiceCollection AddOutboundUsageStream(this IServiceCollection services)
    {
        services.AddOptions<OutboundOptions>().Validate(
            static o => o.Validate().Count == 0, "an Outbound option is out of bounds: see OutboundOptions");
        return services
            .AddSingleton<OutboundUsageStream>()
            .AddSingleton<IUsageStream>(static s => s.GetRequiredService<OutboundUsageStream>())
            .AddSingleton<IWalletLineSink>(static s => s.GetRequiredService<OutboundUsageStream>())
            .AddSingleton<IReadinessCheck>(static s => s.GetRequiredService<OutboundUsageStream>())
            .AddSingleton<IHostedService>(static s => s.GetRequiredService<OutboundUsageStream>());
    }
}

using Microsoft.Extensions.DependencyInjection;

namespace AiOrchestrator.Core.Metering;

/// <summary>Metering: what a call used, may use and costs.</summary>
public static class MeteringModule
{
    /// <summary>Adds the shipped <see cref="PriceTable"/> (read on first use) and the <see cref="ITokenEstimator"/>, one each.</summary>
    /// <param name="services">Where to add them.</param>
    public static IServiceCollection AddMetering(this IServiceCollection services)
        => services
            .AddSingleton(_ => PriceTable.LoadEmbedded())
            .AddSingleton<ITokenEstimator, ByteBoundEstimator>();
}

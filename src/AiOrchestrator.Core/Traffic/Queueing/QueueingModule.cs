using AiOrchestrator.Core.Platform;
using Microsoft.Extensions.DependencyInjection;

namespace AiOrchestrator.Core.Traffic.Queueing;

/// <summary>Calls that wait for a provider.</summary>
internal static class QueueingModule
{
    /// <summary>Registers the lines.</summary>
    public static IServiceCollection AddQueueing(this IServiceCollection services)
    {
        services.AddOptions<QueueOptions>().Validate(static o => o.Validate().Count == 0, "a Queue option is out of bounds: see QueueOptions");
        services.AddSingleton<ProviderQueues>();
        services.AddJson(QueueJson.Default);
        return services;
    }
}

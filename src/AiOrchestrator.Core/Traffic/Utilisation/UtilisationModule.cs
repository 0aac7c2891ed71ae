using AiOrchestrator.Core.Platform;
using Microsoft.Extensions.DependencyInjection;

namespace AiOrchestrator.Core.Traffic.Utilisation;

/// <summary>How far providers are used.</summary>
internal static class UtilisationModule
{
    /// <summary>Registers the book, and what tells of it and writes it down.</summary>
    public static IServiceCollection AddUtilisation(this IServiceCollection services)
    {
        services.AddSingleton<UseBook>();
        services.AddSingleton<ShowUtilisation>();
        services.AddSingleton<UseUpkeep>();
        services.AddHostedService(static s => s.GetRequiredService<UseUpkeep>());
        services.AddJson(UtilisationJson.Default);
        return services;
    }
}

using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace AiOrchestrator.Core.Platform.Alerts;

/// <summary>What a person of an organisation should know.</summary>
public static class AlertsModule
{
    /// <summary>Registers the book of alerts and the job that forgets old ones. Needs an <see cref="IDocumentStore"/>.</summary>
    public static IServiceCollection AddAlerts(this IServiceCollection services)
    {
        services.AddSingleton<AlertBook>();
        services.AddSingleton(static s => AlertBook.AsJob(s.GetRequiredService<AlertBook>()));
        services.AddJson(AlertsJson.Default);
        return services;
    }

    /// <summary>Maps <c>/control/v1/alerts</c>. Whoever composes the application states the permission on what is returned.</summary>
    /// <param name="routes">Where to.</param>
    /// <param name="callerOf">Who asks.</param>
    public static IEndpointConventionBuilder MapAlerts(this IEndpointRouteBuilder routes, FindAlertCaller callerOf)
    {
        var group = routes.MapGroup("/control/v1/alerts");
        AlertsEndpoints.Map(group, callerOf);
        return group;
    }
}

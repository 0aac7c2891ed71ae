using AiOrchestrator.Core.Caching;
using AiOrchestrator.Core.Identity;
using AiOrchestrator.Core.Insight;
using AiOrchestrator.Core.Limits;
using AiOrchestrator.Core.Metering;
using AiOrchestrator.Core.Platform;
using AiOrchestrator.Core.Platform.Alerts;
using AiOrchestrator.Core.Platform.Jobs;
using AiOrchestrator.Core.Providers;
using AiOrchestrator.Core.Traffic;
using AiOrchestrator.Core.Wallets;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace AiOrchestrator.Core.Gateway;

/// <summary>The whole product as services and one <see cref="RequestDelegate"/>: what a head hosts (design §5).</summary>
public static class GatewayApp
{
    /// <summary>Registers every module. The head adds what implements the ports.</summary>
    /// <param name="services">Where to.</param>
    /// <param name="environment">Providers named by environment variables; their errors have been reported.</param>
    public static IServiceCollection AddAiOrchestrator(this IServiceCollection services, EnvironmentProviders environment) => services
        .AddPlatform()
        .AddJobs()
        .AddAlerts()
        .AddIdentity()
        .AddMetering()
        .AddWallets()
        .AddLimits()
        .AddProviders(environment)
        .AddTraffic()
        .AddCaching()
        .AddInsight()
        .AddGateway();

    /// <summary>Builds the way of a request: label, bounds, route, permission, endpoint.</summary>
    public static RequestDelegate Build(IServiceProvider services)
    {
        var app = new ApplicationBuilder(services);
        app.UseMiddleware<RequestBoundary>();
        app.UseRouting();
        app.UseUnmatchedRoutes();
        app.UseKeyAuthentication(services.GetRequiredService<KeyDirectory>());
        app.Use(LeaveSocketThread);
        app.UseEndpoints(MapAll);
        return app.Build();
    }

    /// <summary>
    /// A head may run requests on the threads that serve its sockets. Calling models never blocks there; whatever else there is may look
    /// into a database, and does that on a thread of the pool.
    /// </summary>
    private static RequestDelegate LeaveSocketThread(RequestDelegate next) => context =>
        context.GetEndpoint()?.Metadata.GetMetadata<RequiredPermission>() is { Permission: Permission.CallModels }
            ? next(context)
            : HopAsync(context, next);

    private static async Task HopAsync(HttpContext context, RequestDelegate next)
    {
        await Task.Yield();
        await next(context);
    }

    /// <summary>Maps every endpoint of the product.</summary>
    public static void MapAll(IEndpointRouteBuilder routes)
    {
        routes.MapPlatform().Requires(Permission.Public);
        routes.MapJobs().Requires(Permission.Administer);
        routes.MapAlerts(static context => (context.GetCaller().OrganisationId, context.GetCaller().PrincipalId)).Requires(Permission.Administer);
        routes.MapIdentity();
        routes.MapWallets();
        routes.MapLimits();
        routes.MapProviders();
        routes.MapTraffic();
        routes.MapInsight();
        routes.MapGateway();
    }
}

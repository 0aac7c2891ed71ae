using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace AiOrchestrator.Core.Platform.Jobs;

/// <summary>Work that is due by the clock, once for all instances.</summary>
public static class JobsModule
{
    /// <summary>Registers the runner of the jobs that modules and heads register. Needs an <see cref="IDocumentStore"/>.</summary>
    public static IServiceCollection AddJobs(this IServiceCollection services)
    {
        services.AddSingleton<JobRunner>();
        services.AddSingleton<IReadinessCheck>(static s => s.GetRequiredService<JobRunner>());
        services.AddJson(JobsJson.Default);
        return services;
    }

    /// <summary>Registers what runs due jobs in the background of this process. A head whose timer triggers do leaves it out.</summary>
    public static IServiceCollection AddJobClock(this IServiceCollection services) => services.AddHostedService<JobClock>();

    /// <summary>Maps <c>/control/v1/jobs</c>. Whoever composes the application states the permission on what is returned.</summary>
    public static IEndpointConventionBuilder MapJobs(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("");
        JobsEndpoints.Map(group);
        return group;
    }
}

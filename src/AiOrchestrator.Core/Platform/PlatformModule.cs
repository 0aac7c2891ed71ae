using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using AiOrchestrator.Core.Platform.Reference;
using AiOrchestrator.Ledger.Periods;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;

namespace AiOrchestrator.Core.Platform;

/// <summary>Liveness, readiness and the OpenAPI document.</summary>
public static class PlatformModule
{
    /// <summary>The name of the OpenAPI document, for modules that add to it.</summary>
    public const string OpenApiDocumentName = "v1";

    /// <summary>Registers the module: time, time zones, ids, routing, the OpenAPI document.</summary>
    public static IServiceCollection AddPlatform(this IServiceCollection services)
    {
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton(static s => new IdSource(s.GetRequiredService<TimeProvider>()));
        services.AddSingleton<ITimeZones, TzdbTimeZones>();
        services.AddRouting();
        services.AddJson(PlatformJson.Default);
        services.AddOpenApi(OpenApiDocumentName, static options => options.AddDocumentTransformer(static (document, _, _) =>
        {
            document.Info.Title = "AiOrchestrator";
            document.Info.Version = typeof(PlatformModule).Assembly.GetName().Version?.ToString(3) ?? "0.0.0";
            document.Info.Description =
                "An OpenAI-compatible gateway that charges every call to a wallet. Amounts are decimal strings of US dollars.";
            // The address a document was asked at says nothing about the address callers use.
            document.Servers?.Clear();
            RequestSchemas.LetNullsLack(document);
            return Task.CompletedTask;
        }));
        return services;
    }

    /// <summary>Keeps the configuration up with what other instances write: for heads of which several run on one store.</summary>
    /// <param name="services">Where to.</param>
    /// <param name="refreshMs">Between two looks, milliseconds; 200 to 60000.</param>
    public static IServiceCollection AddConfigurationRefresh(this IServiceCollection services, int refreshMs)
    {
        services.AddSingleton(s => new ConfigurationRefresh(
            s.GetRequiredService<IDocumentStore>(),
            s.GetServices<ConfigurationPart>(),
            TimeSpan.FromMilliseconds(refreshMs),
            s.GetRequiredService<TimeProvider>(),
            s.GetRequiredService<ILogger<ConfigurationRefresh>>()));
        services.AddSingleton<IReadinessCheck>(static s => s.GetRequiredService<ConfigurationRefresh>());
        services.AddHostedService(static s => s.GetRequiredService<ConfigurationRefresh>());
        return services;
    }

    /// <summary>
    /// Maps <c>/health</c>, <c>/ready</c>, <c>/openapi.json</c> and <c>/reference</c>. Whoever composes the application states the permission
    /// (<c>Public</c>) on what is returned: permissions are Identity's, and Platform knows nobody.
    /// </summary>
    public static IEndpointConventionBuilder MapPlatform(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("");
        PlatformEndpoints.Map(group);
        group.MapOpenApi("/openapi.json");
        ReferenceEndpoints.Map(group);
        return group;
    }

    /// <summary>Makes a module's answers known to the OpenAPI document, in the names they have on the wire.</summary>
    internal static void AddJson(this IServiceCollection services, IJsonTypeInfoResolver resolver) =>
        services.ConfigureHttpJsonOptions(options =>
        {
            options.SerializerOptions.PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower;
            options.SerializerOptions.TypeInfoResolverChain.Insert(0, resolver);
        });
}

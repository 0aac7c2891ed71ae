using AiOrchestrator.Core.Platform;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.OpenApi;

namespace AiOrchestrator.Core.Identity;

/// <summary>Who calls: API keys, the admin key, permissions.</summary>
public static class IdentityModule
{
    private const string SchemeName = "bearer";

    /// <summary>Registers the module. Needs an <see cref="IDocumentStore"/> and, from Wallets, a <see cref="FindWalletStanding"/>.</summary>
    public static IServiceCollection AddIdentity(this IServiceCollection services)
    {
        services.AddSingleton<KeyDirectory>();
        services.AddSingleton(static s => new ConfigurationPart("keys", IdentityPartitions.AreKeys, s.GetRequiredService<KeyDirectory>().LoadAsync));
        services.AddSingleton<CreateKey>();
        services.AddSingleton<ChangeKey>();
        services.AddSingleton<RotateKey>();
        services.AddSingleton<RevokeKey>();
        services.AddJson(IdentityJson.Default);
        services.Configure<OpenApiOptions>(PlatformModule.OpenApiDocumentName, static options =>
        {
            options.AddDocumentTransformer(static (document, _, _) =>
            {
                document.AddComponent(SchemeName, new OpenApiSecurityScheme
                {
                    Type = SecuritySchemeType.Http,
                    Scheme = "bearer",
                    Description = "An API key (sk-ao-…) or, where an operation says so, the admin key. 'x-api-key' and 'api-key' headers do as well.",
                });
                return Task.CompletedTask;
            });
            options.AddOperationTransformer(DescribePermission);
        });
        return services;
    }

    /// <summary>Maps <c>/control/v1/keys</c>.</summary>
    public static void MapIdentity(this IEndpointRouteBuilder routes) => IdentityEndpoints.Map(routes);

    private static async Task DescribePermission(
        OpenApiOperation operation, OpenApiOperationTransformerContext context, CancellationToken cancellation)
    {
        var required = context.Description.ActionDescriptor.EndpointMetadata.OfType<RequiredPermission>().LastOrDefault();
        if (required is null or { Permission: Permission.Public })
        {
            return;
        }

        operation.Security = [new OpenApiSecurityRequirement { [new OpenApiSecuritySchemeReference(SchemeName, context.Document)] = [] }];
        var needs = required.Permission switch
        {
            Permission.Administer => "Needs the admin key, or an API key with the role admin or owner.",
            Permission.ReadUsage => "An API key sees what is its own, the admin key and the roles finops, auditor, admin and owner all of the organisation.",
            Permission.UseWallets => "An API key sees the wallets it may see, the admin key all of them.",
            _ => "Needs an API key.",
        };
        operation.Description = operation.Description is { Length: > 0 } said ? $"{said} {needs}" : needs;
        var envelope = await context.GetOrCreateSchemaAsync(typeof(ErrorEnvelope), cancellationToken: cancellation);
        operation.Responses ??= [];
        foreach (var (status, meaning) in new[] { ("401", "No key, or none that is valid"), ("403", "The key may not do this") })
        {
            operation.Responses.TryAdd(status, new OpenApiResponse
            {
                Description = meaning,
                Content = new Dictionary<string, OpenApiMediaType>(StringComparer.Ordinal) { ["application/json"] = new() { Schema = envelope } },
            });
        }
    }
}

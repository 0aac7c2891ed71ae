using AiOrchestrator.Core.Gateway;
using AiOrchestrator.Functions.Configuration;
using AiOrchestrator.Functions.Http;
using AiOrchestrator.Functions.Tests.Hosting;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;

namespace AiOrchestrator.Functions.Tests.Http;

/// <summary>Every route of Core against the triggers: what has none would not be reachable on Azure.</summary>
public sealed class RoutesTests
{
    [Fact]
    public async Task Every_route_of_the_product_is_reached_through_exactly_one_trigger()
    {
        var routes = await RoutesAsync();
        Assert.InRange(routes.Count, 60, 1000);
        foreach (var (method, path) in routes)
        {
            var serving = Trigger.Http.Where(t => t.Takes(method, path)).OrderBy(static t => t.Name, StringComparer.OrdinalIgnoreCase).ToList();

            // The host tries them in the order of their names, whatever their templates look like.
            Assert.True(serving.Count > 0 && serving[0].Name != DataPlane.LastResort, $"{method} {path} is reached by no trigger");
            var named = serving.Where(static t => t.Name != DataPlane.LastResort).Select(static t => t.Name);
            Assert.True(named.Count() == 1, $"{method} {path} is reached by {string.Join(" and ", named)}");
        }
    }

    [Fact]
    public async Task Every_trigger_serves_something()
    {
        var routes = await RoutesAsync();
        Assert.All(
            Trigger.Http.Where(static t => t.Name != DataPlane.LastResort),
            trigger => Assert.True(routes.Exists(r => trigger.Takes(r.Method, r.Path)), $"{trigger.Name} serves no route"));
    }

    [Fact]
    public void No_trigger_is_declared_twice()
    {
        Assert.Equal(Trigger.All.Count, Trigger.All.Select(static t => t.Name.ToUpperInvariant()).Distinct(StringComparer.Ordinal).Count());
        Assert.Equal(Trigger.Http.Count(), Trigger.Http.Select(static t => t.Route.ToUpperInvariant()).Distinct(StringComparer.Ordinal).Count());
    }

    [Fact]
    public void Triggers_keep_to_what_the_platform_asks() => Assert.All(Trigger.Http, static trigger =>
    {
        // The host refuses routes, and names where there is no route, that begin with its own.
        Assert.DoesNotMatch("(?i)^(admin|runtime)", trigger.Route);
        Assert.DoesNotMatch("(?i)^(admin|runtime)", trigger.Name);
        Assert.DoesNotMatch("^/|/$", trigger.Route);

        // Keys are the product's own.
        Assert.Equal(0, trigger.Level);
    });

    private static async Task<List<(string Method, string Path)>> RoutesAsync()
    {
        var (options, _) = HeadOptionReader.Read(HeadHost.Environment());
        var builder = WebApplication.CreateSlimBuilder();
        HeadHost.AddHead(builder.Services, options);
        await using var app = builder.Build();
        GatewayApp.MapAll(app);
        return
        [
            .. from endpoint in ((IEndpointRouteBuilder)app).DataSources.SelectMany(static s => s.Endpoints).Cast<RouteEndpoint>()
               from method in endpoint.Metadata.GetMetadata<HttpMethodMetadata>()!.HttpMethods
               let path = string.Join('/', endpoint.RoutePattern.RawText!.Trim('/').Split('/').Select(static s => s.StartsWith('{') ? "x" : s))
               select (method, "/" + path),
        ];
    }
}

using AiOrchestrator.Core.Gateway;
using AiOrchestrator.Core.Identity;
using AiOrchestrator.Core.Providers;
using AiOrchestrator.Server.Configuration;
using AiOrchestrator.Tests.House;
using Microsoft.AspNetCore.Routing;

namespace AiOrchestrator.Server.Tests.Docs;

/// <summary>docs/operations/api.md against the endpoints the Server really maps.</summary>
public sealed class RoutesDocTests
{
    [Fact]
    public async Task Routes_are_as_documented()
    {
        var documented = MarkdownText.Table("docs/operations/api.md", "Endpoints")
            .Select(static row => $"{row[0]} {MarkdownText.Plain(row[1])} {MarkdownText.Plain(row[2])}");
        var directory = Directory.CreateTempSubdirectory("ao-docs-");
        try
        {
            var options = new ServerOptions { DataDirectory = directory.FullName };
            await using var app = ServerHost.Build(options, EnvironmentProviders.Read(new Dictionary<string, string>(StringComparer.Ordinal)));
            GatewayApp.MapAll(app);
            var mapped = ((IEndpointRouteBuilder)app).DataSources.SelectMany(static s => s.Endpoints).Cast<RouteEndpoint>().SelectMany(Lines);
            Assert.Equal(mapped.Order(StringComparer.Ordinal), documented.Order(StringComparer.Ordinal));
        }
        finally
        {
            directory.Delete(recursive: true);
        }
    }

    [Fact]
    public void Permissions_are_as_documented() => Assert.Equal(
        Enum.GetNames<Permission>(),
        MarkdownText.Table("docs/operations/api.md", "Routes").Select(static row => MarkdownText.Plain(row[0])));

    private static IEnumerable<string> Lines(RouteEndpoint endpoint)
    {
        var path = "/" + endpoint.RoutePattern.RawText!.Trim('/');
        var permission = endpoint.Metadata.GetMetadata<RequiredPermission>();
        Assert.True(permission is not null, $"{path} states no permission");
        return endpoint.Metadata.GetMetadata<HttpMethodMetadata>()!.HttpMethods.Select(method => $"{method} {path} {permission.Permission}");
    }
}

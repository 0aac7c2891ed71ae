using System.Net;
using AiOrchestrator.Core.Identity;
using AiOrchestrator.Core.Tests.Hosting;
using Microsoft.AspNetCore.Routing;

namespace AiOrchestrator.Core.Tests.Platform;

public sealed class RouteWalkTests
{
    /// <summary>What is answered only to those who see all of the organisation.</summary>
    private static readonly string[] NeedsARole = ["/v1/chargeback", "/v1/models/statistics", "/v1/cache/stats"];

    private static readonly string[] Forms = ["/v1/audio/transcriptions", "/v1/files"];

    [Fact]
    public async Task Every_endpoint_states_its_permission_and_keeps_it()
    {
        await using var host = await CoreHost.StartAsync();
        Assert.NotEmpty(host.Endpoints.Endpoints);
        foreach (var endpoint in host.Endpoints.Endpoints.Cast<RouteEndpoint>())
        {
            var permission = endpoint.Metadata.GetMetadata<RequiredPermission>();
            Assert.True(permission is not null, $"{endpoint.DisplayName} states no permission");
            var path = endpoint.RoutePattern.RawText!.Replace("{id}", "x", StringComparison.Ordinal).Replace("{**id}", "x", StringComparison.Ordinal);
            foreach (var method in endpoint.Metadata.GetMetadata<HttpMethodMetadata>()!.HttpMethods)
            {
                await CheckAsync(host, new HttpMethod(method), path, permission.Permission);
            }
        }
    }

    private static async Task CheckAsync(CoreHost host, HttpMethod method, string path, Permission permission)
    {
        var anonymous = await SendAsync(host.Anonymous);
        if (permission == Permission.Public)
        {
            Assert.Equal(HttpStatusCode.OK, anonymous.Status);
            return;
        }

        Assert.Equal((HttpStatusCode.Unauthorized, "missing_api_key"), (anonymous.Status, anonymous.Code));
        Assert.Equal("Bearer", anonymous.Message.Headers.WwwAuthenticate.ToString());
        var caller = await SendAsync(host.Caller);
        Assert.Equal(permission == Permission.Administer || NeedsARole.Contains(path.TrimEnd('/')), caller.Status == HttpStatusCode.Forbidden);
        var admin = await SendAsync(host.Admin);
        Assert.Equal(permission == Permission.CallModels, admin.Status == HttpStatusCode.Forbidden);

        // Each the kind of body it takes: another is refused before anybody asks who sends it.
        Task<Answer> SendAsync(HttpClient client) => method == HttpMethod.Get || method == HttpMethod.Delete ? client.SendAsync(method, path, null)
            : Forms.Contains(path.TrimEnd('/')) ? client.SendContentAsync(method, path, new MultipartFormDataContent())
            : client.SendAsync(method, path, "{}");
    }
}

using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Azure.Functions.Worker;
using Microsoft.DurableTask.Client;

namespace AiOrchestrator.Functions.Http;

/// <summary>What administrators use.</summary>
public sealed class ControlPlane(GatewayInvocation gateway)
{
    /// <summary>Everything below <c>/control</c>.</summary>
    [Function("ControlPlane")]
    public Task<IActionResult> Control(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "post", "put", "patch", "delete", Route = "control/{*rest}")] HttpRequest request,
        [DurableClient] DurableTaskClient client) => gateway.RunAsync(request, client);
}

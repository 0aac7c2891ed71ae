using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Azure.Functions.Worker;
using Microsoft.DurableTask.Client;

namespace AiOrchestrator.Functions.Http;

/// <summary>How the instance does, and what it serves. Answered before anything is prepared, too.</summary>
public sealed class Platform(GatewayInvocation gateway)
{
    /// <summary>Whether the process is alive.</summary>
    [Function("Health")]
    public Task<IActionResult> Health(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "post", Route = "health")] HttpRequest request,
        [DurableClient] DurableTaskClient client) => gateway.RunAsync(request, client, Needs.Nothing);

    /// <summary>Whether calls can be served.</summary>
    [Function("Ready")]
    public Task<IActionResult> Ready(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "post", Route = "ready")] HttpRequest request,
        [DurableClient] DurableTaskClient client) => gateway.RunAsync(request, client, Needs.Nothing);

    /// <summary>The OpenAPI document.</summary>
    [Function("OpenApi")]
    public Task<IActionResult> OpenApi(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "post", Route = "openapi.json")] HttpRequest request,
        [DurableClient] DurableTaskClient client) => gateway.RunAsync(request, client, Needs.Nothing);

    /// <summary>The page that shows it.</summary>
    [Function("Reference")]
    public Task<IActionResult> Reference(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "post", Route = "reference/{*rest}")] HttpRequest request,
        [DurableClient] DurableTaskClient client) => gateway.RunAsync(request, client, Needs.Nothing);
}

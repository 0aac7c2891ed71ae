using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Azure.Functions.Worker;
using Microsoft.DurableTask.Client;

namespace AiOrchestrator.Functions.Http;

/// <summary>
/// What callers of models use, a function each, so that each has figures of its own. All methods come through: Core says which it takes. The
/// host tries routes in the order of the functions' names and the first that fits serves, so no two of them overlap but the last.
/// </summary>
public sealed class DataPlane(GatewayInvocation gateway)
{
    /// <summary>OpenAI's chat completions.</summary>
    [Function("ChatCompletions")]
    public Task<IActionResult> ChatCompletions(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "post", "put", "patch", "delete", Route = "v1/chat/completions")] HttpRequest request,
        [DurableClient] DurableTaskClient client) => gateway.RunAsync(request, client);

    /// <summary>OpenAI's embeddings.</summary>
    [Function("Embeddings")]
    public Task<IActionResult> Embeddings(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "post", "put", "patch", "delete", Route = "v1/embeddings")] HttpRequest request,
        [DurableClient] DurableTaskClient client) => gateway.RunAsync(request, client);

    /// <summary>OpenAI's legacy completions.</summary>
    [Function("Completions")]
    public Task<IActionResult> Completions(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "post", "put", "patch", "delete", Route = "v1/completions")] HttpRequest request,
        [DurableClient] DurableTaskClient client) => gateway.RunAsync(request, client);

    /// <summary>OpenAI's moderations.</summary>
    [Function("Moderations")]
    public Task<IActionResult> Moderations(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "post", "put", "patch", "delete", Route = "v1/moderations")] HttpRequest request,
        [DurableClient] DurableTaskClient client) => gateway.RunAsync(request, client);

    /// <summary>Orders documents, as Cohere's clients of version 1 and others ask.</summary>
    [Function("Rerank")]
    public Task<IActionResult> Rerank(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "post", "put", "patch", "delete", Route = "v1/rerank")] HttpRequest request,
        [DurableClient] DurableTaskClient client) => gateway.RunAsync(request, client);

    /// <summary>Orders documents, as Cohere's clients of version 2 ask.</summary>
    [Function("RerankV2")]
    public Task<IActionResult> RerankV2(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "post", "put", "patch", "delete", Route = "v2/rerank")] HttpRequest request,
        [DurableClient] DurableTaskClient client) => gateway.RunAsync(request, client);

    /// <summary>Counts tokens; calls nobody.</summary>
    [Function("Tokenize")]
    public Task<IActionResult> Tokenize(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "post", "put", "patch", "delete", Route = "v1/tokenize")] HttpRequest request,
        [DurableClient] DurableTaskClient client) => gateway.RunAsync(request, client);

    /// <summary>What was thought of an answer.</summary>
    [Function("Feedback")]
    public Task<IActionResult> Feedback(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "post", "put", "patch", "delete", Route = "v1/feedback")] HttpRequest request,
        [DurableClient] DurableTaskClient client) => gateway.RunAsync(request, client);

    /// <summary>Anthropic's messages.</summary>
    [Function("Messages")]
    public Task<IActionResult> Messages(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "post", "put", "patch", "delete", Route = "v1/messages")] HttpRequest request,
        [DurableClient] DurableTaskClient client) => gateway.RunAsync(request, client);

    /// <summary>Counts the tokens of one of them; calls nobody.</summary>
    [Function("CountMessageTokens")]
    public Task<IActionResult> CountMessageTokens(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "post", "put", "patch", "delete", Route = "v1/messages/count_tokens")] HttpRequest request,
        [DurableClient] DurableTaskClient client) => gateway.RunAsync(request, client);

    /// <summary>OpenAI's responses.</summary>
    [Function("Responses")]
    public Task<IActionResult> Responses(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "post", "put", "patch", "delete", Route = "v1/responses/{*rest}")] HttpRequest request,
        [DurableClient] DurableTaskClient client) => gateway.RunAsync(request, client);

    /// <summary>OpenAI's image generations.</summary>
    [Function("Images")]
    public Task<IActionResult> Images(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "post", "put", "patch", "delete", Route = "v1/images/{*rest}")] HttpRequest request,
        [DurableClient] DurableTaskClient client) => gateway.RunAsync(request, client);

    /// <summary>OpenAI's speech and transcriptions.</summary>
    [Function("Audio")]
    public Task<IActionResult> Audio(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "post", "put", "patch", "delete", Route = "v1/audio/{*rest}")] HttpRequest request,
        [DurableClient] DurableTaskClient client) => gateway.RunAsync(request, client);

    /// <summary>OpenAI's videos.</summary>
    [Function("Videos")]
    public Task<IActionResult> Videos(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "post", "put", "patch", "delete", Route = "v1/videos/{*rest}")] HttpRequest request,
        [DurableClient] DurableTaskClient client) => gateway.RunAsync(request, client);

    /// <summary>OpenAI's files.</summary>
    [Function("Files")]
    public Task<IActionResult> Files(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "post", "put", "patch", "delete", Route = "v1/files/{*rest}")] HttpRequest request,
        [DurableClient] DurableTaskClient client) => gateway.RunAsync(request, client);

    /// <summary>OpenAI's batches.</summary>
    [Function("Batches")]
    public Task<IActionResult> Batches(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "post", "put", "patch", "delete", Route = "v1/batches/{*rest}")] HttpRequest request,
        [DurableClient] DurableTaskClient client) => gateway.RunAsync(request, client);

    /// <summary>The models that may be called.</summary>
    [Function("Models")]
    public Task<IActionResult> Models(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "post", "put", "patch", "delete", Route = "v1/models/{*rest}")] HttpRequest request,
        [DurableClient] DurableTaskClient client) => gateway.RunAsync(request, client);

    /// <summary>Calls that wait for a provider.</summary>
    [Function("Queue")]
    public Task<IActionResult> Queue(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "post", "put", "patch", "delete", Route = "v1/queue/{*rest}")] HttpRequest request,
        [DurableClient] DurableTaskClient client) => gateway.RunAsync(request, client);

    /// <summary>Answers that are given again: what they saved, flushing, warming.</summary>
    [Function("Cache")]
    public Task<IActionResult> Cache(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "post", "put", "patch", "delete", Route = "v1/cache/{*rest}")] HttpRequest request,
        [DurableClient] DurableTaskClient client) => gateway.RunAsync(request, client);

    /// <summary>What calls cost.</summary>
    [Function("Usage")]
    public Task<IActionResult> Usage(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "post", "put", "patch", "delete", Route = "v1/usage/{*rest}")] HttpRequest request,
        [DurableClient] DurableTaskClient client) => gateway.RunAsync(request, client);

    /// <summary>The caller's wallet: balance, transfers, budget requests.</summary>
    [Function("Wallet")]
    public Task<IActionResult> Wallet(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "post", "put", "patch", "delete", Route = "v1/wallet/{*rest}")] HttpRequest request,
        [DurableClient] DurableTaskClient client) => gateway.RunAsync(request, client);

    /// <summary>Wallets the caller may see, and their statements.</summary>
    [Function("Wallets")]
    public Task<IActionResult> Wallets(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "post", "put", "patch", "delete", Route = "v1/wallets/{*rest}")] HttpRequest request,
        [DurableClient] DurableTaskClient client) => gateway.RunAsync(request, client);

    /// <summary>The chargeback report.</summary>
    [Function("Chargeback")]
    public Task<IActionResult> Chargeback(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "post", "put", "patch", "delete", Route = "v1/chargeback")] HttpRequest request,
        [DurableClient] DurableTaskClient client) => gateway.RunAsync(request, client);

    /// <summary>
    /// What Core does not serve, so that it is told in the caller's dialect. Its name makes it the last the host tries.
    /// </summary>
    [Function(LastResort)]
    public Task<IActionResult> WrongPath(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "post", "put", "patch", "delete", Route = "v1/{*rest}")] HttpRequest request,
        [DurableClient] DurableTaskClient client) => gateway.RunAsync(request, client);

    /// <summary>The one function whose route overlaps others.</summary>
    internal const string LastResort = "WrongPath";
}

using Microsoft.AspNetCore.Http;

namespace AiOrchestrator.Azure.Tests.Cosmos;

/// <summary>Requests on the items of a container: <c>docs</c> and <c>docs/{id}</c>.</summary>
internal static class CosmosItems
{
    private const int DefaultPage = 100;

    public static async Task<EmulatedAnswer> AnswerAsync(
        CosmosEmulation emulation, EmulatedContainer container, HttpRequest request, string[] path, byte[] body)
    {
        var partitionKey = PartitionKey(request);
        var kind = Kind(request);
        emulation.Requests.Enqueue($"{request.Method} {container.Id}/{string.Join('/', path)} {kind}".TrimEnd());
        if (kind == "plan")
        {
            return EmulatedQueryPlan.Of(EmulatedItem.Parse(body), partitionKey);
        }

        if (path is ["docs"] && kind is "query" or "feed")
        {
            var limit = int.TryParse(Header(request, "x-ms-max-item-count"), out var asked) && asked > 0 ? asked : DefaultPage;
            limit = Math.Min(limit, emulation.LargestPage);
            return kind == "feed"
                ? container.ChangeFeed(Header(request, "If-None-Match"), partitionKey, limit)
                : EmulatedQuery.Page(container, EmulatedItem.Parse(body), partitionKey, Header(request, "x-ms-continuation"), limit)
                    with
                { RunsDirectly = Says(request, "x-ms-cosmos-query-optimisticdirectexecute") };
        }

        if (partitionKey is null)
        {
            return EmulatedAnswer.BadRequest("PartitionKey value must be supplied for this operation.");
        }

        if (kind == "batch")
        {
            return await EmulatedBatch.RunAsync(container, partitionKey, body);
        }

        var ifMatch = Header(request, "If-Match");
        return (request.Method, path) switch
        {
            ("POST", ["docs"]) when kind == "upsert" => container.Upsert(partitionKey, EmulatedItem.Parse(body), ifMatch),
            ("POST", ["docs"]) => container.Create(partitionKey, EmulatedItem.Parse(body)),
            ("GET", ["docs", var id]) => container.Read(partitionKey, id, Header(request, "If-None-Match")),
            ("PUT", ["docs", var id]) => container.Replace(partitionKey, id, EmulatedItem.Parse(body), ifMatch),
            ("PATCH", ["docs", var id]) => container.Patch(partitionKey, id, EmulatedItem.Parse(body), ifMatch),
            ("DELETE", ["docs", var id]) => container.Delete(partitionKey, id, ifMatch),
            _ => EmulatedAnswer.BadRequest($"{request.Method} on {string.Join('/', path)} is not emulated"),
        };
    }

    private static string Kind(HttpRequest request) =>
        Says(request, "x-ms-cosmos-is-query-plan-request") ? "plan"
        : Says(request, "x-ms-documentdb-isquery") || Says(request, "x-ms-documentdb-query") ? "query"
        : Says(request, "x-ms-cosmos-is-batch-request") ? "batch"
        : Says(request, "x-ms-documentdb-is-upsert") ? "upsert"
        : Header(request, "A-IM") is not null ? "feed"
        : "";

    private static string? PartitionKey(HttpRequest request) =>
        Header(request, "x-ms-documentdb-partitionkey") is { } header
            ? EmulatedItem.KeyText(EmulatedItem.Parse(System.Text.Encoding.UTF8.GetBytes(header))[0])
            : null;

    private static bool Says(HttpRequest request, string name) => bool.TryParse(Header(request, name), out var said) && said;

    private static string? Header(HttpRequest request, string name) => request.Headers[name] is [{ } value, ..] ? value : null;
}

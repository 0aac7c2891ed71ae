using System.Text.Json;
using AiOrchestrator.Core.Identity;
using AiOrchestrator.Core.Platform;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;

namespace AiOrchestrator.Core.Gateway.Responses;

/// <summary>What is asked about a response that lies at a provider. It costs nothing.</summary>
internal static class ResponsesEndpoints
{
    private const string Stream = "stream";

    public static void Map(IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/v1/responses/{id}").WithTags("Data plane").Requires(Permission.CallModels);
        group.MapGet("", GetAsync).WithName("getResponse").WithSummary("A response this key has asked for, where its provider stores it")
            .Produces<ResponsesAnswer>().Fails(400, 404, 502, 503, 504);
        group.MapDelete("", DeleteAsync).WithName("deleteResponse").WithSummary("Deletes it at its provider")
            .Produces<ResponseDeleted>().Fails(400, 404, 502, 503, 504);
        group.MapPost("/cancel", CancelAsync).WithName("cancelResponse")
            .WithSummary("Asks its provider to stop; those refuse it of responses that are not made in the background, and none is here.")
            .Produces<ResponsesAnswer>().Fails(400, 404, 502, 503, 504);
        group.MapGet("/input_items", ListInputAsync).WithName("listResponseInputItems").WithSummary("What was said to the model, item by item")
            .Produces<ResponseInputList>().Fails(400, 404, 502, 503, 504);
    }

    private static Task<IResult> GetAsync(
        HttpContext context, string id, [FromServices] AskResponse ask, [FromQuery(Name = "include")] string[]? include, [FromQuery(Name = "stream")] string? stream)
    {
        // Declared for the OpenAPI document; passed on as they came.
        _ = (include, stream);
        return AskAsync(context, id, ask, HttpMethod.Get, "", ["include", Stream]);
    }

    private static Task<IResult> DeleteAsync(HttpContext context, string id, [FromServices] AskResponse ask) =>
        AskAsync(context, id, ask, HttpMethod.Delete, "", []);

    private static Task<IResult> CancelAsync(HttpContext context, string id, [FromServices] AskResponse ask) =>
        AskAsync(context, id, ask, HttpMethod.Post, "/cancel", []);

    private static Task<IResult> ListInputAsync(
        HttpContext context,
        string id,
        [FromServices] AskResponse ask,
        [FromQuery(Name = "limit")] string? limit,
        [FromQuery(Name = "order")] string? order,
        [FromQuery(Name = "after")] string? after,
        [FromQuery(Name = "include")] string[]? include)
    {
        _ = (limit, order, after, include);
        return AskAsync(context, id, ask, HttpMethod.Get, "/input_items", ["limit", "order", "after", "before", "include"]);
    }

    private static async Task<IResult> AskAsync(HttpContext context, string id, AskResponse ask, HttpMethod method, string path, string[] known)
    {
        // Whoever calls models is served on the thread of its socket.
        await Task.Yield();
        var query = new List<KeyValuePair<string, string>>();
        if (Read(context.Request.Query, known, query) is { } invalid)
        {
            return Replies.Fail(invalid);
        }

        var answer = await ask.ExecuteAsync(context.GetCaller(), id, method, path, query, context.RequestAborted);
        return answer.Failed ? Replies.Fail(answer.Failure) : Results.Bytes(answer.Value, "application/json");
    }

    /// <summary>What a provider is asked with beside its own row's query: nothing but what is known. Clients write lists as <c>include[]</c>.</summary>
    private static InvalidRequest? Read(IQueryCollection query, string[] known, List<KeyValuePair<string, string>> read)
    {
        var problems = new List<RequestProblem>();
        foreach (var (name, values) in query)
        {
            var bare = name.Split('[', 2)[0];
            if (!known.Contains(bare, StringComparer.Ordinal))
            {
                problems.Add(new RequestProblem(name.Length > 100 ? name[..100] : name, "is not a query parameter this endpoint knows"));
            }
            else if (bare != Stream)
            {
                read.AddRange(values.Select(v => KeyValuePair.Create(name, v ?? "")));
            }
            else if (values != "false")
            {
                problems.Add(new RequestProblem(bare, "goes on with a response that is made in the background, and none is here: leave it out"));
            }
        }

        return problems.Count == 0 ? null : new InvalidRequest(problems);
    }
}

/// <summary>Items a response was made of; for the OpenAPI document only.</summary>
internal sealed record ResponseInputList(string Object, IReadOnlyList<JsonElement> Data, string? FirstId, string? LastId, bool HasMore);

/// <summary>What is left of a deleted response, likewise.</summary>
internal sealed record ResponseDeleted(string Id, string Object, bool Deleted);

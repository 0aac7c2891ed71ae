using AiOrchestrator.Core.Identity;
using AiOrchestrator.Core.Insight.Reviews;
using AiOrchestrator.Core.Platform;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;

namespace AiOrchestrator.Core.Insight;

internal static class InsightEndpoints
{
    public static void Map(IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/v1/usage").WithTags("Usage").Requires(Permission.ReadUsage);
        group.MapGet("", ListAsync).WithName("listUsage").WithSummary("Calls and what they cost, newest first")
            .Produces<Page<UsageView>>().Fails(400);
        group.MapGet("/{id}", GetAsync).WithName("getUsage").WithSummary("One call")
            .Produces<UsageView>().Fails(404);
    }

    private static async Task<IResult> ListAsync(
        HttpContext context,
        [FromServices] IUsageStore store,
        [AsParameters] UsageFilter filter)
    {
        _ = filter;
        var page = await QueryUsage.ExecuteAsync(store, context.GetCaller(), new QueryReader(context.Request.Query), context.RequestAborted);
        return page.Failed ? Replies.Fail(page.Failure) : Replies.Json(page.Value, InsightJson.Default.PageUsageView);
    }

    private static async Task<IResult> GetAsync(HttpContext context, string id, [FromServices] IUsageStore store, [FromServices] ReviewBook reviews)
    {
        var caller = context.GetCaller();
        var found = ExchangeId.TryParse(id, out var exchange)
            ? await store.GetAsync(caller.OrganisationId, exchange, context.RequestAborted)
            : null;

        // Somebody else's call does not exist for whoever may not see it.
        if (found is null || (!caller.SeesAll && found.KeyId != caller.Key!.Id))
        {
            return Replies.Fail(new UsageNotFound());
        }

        var review = TakeDisputes.IsDoubtful(found) ? (await reviews.FindAsync(caller.OrganisationId, found.Id, context.RequestAborted)).Review : null;
        return Replies.Json(UsageView.Of(found) with { Review = review?.Verdict }, InsightJson.Default.UsageView);
    }
}

/// <summary>The query parameters of <c>GET /v1/usage</c>. Declared for the OpenAPI document; <see cref="QueryUsage"/> reads them by hand,
/// so that a wrong one is told in the envelope.</summary>
internal sealed record UsageFilter(
    [property: FromQuery(Name = "key")] string? Key,
    [property: FromQuery(Name = "model")] string? Model,
    [property: FromQuery(Name = "provider")] string? Provider,
    [property: FromQuery(Name = "status")] string? Status,
    [property: FromQuery(Name = "request_id")] string? RequestId,
    [property: FromQuery(Name = "from")] string? From,
    [property: FromQuery(Name = "to")] string? To,
    [property: FromQuery(Name = "limit")] string? Limit,
    [property: FromQuery(Name = "after")] string? After);

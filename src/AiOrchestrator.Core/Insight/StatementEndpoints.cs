using AiOrchestrator.Core.Identity;
using AiOrchestrator.Core.Platform;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;

namespace AiOrchestrator.Core.Insight;

/// <summary>What has happened to wallets: below <c>/control/v1</c> for administrators, below <c>/v1</c> for keys.</summary>
internal static class StatementEndpoints
{
    public static void Map(IEndpointRouteBuilder routes)
    {
        Map(routes.MapGroup("/control/v1/wallets").Requires(Permission.Administer), "");
        Map(routes.MapGroup("/v1/wallets").Requires(Permission.UseWallets), "My");
    }

    private static void Map(RouteGroupBuilder group, string whose)
    {
        group.WithTags("Wallets");
        group.MapGet("/{id}/statement", StatementAsync).WithName($"get{whose}Statement")
            .WithSummary("Every amount that moved, and every call the wallet or one below it paid for, oldest first")
            .Produces<Page<StatementLineView>>().Fails(400, 404);
        group.MapGet("/{id}/thresholds", ThresholdsAsync).WithName($"get{whose}Thresholds").WithSummary("Thresholds, and which were crossed in this period")
            .Produces<ThresholdsView>().Fails(404, 503);
    }

    private static async Task<IResult> StatementAsync(
        HttpContext context, string id, [FromServices] QueryStatement statements, [AsParameters] StatementFilter filter)
    {
        _ = filter;
        var page = await statements.ExecuteAsync(context.GetCaller(), id, new QueryReader(context.Request.Query), context.RequestAborted);
        return page.Failed ? Replies.Fail(page.Failure) : Replies.Json(page.Value, InsightJson.Default.PageStatementLineView);
    }

    private static async Task<IResult> ThresholdsAsync(HttpContext context, string id, [FromServices] QueryStatement statements)
    {
        var thresholds = await statements.ThresholdsAsync(context.GetCaller(), id, context.RequestAborted);
        return thresholds.Failed ? Replies.Fail(thresholds.Failure) : Replies.Json(thresholds.Value, InsightJson.Default.ThresholdsView);
    }
}

/// <summary>The query parameters of a statement. Declared for the OpenAPI document; <see cref="QueryStatement"/> reads them by hand.</summary>
internal sealed record StatementFilter(
    [property: FromQuery(Name = "period")] string? Period,
    [property: FromQuery(Name = "kind")] string? Kind,
    [property: FromQuery(Name = "from")] string? From,
    [property: FromQuery(Name = "to")] string? To,
    [property: FromQuery(Name = "limit")] string? Limit,
    [property: FromQuery(Name = "after")] string? After);

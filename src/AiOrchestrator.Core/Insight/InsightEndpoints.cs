using AiOrchestrator.Core.Identity;
using AiOrchestrator.Core.Platform;
using AiOrchestrator.Ledger.Money;
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
        group.MapGet("/{id}/cost", CostAsync).WithName("explainUsageCost").WithSummary("Why one call cost what it did")
            .Produces<CostView>().Fails(404);
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

    private static async Task<IResult> GetAsync(HttpContext context, string id, [FromServices] CallsNow calls)
    {
        if (await calls.FindAsync(context.GetCaller(), id, context.RequestAborted) is not { } call)
        {
            return Replies.Fail(new UsageNotFound());
        }

        var view = UsageView.Of(call.Event) with
        {
            ReratedUsd = Usd(call.ReratedNanoUsd),
            Review = call.Review?.Verdict,
            ChargedLaterUsd = Usd(call.Review?.ChargedLaterNanoUsd),
            RefundedUsd = Usd(call.RefundedNanoUsd),
        };
        return Replies.Json(view, InsightJson.Default.UsageView);
    }

    private static async Task<IResult> CostAsync(HttpContext context, string id, [FromServices] CallsNow calls)
    {
        if (await calls.FindAsync(context.GetCaller(), id, context.RequestAborted) is not { } call)
        {
            return Replies.Fail(new UsageNotFound());
        }

        var view = ExplainCost.Of(call.Event) with
        {
            ReratedUsd = Usd(call.ReratedNanoUsd),
            Review = call.Review?.Verdict,
            ChargedLaterUsd = Usd(call.Review?.ChargedLaterNanoUsd),
            RefundedUsd = Usd(call.RefundedNanoUsd),
            TotalUsd = NanoUsd.FormatUsd(call.TotalNanoUsd),
        };
        return Replies.Json(view, InsightJson.Default.CostView);
    }

    private static string? Usd(long? nanoUsd) => nanoUsd is { } known ? NanoUsd.FormatUsd(known) : null;
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

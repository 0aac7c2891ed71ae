using AiOrchestrator.Core.Identity;
using AiOrchestrator.Core.Platform;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;

namespace AiOrchestrator.Core.Providers.Pricing;

/// <summary>What an organisation says about all prices: what becomes of models without one, and what it charges of them.</summary>
internal static class PlanEndpoints
{
    private const string Json = "application/json";

    public static void Map(IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/control/v1").WithTags("Prices").Requires(Permission.Administer);
        group.MapGet("/price-policy", GetPolicy).WithName("getPricePolicy").WithSummary("What becomes of calls to models without a price")
            .Produces<PricePolicyView>();
        group.MapPut("/price-policy", SetPolicyAsync).WithName("setPricePolicy").WithSummary("Refuse models without a price, or charge a price of last resort")
            .Accepts<PricePolicyRequest>(Json).Produces<PricePolicyView>().Fails(400, 409, 412, 413);
        group.MapGet("/plan", GetPlan).WithName("getPlan").WithSummary("The plan, and the table of multipliers in force")
            .Produces<PlanView>();
        group.MapPut("/plan", SetPlanAsync).WithName("setPlan").WithSummary("Replace the plan; it holds for the next call")
            .Accepts<PlanRequest>(Json).Produces<PlanView>().Fails(400, 409, 412, 413);
    }

    private static IResult GetPolicy(HttpContext context, [FromServices] PriceDirectory directory) =>
        ShowPolicy(directory.Of(context.GetCaller().OrganisationId));

    private static async Task<IResult> SetPolicyAsync(HttpContext context, [FromServices] SetPricePolicy set)
    {
        var body = await RequestBody.ReadAsync(context);
        return body.Failed
            ? Replies.Fail(body.Failure)
            : ShowPolicy(await set.ExecuteAsync(
                context.GetCaller().OrganisationId, body.Value, etag => EntityTags.Allows(context.Request, etag), context.RequestAborted));
    }

    private static IResult GetPlan(HttpContext context, [FromServices] PriceDirectory directory, [FromServices] PriceNames names) =>
        ShowPlan(directory.Of(context.GetCaller().OrganisationId), names);

    private static async Task<IResult> SetPlanAsync(HttpContext context, [FromServices] SetPlan set, [FromServices] PriceNames names)
    {
        var body = await RequestBody.ReadAsync(context);
        return body.Failed
            ? Replies.Fail(body.Failure)
            : ShowPlan(
                await set.ExecuteAsync(
                    context.GetCaller().OrganisationId, body.Value, etag => EntityTags.Allows(context.Request, etag), context.RequestAborted),
                names);
    }

    private static IResult ShowPolicy(Result<OrganisationPrices> prices) => prices.Failed
        ? Replies.Fail(prices.Failure)
        : Replies.Json(PricePolicyView.Of(prices.Value), PricingJson.Default.PricePolicyView, etag: prices.Value.PolicyTag);

    private static IResult ShowPlan(Result<OrganisationPrices> prices, PriceNames names) => prices.Failed
        ? Replies.Fail(prices.Failure)
        : Replies.Json(PlanView.Of(prices.Value, names), PricingJson.Default.PlanView, etag: prices.Value.PlanTag);
}

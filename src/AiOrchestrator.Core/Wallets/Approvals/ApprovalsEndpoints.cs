using AiOrchestrator.Core.Identity;
using AiOrchestrator.Core.Platform;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;

namespace AiOrchestrator.Core.Wallets.Approvals;

internal static class ApprovalsEndpoints
{
    private const string Json = "application/json";

    public static void Map(IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/control/v1/approvals").WithTags("Wallets").Requires(Permission.Administer);
        group.MapGet("", GetAsync).WithName("getApprovals").WithSummary("Who must agree to transfers and budget requests, by amount")
            .Produces<ApprovalsView>();
        group.MapPut("", ReplaceAsync).WithName("replaceApprovals").WithSummary("Replace who must agree; holds for what is asked for from then on")
            .Accepts<ApprovalsView>(Json).Produces<ApprovalsView>().Fails(400, 409, 412, 413);
    }

    private static async Task<IResult> GetAsync(HttpContext context, [FromServices] ApprovalPolicies policies) =>
        Show(await policies.ReadAsync(context.GetCaller().OrganisationId, context.RequestAborted));

    private static async Task<IResult> ReplaceAsync(HttpContext context, [FromServices] ApprovalPolicies policies)
    {
        var body = await RequestBody.ReadAsync(context);
        if (body.Failed)
        {
            return Replies.Fail(body.Failure);
        }

        var result = await policies.ReplaceAsync(
            context.GetCaller().OrganisationId, body.Value, etag => EntityTags.Allows(context.Request, etag), context.RequestAborted);
        return result.Failed ? Replies.Fail(result.Failure) : Show(result.Value);
    }

    private static IResult Show(StoredPolicy stored) =>
        Replies.Json(ApprovalsView.Of(stored.Policy), ProposalsJson.Default.ApprovalsView, etag: stored.ETag);
}

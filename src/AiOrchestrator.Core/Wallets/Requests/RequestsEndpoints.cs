using AiOrchestrator.Core.Identity;
using AiOrchestrator.Core.Platform;
using AiOrchestrator.Core.Wallets.Approvals;
using AiOrchestrator.Ledger.Requests;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;

namespace AiOrchestrator.Core.Wallets.Requests;

internal static class RequestsEndpoints
{
    private const string Root = "/v1/wallet/requests";
    private const string Json = "application/json";

    public static void Map(IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup(Root).WithTags("Wallets").Requires(Permission.UseWallets);
        group.MapPost("", CreateAsync).WithName("createBudgetRequest").WithSummary("Ask for more budget, for this period or from now on")
            .Accepts<CreateBudgetRequest>(Json).Produces<BudgetRequestView>(StatusCodes.Status201Created).Produces<BudgetRequestView>().Fails(400, 404, 409, 413, 503);
        group.MapGet("", ListAsync).WithName("listBudgetRequests").WithSummary("List budget requests that concern wallets you may see, in order of id")
            .Produces<Page<BudgetRequestView>>().Fails(400);
        group.MapGet("/{id}", GetAsync).WithName("getBudgetRequest").WithSummary("One budget request with its history")
            .Produces<BudgetRequestView>().Fails(404);
        group.MapPost("/{id}/approve", ApproveAsync).WithName("approveBudgetRequest").WithSummary("Agree; with the last agreement it needs, the budget is raised")
            .Accepts<DecisionRequest>(isOptional: true, Json).Produces<BudgetRequestView>().Fails(400, 404, 409, 413);
        group.MapPost("/{id}/reject", RejectAsync).WithName("rejectBudgetRequest").WithSummary("Refuse, for all who could agree")
            .Accepts<DecisionRequest>(isOptional: true, Json).Produces<BudgetRequestView>().Fails(400, 404, 409, 413);
        group.MapPost("/{id}/cancel", CancelAsync).WithName("cancelBudgetRequest").WithSummary("Call off what you asked for, or as an administrator what anybody did")
            .Accepts<DecisionRequest>(isOptional: true, Json).Produces<BudgetRequestView>().Fails(400, 404, 409, 413);
    }

    private static async Task<IResult> CreateAsync(HttpContext context, [FromServices] CreateRequest create)
    {
        var body = await RequestBody.ReadAsync(context);
        if (body.Failed)
        {
            return Replies.Fail(body.Failure);
        }

        var result = await create.ExecuteAsync(context.GetCaller(), body.Value, context.RequestAborted);
        if (result.Failed)
        {
            return Replies.Fail(result.Failure);
        }

        context.Response.Headers.Location = $"{Root}/{result.Value.Proposal.Id}";
        return Show(result.Value.Proposal, result.Value.IsNew ? StatusCodes.Status201Created : StatusCodes.Status200OK);
    }

    private static async Task<IResult> ListAsync(
        HttpContext context,
        [FromServices] DecideProposal<BudgetRequest> proposals,
        [FromQuery(Name = "state")] string? state,
        [FromQuery(Name = "wallet")] string? wallet,
        [FromQuery(Name = "limit")] string? limit,
        [FromQuery(Name = "after")] string? after)
    {
        // Declared for the OpenAPI document; read by hand, so that a wrong one is told in the envelope.
        _ = (state, wallet, limit, after);
        var filter = ProposalFilter.Read(new QueryReader(context.Request.Query));
        if (filter.Failed)
        {
            return Replies.Fail(filter.Failure);
        }

        var found = await proposals.ListAsync(context.GetCaller(), filter.Value, context.RequestAborted);
        return Replies.Json(
            new Page<BudgetRequestView>([.. found.Data.Select(BudgetRequestView.Of)], found.Next), ProposalsJson.Default.PageBudgetRequestView);
    }

    private static async Task<IResult> GetAsync(HttpContext context, string id, [FromServices] DecideProposal<BudgetRequest> proposals) =>
        Show(await proposals.FindAsync(context.GetCaller(), id, context.RequestAborted));

    private static Task<IResult> ApproveAsync(HttpContext context, string id, [FromServices] DecideProposal<BudgetRequest> proposals) =>
        DecideAsync(context, id, Decision.Approve, proposals);

    private static Task<IResult> RejectAsync(HttpContext context, string id, [FromServices] DecideProposal<BudgetRequest> proposals) =>
        DecideAsync(context, id, Decision.Reject, proposals);

    private static Task<IResult> CancelAsync(HttpContext context, string id, [FromServices] DecideProposal<BudgetRequest> proposals) =>
        DecideAsync(context, id, Decision.Cancel, proposals);

    private static async Task<IResult> DecideAsync(HttpContext context, string id, Decision decision, DecideProposal<BudgetRequest> proposals)
    {
        var body = await RequestBody.ReadOptionalAsync(context);
        return body.Failed
            ? Replies.Fail(body.Failure)
            : Show(await proposals.ExecuteAsync(context.GetCaller(), id, decision, body.Value, context.RequestAborted));
    }

    private static IResult Show(Result<BudgetRequest> result) => result.Failed ? Replies.Fail(result.Failure) : Show(result.Value, StatusCodes.Status200OK);

    private static IResult Show(BudgetRequest proposal, int status) =>
        Replies.Json(BudgetRequestView.Of(proposal), ProposalsJson.Default.BudgetRequestView, status);
}

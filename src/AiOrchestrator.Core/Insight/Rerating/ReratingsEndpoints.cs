using AiOrchestrator.Core.Identity;
using AiOrchestrator.Core.Platform;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;

namespace AiOrchestrator.Core.Insight.Rerating;

internal static class ReratingsEndpoints
{
    private const string Root = "/control/v1/reratings";
    private const string Json = "application/json";
    private const string Lines = "application/x-ndjson";

    public static void Map(IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup(Root).WithTags("Usage").Requires(Permission.Administer);
        group.MapPost("", CreateAsync).WithName("createRerating").WithSummary("Price the calls of a past period again, and correct their wallets by the difference")
            .Accepts<RerateRequest>(Json).Produces<ReratingView>(StatusCodes.Status201Created).Produces<ReratingView>().Fails(400, 409, 413);
        group.MapGet("", ListAsync).WithName("listReratings").WithSummary("Re-ratings and how far they got, in order of id")
            .Produces<Page<ReratingView>>().Fails(400);
        group.MapGet("/{id}", GetAsync).WithName("getRerating").WithSummary("One re-rating, with what wallets are corrected by")
            .Produces<ReratingView>().Fails(404);
        group.MapGet("/{id}/calls", CallsAsync).WithName("listReratedCalls").WithSummary("The calls it corrected, newest first, as lines of JSON")
            .Produces<string>(StatusCodes.Status200OK, Lines).Fails(404);
    }

    private static async Task<IResult> CreateAsync(HttpContext context, [FromServices] CreateRerating create)
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

        if (result.Value.View.Id is { } id)
        {
            context.Response.Headers.Location = $"{Root}/{id}";
        }

        return Show(result.Value.View, result.Value.IsNew ? StatusCodes.Status201Created : StatusCodes.Status200OK);
    }

    private static async Task<IResult> ListAsync(
        HttpContext context,
        [FromServices] ReratingStore store,
        [FromQuery(Name = "limit")] string? limit,
        [FromQuery(Name = "after")] string? after)
    {
        // Declared for the OpenAPI document; read by hand, so that a wrong one is told in the envelope.
        _ = (limit, after);
        var parameters = new QueryReader(context.Request.Query);
        var (most, afterId) = (parameters.Limit(), parameters.Text("after"));
        if (parameters.Finish() is { } invalid)
        {
            return Replies.Fail(invalid);
        }

        var found = await store.ListAsync(context.GetCaller().OrganisationId, afterId, most, context.RequestAborted);
        return Replies.Json(
            new Page<ReratingView>([.. found.Select(static r => ReratingView.Of(r, []))], found.Count == most ? found[^1].Id : null),
            ReratingJson.Default.PageReratingView);
    }

    private static async Task<IResult> GetAsync(HttpContext context, string id, [FromServices] ReratingStore store, [FromServices] ReratingBlobs blobs)
    {
        var (rerating, _) = await store.FindAsync(context.GetCaller().OrganisationId, id, context.RequestAborted);
        if (rerating is null)
        {
            return Replies.Fail(new ReratingNotFound());
        }

        var wallets = new List<WalletCorrection>();
        if (rerating.Wallets is > 0)
        {
            await foreach (var wallet in blobs.WalletsAsync(rerating, context.RequestAborted))
            {
                wallets.Add(wallet);
                if (wallets.Count == ReratingView.MostWallets)
                {
                    break;
                }
            }
        }

        return Show(ReratingView.Of(rerating, wallets), StatusCodes.Status200OK);
    }

    private static async Task<IResult> CallsAsync(HttpContext context, string id, [FromServices] ReratingStore store, [FromServices] ReratingBlobs blobs)
    {
        var (rerating, _) = await store.FindAsync(context.GetCaller().OrganisationId, id, context.RequestAborted);
        return rerating is null
            ? Replies.Fail(new ReratingNotFound())
            : Results.Stream(
                async output =>
                {
                    foreach (var part in rerating.Parts)
                    {
                        await using var lines = await blobs.OpenCallsAsync(rerating, part, context.RequestAborted);
                        await lines.CopyToAsync(output, context.RequestAborted);
                    }
                },
                Lines,
                $"{rerating.Id}.ndjson");
    }

    private static IResult Show(ReratingView view, int status) => Replies.Json(view, ReratingJson.Default.ReratingView, status);
}

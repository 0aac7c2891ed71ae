using AiOrchestrator.Core.Identity;
using AiOrchestrator.Core.Platform;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;

namespace AiOrchestrator.Core.Insight.Reviews;

internal static class ReviewsEndpoints
{
    private const string Json = "application/json";

    public static void Map(IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/control/v1/reviews").WithTags("Usage").Requires(Permission.Administer);
        group.MapGet("", ListAsync).WithName("listReviews").WithSummary("Calls whose reported usage is in doubt, oldest first")
            .Produces<Page<ReviewView>>().Fails(400);
        group.MapGet("/{id}", GetAsync).WithName("getReview").WithSummary("One of them")
            .Produces<ReviewView>().Fails(404);
        group.MapPost("/{id}/accept", AcceptAsync).WithName("acceptReview").WithSummary("Charge what is in suspense for the call, or a part of it")
            .Accepts<AcceptReviewRequest>(isOptional: true, Json).Produces<ReviewView>().Fails(400, 404, 409, 413, 503);
        group.MapPost("/{id}/reject", RejectAsync).WithName("rejectReview").WithSummary("Release what is in suspense for the call")
            .Accepts<RejectReviewRequest>(isOptional: true, Json).Produces<ReviewView>().Fails(400, 404, 409, 413, 503);
    }

    private static async Task<IResult> ListAsync(
        HttpContext context,
        [FromServices] ReviewBook reviews,
        [FromQuery(Name = "state")] string? state,
        [FromQuery(Name = "limit")] string? limit,
        [FromQuery(Name = "after")] string? after)
    {
        // Declared for the OpenAPI document; read by hand, so that a wrong one is told in the envelope.
        _ = (state, limit, after);
        var parameters = new QueryReader(context.Request.Query);
        var most = parameters.Limit();
        var afterId = parameters.Text("after");
        var wanted = parameters.Text("state");
        if (wanted is not (null or "open" or "closed"))
        {
            parameters.Problem("state", "must be open or closed");
        }

        if (parameters.Finish() is { } invalid)
        {
            return Replies.Fail(invalid);
        }

        var found = await reviews.ListAsync(
            context.GetCaller().OrganisationId,
            afterId,
            most,
            r => wanted is null || r.State == ReviewState.Closed == (wanted == "closed"),
            context.RequestAborted);
        return Replies.Json(
            new Page<ReviewView>([.. found.Select(ReviewView.Of)], found.Count == most ? found[^1].Id : null), ReviewsJson.Default.PageReviewView);
    }

    private static async Task<IResult> GetAsync(HttpContext context, string id, [FromServices] ReviewBook reviews) =>
        await reviews.FindAsync(context.GetCaller().OrganisationId, id, context.RequestAborted) is { Review: { } review }
            ? Show(review)
            : Replies.Fail(new ReviewNotFound());

    private static Task<IResult> AcceptAsync(HttpContext context, string id, [FromServices] DecideReview decide) =>
        DecideAsync(context, body => decide.AcceptAsync(context.GetCaller(), id, body, context.RequestAborted));

    private static Task<IResult> RejectAsync(HttpContext context, string id, [FromServices] DecideReview decide) =>
        DecideAsync(context, body => decide.RejectAsync(context.GetCaller(), id, body, context.RequestAborted));

    private static async Task<IResult> DecideAsync(HttpContext context, Func<MemberReader, Task<Result<Review>>> decide)
    {
        var body = await RequestBody.ReadOptionalAsync(context);
        if (body.Failed)
        {
            return Replies.Fail(body.Failure);
        }

        var result = await decide(body.Value);
        return result.Failed ? Replies.Fail(result.Failure) : Show(result.Value);
    }

    private static IResult Show(Review review) => Replies.Json(ReviewView.Of(review), ReviewsJson.Default.ReviewView);
}

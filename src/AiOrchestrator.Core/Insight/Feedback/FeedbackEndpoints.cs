using AiOrchestrator.Core.Identity;
using AiOrchestrator.Core.Platform;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;

namespace AiOrchestrator.Core.Insight.Feedback;

/// <summary>The body of <c>POST /v1/feedback</c>: one of score, rating and thumbs.</summary>
/// <param name="ExchangeId">The call, as <c>x-ao-exchange-id</c> said it.</param>
/// <param name="Score">-1 to 1.</param>
/// <param name="Rating">1 to 5 stars: -1, -0.5, 0, 0.5 and 1.</param>
/// <param name="Thumbs"><c>up</c>, 1, or <c>down</c>, -1.</param>
/// <param name="Comment">Up to 2000 characters.</param>
/// <param name="Labels">Up to 10 of up to 64 characters.</param>
public sealed record FeedbackRequest(
    string ExchangeId, double? Score = null, int? Rating = null, string? Thumbs = null, string? Comment = null, IReadOnlyList<string>? Labels = null);

/// <summary>What somebody thought of an answer.</summary>
/// <param name="ExchangeId">The call.</param>
/// <param name="KeyId">The key that made it.</param>
/// <param name="Score">-1 to 1, to three decimals.</param>
/// <param name="Comment">In words, or null.</param>
/// <param name="Labels">In single words, or null.</param>
/// <param name="Waiting">Whether the call is not known yet: what is said of it counts once it is.</param>
/// <param name="Model">The model that served the call, or null.</param>
/// <param name="Provider">The provider that served it, or null.</param>
/// <param name="ExperimentId">The experiment it was a part of, or null.</param>
/// <param name="Variant">The variant that served it, or null.</param>
/// <param name="GivenAt">RFC 3339.</param>
public sealed record FeedbackView(
    string ExchangeId,
    string KeyId,
    double Score,
    string? Comment,
    IReadOnlyList<string>? Labels,
    bool Waiting,
    string? Model,
    string? Provider,
    string? ExperimentId,
    string? Variant,
    string GivenAt)
{
    private const double Thousand = 1000;

    internal static FeedbackView Of(StoredFeedback feedback) => new(
        feedback.ExchangeId,
        feedback.KeyId,
        feedback.ScoreMilli / Thousand,
        feedback.Comment,
        feedback.Labels,
        !feedback.IsPlaced,
        feedback.Model,
        feedback.Provider,
        feedback.ExperimentId,
        feedback.Variant,
        Rfc3339.Format(feedback.GivenUnixMs));
}

internal static class FeedbackEndpoints
{
    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapPost("/v1/feedback", GiveAsync).WithTags("Feedback").Requires(Permission.CallModels)
            .WithName("giveFeedback").WithSummary("Say what was thought of the answer of a call the same key made; a later word takes its place")
            .Accepts<FeedbackRequest>("application/json").Produces<FeedbackView>().Produces<FeedbackView>(StatusCodes.Status202Accepted).Fails(400, 404, 409, 413, 429);
        routes.MapGet("/control/v1/feedback", ListAsync).WithTags("Feedback").Requires(Permission.Administer)
            .WithName("listFeedback").WithSummary("What was thought of answers, in the order in which the calls were made")
            .Produces<Page<FeedbackView>>().Fails(400);
    }

    private static async Task<IResult> GiveAsync(HttpContext context, [FromServices] GiveFeedback give)
    {
        // Calls of models stay on the thread that serves the socket; this one looks into a database.
        await Task.Yield();
        var body = await RequestBody.ReadAsync(context);
        if (body.Failed)
        {
            return Replies.Fail(body.Failure);
        }

        var given = await give.ExecuteAsync(context.GetCaller(), body.Value, context.RequestAborted);
        return given.Failed
            ? Replies.Fail(given.Failure)
            : Replies.Json(
                FeedbackView.Of(given.Value), FeedbackJson.Default.FeedbackView, given.Value.IsPlaced ? StatusCodes.Status200OK : StatusCodes.Status202Accepted);
    }

    private static async Task<IResult> ListAsync(
        HttpContext context,
        [FromServices] FeedbackBook book,
        [FromQuery(Name = "exchange")] string? exchange,
        [FromQuery(Name = "model")] string? model,
        [FromQuery(Name = "experiment")] string? experiment,
        [FromQuery(Name = "limit")] string? limit,
        [FromQuery(Name = "after")] string? after)
    {
        _ = (exchange, model, experiment, limit, after);
        var parameters = new QueryReader(context.Request.Query);
        var query = new FeedbackQuery(
            parameters.Text("exchange"), parameters.Text("model"), parameters.Text("experiment"), parameters.Text("after"), parameters.Limit());
        if (parameters.Finish() is { } invalid)
        {
            return Replies.Fail(invalid);
        }

        var (found, next) = await book.ListAsync(context.GetCaller().OrganisationId, query, context.RequestAborted);
        return Replies.Json(new Page<FeedbackView>([.. found.Select(FeedbackView.Of)], next), FeedbackJson.Default.PageFeedbackView);
    }
}

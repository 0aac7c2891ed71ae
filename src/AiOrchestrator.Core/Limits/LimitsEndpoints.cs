using AiOrchestrator.Core.Identity;
using AiOrchestrator.Core.Platform;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;

namespace AiOrchestrator.Core.Limits;

internal static class LimitsEndpoints
{
    private const string Root = "/control/v1/limits";
    private const string Json = "application/json";

    public static void Map(IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup(Root).WithTags("Limits").Requires(Permission.Administer);
        group.MapPost("", CreateAsync).WithName("createLimit").WithSummary("Limit requests or tokens; holds for the next request")
            .Accepts<CreateLimitRequest>(Json).Produces<LimitView>(StatusCodes.Status201Created).Fails(400, 413);
        group.MapGet("", List).WithName("listLimits").WithSummary("List limits in order of id")
            .Produces<Page<LimitView>>().Fails(400);
        group.MapGet("/{id}", Get).WithName("getLimit").WithSummary("One limit")
            .Produces<LimitView>().Fails(404);
        group.MapPatch("/{id}", ChangeAsync).WithName("changeLimit").WithSummary("Change a limit's figures; what was used stays used")
            .Accepts<ChangeLimitRequest>(Json).Produces<LimitView>().Fails(400, 404, 409, 412, 413);
        group.MapDelete("/{id}", DeleteAsync).WithName("deleteLimit").WithSummary("Delete a limit and what it counted")
            .Produces(StatusCodes.Status204NoContent).Fails(404, 409, 412);
        group.MapGet("/{id}/counters", CountersAsync).WithName("getLimitCounters").WithSummary("What was used of a limit, in order of subject")
            .Produces<Page<CountersView>>().Fails(400, 404);
        group.MapPost("/{id}/reset", ResetAsync).WithName("resetLimit").WithSummary("Make a limit's counters as new")
            .Accepts<ResetLimitRequest>(Json).Produces(StatusCodes.Status204NoContent).Fails(400, 404, 413);
    }

    private static async Task<IResult> CreateAsync(HttpContext context, [FromServices] CreateLimit create)
    {
        var body = await RequestBody.ReadAsync(context);
        if (body.Failed)
        {
            return Replies.Fail(body.Failure);
        }

        var result = await create.ExecuteAsync(context.GetCaller().OrganisationId, body.Value, context.RequestAborted);
        if (result.Failed)
        {
            return Replies.Fail(result.Failure);
        }

        context.Response.Headers.Location = $"{Root}/{result.Value.Limit.Id}";
        return Show(result, StatusCodes.Status201Created);
    }

    private static IResult List(
        HttpContext context,
        [FromServices] LimitDirectory limits,
        [FromQuery(Name = "limit")] string? limit,
        [FromQuery(Name = "after")] string? after)
    {
        _ = (limit, after);
        return Replies.Page(
            context,
            (afterId, count) => limits.List(context.GetCaller().OrganisationId, afterId, count),
            static e => e.Limit.Id,
            LimitView.Of,
            LimitsJson.Default.PageLimitView);
    }

    private static IResult Get(HttpContext context, string id, [FromServices] LimitDirectory limits) =>
        Show(limits.Entry(context.GetCaller().OrganisationId, id) is { } entry ? entry : new LimitNotFound());

    private static async Task<IResult> ChangeAsync(HttpContext context, string id, [FromServices] ChangeLimit change)
    {
        var body = await RequestBody.ReadAsync(context);
        return body.Failed
            ? Replies.Fail(body.Failure)
            : Show(await change.ExecuteAsync(
                context.GetCaller().OrganisationId, id, body.Value, etag => EntityTags.Allows(context.Request, etag), context.RequestAborted));
    }

    private static async Task<IResult> DeleteAsync(HttpContext context, string id, [FromServices] DeleteLimit delete) =>
        await delete.ExecuteAsync(
            context.GetCaller().OrganisationId, id, etag => EntityTags.Allows(context.Request, etag), context.RequestAborted) is { } failure
            ? Replies.Fail(failure)
            : Results.NoContent();

    private static async Task<IResult> CountersAsync(
        HttpContext context,
        string id,
        [FromServices] LimitDirectory limits,
        [FromServices] ReadCounters read,
        [FromQuery(Name = "limit")] string? limit,
        [FromQuery(Name = "after")] string? after)
    {
        _ = (limit, after);
        var query = new QueryReader(context.Request.Query);
        var count = query.Limit();
        var afterSubject = query.Text("after");
        if (query.Finish() is { } invalid)
        {
            return Replies.Fail(invalid);
        }

        if (limits.Entry(context.GetCaller().OrganisationId, id) is not { } entry)
        {
            return Replies.Fail(new LimitNotFound());
        }

        var found = (await read.ExecuteAsync(entry.Limit))
            .Where(c => string.CompareOrdinal(c.Subject, afterSubject) > 0).Take(count + 1).ToList();
        return Replies.Json(
            new Page<CountersView>([.. found.Take(count)], found.Count > count ? found[count - 1].Subject : null),
            LimitsJson.Default.PageCountersView);
    }

    private static async Task<IResult> ResetAsync(
        HttpContext context, string id, [FromServices] LimitDirectory limits, [FromServices] ResetLimit reset)
    {
        var body = await RequestBody.ReadAsync(context);
        if (body.Failed)
        {
            return Replies.Fail(body.Failure);
        }

        if (limits.Entry(context.GetCaller().OrganisationId, id) is not { } entry)
        {
            return Replies.Fail(new LimitNotFound());
        }

        return await reset.ExecuteAsync(entry.Limit, body.Value, context.RequestAborted) is { } failure ? Replies.Fail(failure) : Results.NoContent();
    }

    private static IResult Show(Result<LimitDirectory.LimitEntry> result, int status = StatusCodes.Status200OK) => result.Failed
        ? Replies.Fail(result.Failure)
        : Replies.Json(LimitView.Of(result.Value), LimitsJson.Default.LimitView, status, result.Value.ETag);
}

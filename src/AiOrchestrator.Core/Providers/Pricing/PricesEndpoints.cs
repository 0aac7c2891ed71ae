using AiOrchestrator.Core.Identity;
using AiOrchestrator.Core.Metering.Pricing;
using AiOrchestrator.Core.Platform;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;

namespace AiOrchestrator.Core.Providers.Pricing;

internal static class PricesEndpoints
{
    private const string Root = "/control/v1/prices";
    private const string Json = "application/json";

    public static void Map(IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup(Root).WithTags("Prices").Requires(Permission.Administer);
        group.MapPost("", CreateAsync).WithName("createPrice").WithSummary("Add a price of the organisation's own; one of today holds for the next call")
            .Accepts<PriceRequest>(Json).Produces<PriceView>(StatusCodes.Status201Created).Fails(400, 409, 413);
        group.MapGet("", List).WithName("listPrices").WithSummary("List own prices in order of id, those that have ended included")
            .Produces<Page<PriceView>>().Fails(400);
        group.MapGet("/effective", Effective).WithName("getEffectivePrice").WithSummary("Which price a call would be charged by, and why")
            .Produces<EffectivePriceView>().Fails(400, 404);
        group.MapGet("/{id}", Get).WithName("getPrice").WithSummary("One own price")
            .Produces<PriceView>().Fails(404);
        group.MapPut("/{id}", ReplaceAsync).WithName("replacePrice").WithSummary("Replace a price that has not begun; of one in force its end and note")
            .Accepts<PriceRequest>(Json).Produces<PriceView>().Fails(400, 404, 409, 412, 413);
        group.MapDelete("/{id}", DeleteAsync).WithName("deletePrice").WithSummary("Delete a price that has not begun; end one in force now")
            .Produces(StatusCodes.Status204NoContent).Fails(404, 409, 412);
    }

    private static async Task<IResult> CreateAsync(
        HttpContext context, [FromServices] CreatePrice create, [FromServices] PriceNames names, [FromServices] TimeProvider time)
    {
        var body = await RequestBody.ReadAsync(context);
        if (body.Failed)
        {
            return Replies.Fail(body.Failure);
        }

        var row = await create.ExecuteAsync(context.GetCaller().OrganisationId, body.Value, context.RequestAborted);
        if (row.Failed)
        {
            return Replies.Fail(row.Failure);
        }

        context.Response.Headers.Location = $"{Root}/{row.Value.Stored.Id}";
        return Show(row, names, time, StatusCodes.Status201Created);
    }

    private static IResult List(
        HttpContext context,
        [FromServices] PriceDirectory directory,
        [FromServices] PriceNames names,
        [FromServices] TimeProvider time,
        [FromQuery(Name = "limit")] string? limit,
        [FromQuery(Name = "after")] string? after)
    {
        _ = (limit, after);
        var now = time.GetUtcNow();
        var rows = directory.Of(context.GetCaller().OrganisationId).Rows;
        return Replies.Page(
            context,
            (afterId, count) => [.. rows.Where(r => string.CompareOrdinal(r.Stored.Id, afterId) > 0).Take(count)],
            static (PriceRow r) => r.Stored.Id,
            r => PriceView.Of(r, names, now),
            PricingJson.Default.PagePriceView);
    }

    private static IResult Effective(
        HttpContext context,
        [FromServices] ProviderDirectory providers,
        [FromServices] PriceBooks books,
        [FromServices] TimeProvider time,
        [FromQuery(Name = "provider")] string? provider,
        [FromQuery(Name = "model")] string? model,
        [FromQuery(Name = "at")] string? at)
    {
        _ = (provider, model, at);
        var query = new QueryReader(context.Request.Query);
        var providerId = query.Text("provider");
        var name = query.Text("model");
        var unixMs = query.MomentOrDay("at");
        if (name is null)
        {
            query.Problem("model", "is required: the name callers use");
        }

        if (query.Finish() is { } invalid)
        {
            return Replies.Fail(invalid);
        }

        // Without a provider: the one that is tried first.
        return providers.Current.RoutesByModel.TryGetValue(name!, out var routes)
            && routes.FirstOrDefault(r => providerId is null || r.Provider.Id == providerId) is { } route
            ? Replies.Json(
                EffectivePriceView.Of(
                    books.For(context.GetCaller().OrganisationId),
                    route,
                    unixMs is { } ms ? DateTimeOffset.FromUnixTimeMilliseconds(ms) : time.GetUtcNow()),
                PricingJson.Default.EffectivePriceView)
            : Replies.Fail(new ModelNotFound(name!));
    }

    private static IResult Get(
        HttpContext context, string id, [FromServices] PriceDirectory directory, [FromServices] PriceNames names, [FromServices] TimeProvider time) => Show(
        directory.Of(context.GetCaller().OrganisationId).Rows.FirstOrDefault(r => r.Stored.Id == id) is { } row ? row : new PriceNotFound(), names, time);

    private static async Task<IResult> ReplaceAsync(
        HttpContext context, string id, [FromServices] ReplacePrice replace, [FromServices] PriceNames names, [FromServices] TimeProvider time)
    {
        var body = await RequestBody.ReadAsync(context);
        return body.Failed
            ? Replies.Fail(body.Failure)
            : Show(
                await replace.ExecuteAsync(
                    context.GetCaller().OrganisationId, id, body.Value, etag => EntityTags.Allows(context.Request, etag), context.RequestAborted),
                names,
                time);
    }

    private static async Task<IResult> DeleteAsync(HttpContext context, string id, [FromServices] DeletePrice delete) =>
        await delete.ExecuteAsync(
            context.GetCaller().OrganisationId, id, etag => EntityTags.Allows(context.Request, etag), context.RequestAborted) is { } failure
            ? Replies.Fail(failure)
            : Results.NoContent();

    private static IResult Show(Result<PriceRow> row, PriceNames names, TimeProvider time, int status = StatusCodes.Status200OK) => row.Failed
        ? Replies.Fail(row.Failure)
        : Replies.Json(PriceView.Of(row.Value, names, time.GetUtcNow()), PricingJson.Default.PriceView, status, row.Value.ETag);
}

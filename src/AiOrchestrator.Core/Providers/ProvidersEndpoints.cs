using AiOrchestrator.Core.Identity;
using AiOrchestrator.Core.Metering.Counting;
using AiOrchestrator.Core.Metering.Pricing;
using AiOrchestrator.Core.Platform;
using AiOrchestrator.Core.Providers.Listing;
using AiOrchestrator.Core.Providers.Registry;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;

namespace AiOrchestrator.Core.Providers;

internal static class ProvidersEndpoints
{
    private const string Root = "/control/v1/providers";
    private const string Json = "application/json";

    public static void Map(IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup(Root).WithTags("Providers").Requires(Permission.Administer);
        group.MapPost("", CreateAsync).WithName("createProvider").WithSummary("Add a provider; the key by reference")
            .Accepts<ProviderConfig>(Json).Produces<ProviderView>(StatusCodes.Status201Created).Fails(400, 409, 413);
        group.MapGet("", List).WithName("listProviders").WithSummary("List providers in order of id, those out of service included")
            .Produces<Page<ProviderView>>().Fails(400);
        group.MapGet("/{id}", Get).WithName("getProvider").WithSummary("One provider")
            .Produces<ProviderView>().Fails(404);
        group.MapPut("/{id}", ReplaceAsync).WithName("replaceProvider").WithSummary("Replace a stored provider's configuration")
            .Accepts<ProviderConfig>(Json).Produces<ProviderView>().Fails(400, 404, 409, 412, 413);
        group.MapDelete("/{id}", DeleteAsync).WithName("deleteProvider").WithSummary("Delete a stored provider; calls under way finish")
            .Produces(StatusCodes.Status204NoContent).Fails(404, 409, 412);
        group.MapPost("/{id}/test", TestAsync).WithName("testProvider").WithSummary("Call a provider and say what works; charged to no wallet")
            .Accepts<ProviderTestRequest>(isOptional: true, Json).Produces<ProviderTestView>().Fails(400, 404, 413);
        routes.MapGroup("/control/v1/provider-presets").WithTags("Providers").Requires(Permission.Administer)
            .MapGet("", ListPresets).WithName("listProviderPresets").WithSummary("What rows may be made from by name")
            .Produces<PresetListView>();

        var models = routes.MapGroup("/v1/models").WithTags("Models").Requires(Permission.CallModels);
        models.MapGet("", ListModels).WithName("listModels").WithSummary("The models that may be called, with bounds and prices")
            .Produces<ModelListView>().Fails(400);
        models.MapGet("/{**id}", GetModel).WithName("getModel").WithSummary("One model; its id may hold slashes")
            .Produces<ModelView>().Fails(404);
    }

    private static async Task<IResult> CreateAsync(
        HttpContext context, [FromServices] CreateProvider create, [FromServices] SyncModels sync, [FromServices] ShowProvider show)
    {
        var body = await RequestBody.ReadAsync(context);
        if (body.Failed)
        {
            return Replies.Fail(body.Failure);
        }

        var row = await sync.FillAsync(
            context.GetCaller().OrganisationId, await create.ExecuteAsync(context.GetCaller().OrganisationId, body.Value, context.RequestAborted), context.RequestAborted);
        if (row.Failed)
        {
            return Replies.Fail(row.Failure);
        }

        context.Response.Headers.Location = $"{Root}/{row.Value.Config.Id}";
        return Show(context, show, row, StatusCodes.Status201Created);
    }

    private static IResult List(
        HttpContext context,
        [FromServices] ProviderDirectory directory,
        [FromServices] ShowProvider show,
        [FromQuery(Name = "limit")] string? limit,
        [FromQuery(Name = "after")] string? after)
    {
        _ = (limit, after);
        var organisationId = context.GetCaller().OrganisationId;
        return Replies.Page(
            context,
            (afterId, count) => [.. directory.Rows.Where(r => string.CompareOrdinal(r.Config.Id, afterId) > 0).Take(count)],
            static (ProviderRow r) => r.Config.Id,
            r => show.View(organisationId, r),
            ProvidersJson.Default.PageProviderView);
    }

    private static IResult Get(HttpContext context, string id, [FromServices] ProviderDirectory directory, [FromServices] ShowProvider show) =>
        Show(context, show, directory.Rows.FirstOrDefault(r => r.Config.Id == id) is { } row ? row : new ProviderNotFound());

    private static async Task<IResult> ReplaceAsync(
        HttpContext context, string id, [FromServices] ReplaceProvider replace, [FromServices] SyncModels sync, [FromServices] ShowProvider show)
    {
        var body = await RequestBody.ReadAsync(context);
        if (body.Failed)
        {
            return Replies.Fail(body.Failure);
        }

        var organisationId = context.GetCaller().OrganisationId;
        var row = await replace.ExecuteAsync(organisationId, id, body.Value, etag => EntityTags.Allows(context.Request, etag), context.RequestAborted);
        return Show(context, show, await sync.FillAsync(organisationId, row, context.RequestAborted));
    }

    private static async Task<IResult> DeleteAsync(HttpContext context, string id, [FromServices] DeleteProvider delete)
    {
        var deleted = await delete.ExecuteAsync(
            context.GetCaller().OrganisationId, id, etag => EntityTags.Allows(context.Request, etag), context.RequestAborted);
        return deleted.Failed ? Replies.Fail(deleted.Failure) : Results.NoContent();
    }

    private static async Task<IResult> TestAsync(
        HttpContext context, string id, [FromServices] ProviderDirectory directory, [FromServices] TestProvider test)
    {
        var body = await RequestBody.ReadOptionalAsync(context);
        if (body.Failed)
        {
            return Replies.Fail(body.Failure);
        }

        var asksChat = body.Value.Flag("chat") ?? false;
        return body.Value.Finish() is { } invalid ? Replies.Fail(invalid)
            : directory.Rows.FirstOrDefault(r => r.Config.Id == id) is { } row
                ? Replies.Json(await test.ExecuteAsync(row, directory.Current.Models, asksChat, context.RequestAborted), ProvidersJson.Default.ProviderTestView)
            : Replies.Fail(new ProviderNotFound());
    }

    private static IResult ListPresets() => Replies.Json(new PresetListView(ProviderPresets.All), ProvidersJson.Default.PresetListView);

    private static IResult ListModels(
        HttpContext context,
        [FromServices] ProviderDirectory directory,
        [FromServices] PriceBooks prices,
        [FromServices] CountingRatios ratios,
        [FromServices] TimeProvider time,
        [FromServices] MayUseRoute mayUse,
        [FromQuery(Name = "capability")] string[]? capability,
        [FromQuery(Name = "status")] string[]? status)
    {
        _ = (capability, status);
        var query = new QueryReader(context.Request.Query);
        var filter = ModelFilter.Read(query);
        if (query.Finish() is { } invalid)
        {
            return Replies.Fail(invalid);
        }

        var now = time.GetUtcNow();
        var unixMs = now.ToUnixTimeMilliseconds();
        var caller = context.GetCaller();
        var key = caller.Key!;
        var book = prices.For(key.OrganisationId);
        var known = directory.Current.Models;

        // One that has ended cannot be chosen any more: it is shown to those who ask for it.
        var models = known.Models.Where(m => m.Routes.Count > 0 && key.AllowsModel(m.Id) && filter.Takes(m, unixMs)
            && (filter.Statuses.Count > 0 || !m.Life.IsDeadAt(unixMs)));
        var shown = models.Select(m => (Model: m, Routes: Usable(m, caller, mayUse, unixMs))).Where(static m => m.Routes.Count > 0);
        return Replies.Json(
            new ModelListView("list", [.. shown.Select(m => ModelView.Of(m.Model, m.Routes, known, book, ratios, now))]), ProvidersJson.Default.ModelListView);
    }

    private static IResult GetModel(
        HttpContext context,
        string? id,
        [FromServices] ProviderDirectory directory,
        [FromServices] PriceBooks prices,
        [FromServices] CountingRatios ratios,
        [FromServices] TimeProvider time,
        [FromServices] MayUseRoute mayUse)
    {
        // Clients encode the whole id, and servers leave an encoded slash in a path as it is (it could mean something else there; not here).
        var name = (id ?? "").Replace("%2F", "/", StringComparison.OrdinalIgnoreCase);
        if (!context.GetCaller().Key!.AllowsModel(name))
        {
            return Replies.Fail(ModelNotAllowed.Instance);
        }

        var models = directory.Current.Models;
        var now = time.GetUtcNow();
        return models.Named(name) is { } model && Usable(model, context.GetCaller(), mayUse, now.ToUnixTimeMilliseconds()) is { Count: > 0 } routes
            ? Replies.Json(
                ModelView.Of(model, routes, models, prices.For(context.GetCaller().OrganisationId), ratios, now), ProvidersJson.Default.ModelView)
            : Replies.Fail(new ModelNotFound(name));
    }

    /// <summary>The routes of a model a caller's calls may take; a model without any is not shown.</summary>
    private static List<Route> Usable(KnownModel model, Caller caller, MayUseRoute mayUse, long unixMs) =>
        [.. model.Routes.Where(r => mayUse(caller, r, unixMs))];

    private static IResult Show(HttpContext context, ShowProvider show, Result<ProviderRow> row, int status = StatusCodes.Status200OK) => row.Failed
        ? Replies.Fail(row.Failure)
        : Replies.Json(show.View(context.GetCaller().OrganisationId, row.Value), ProvidersJson.Default.ProviderView, status, row.Value.ETag);
}

using AiOrchestrator.Core.Identity;
using AiOrchestrator.Core.Platform;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;

namespace AiOrchestrator.Core.Providers.Registry;

internal static class RegistryEndpoints
{
    private const string Json = "application/json";

    public static void Map(IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/control/v1/models").WithTags("Models").Requires(Permission.Administer);
        group.MapGet("", List).WithName("listKnownModels").WithSummary("All models that are known, with capabilities, limits and lifecycle, in order of id; those that have ended included")
            .Produces<Page<ModelLifeView>>().Fails(400);
        group.MapGet("/{**id}", Get).WithName("getKnownModel").WithSummary("One of them, by any of its names")
            .Produces<ModelLifeView>().Fails(404);
        group.MapPut("/{**id}", SetAsync).WithName("setModel").WithSummary("Say when a model ends, what takes its place, what else it is called and what it can do")
            .Accepts<ModelRequest>(Json).Produces<ModelLifeView>().Fails(400, 409, 412, 413);
        group.MapDelete("/{**id}", DeleteAsync).WithName("deleteModel").WithSummary("Take back what the organisation has said of a model")
            .Produces(StatusCodes.Status204NoContent).Fails(404, 409, 412);
        var policy = routes.MapGroup("/control/v1/model-policy").WithTags("Models").Requires(Permission.Administer);
        policy.MapGet("", GetPolicy).WithName("getModelPolicy").WithSummary("Who serves models that have ended and have no replacement")
            .Produces<ModelPolicyView>();
        policy.MapPut("", SetPolicyAsync).WithName("setModelPolicy").WithSummary("Name the organisation's default model, or none")
            .Accepts<ModelPolicyRequest>(Json).Produces<ModelPolicyView>().Fails(400, 409, 412, 413);
    }

    private static IResult List(
        HttpContext context,
        [FromServices] ProviderDirectory directory,
        [FromServices] TimeProvider time,
        [FromQuery(Name = "capability")] string[]? capability,
        [FromQuery(Name = "status")] string[]? status,
        [FromQuery(Name = "limit")] string? limit,
        [FromQuery(Name = "after")] string? after)
    {
        _ = (capability, status, limit, after);
        var now = time.GetUtcNow().ToUnixTimeMilliseconds();
        var models = directory.ModelsOf(context.GetCaller().OrganisationId);
        var query = new QueryReader(context.Request.Query);
        var filter = ModelFilter.Read(query);
        var count = query.Limit();
        var afterId = query.Text("after");
        if (query.Finish() is { } invalid)
        {
            return Replies.Fail(invalid);
        }

        List<KnownModel> found =
        [
            .. models.Models.Where(m => string.CompareOrdinal(m.Id, afterId) > 0 && m.IsShownAt(now) && filter.Takes(m, now)).Take(count + 1),
        ];
        return Replies.Json(
            new Page<ModelLifeView>([.. found.Take(count).Select(m => ModelLifeView.Of(m, models, now))], found.Count > count ? found[count - 1].Id : null),
            RegistryJson.Default.PageModelLifeView);
    }

    private static IResult Get(HttpContext context, string? id, [FromServices] ProviderDirectory directory, [FromServices] TimeProvider time)
    {
        var models = directory.ModelsOf(context.GetCaller().OrganisationId);
        return models.Named(NameOf(id)) is { } model
            ? Show(model, models, time, models.Own.Models.TryGetValue(model.Id, out var own) ? own.ETag : null)
            : Replies.Fail(new ModelWordNotFound());
    }

    private static async Task<IResult> SetAsync(
        HttpContext context, string? id, [FromServices] SetModel set, [FromServices] ProviderDirectory directory, [FromServices] TimeProvider time)
    {
        var body = await RequestBody.ReadAsync(context);
        if (body.Failed)
        {
            return Replies.Fail(body.Failure);
        }

        var organisationId = context.GetCaller().OrganisationId;
        var result = await set.ExecuteAsync(
            organisationId, NameOf(id), body.Value, etag => EntityTags.Allows(context.Request, etag), context.RequestAborted);
        return result.Failed ? Replies.Fail(result.Failure) : Show(result.Value.Model, directory.ModelsOf(organisationId), time, result.Value.ETag);
    }

    private static async Task<IResult> DeleteAsync(HttpContext context, string? id, [FromServices] DeleteModel delete) =>
        await delete.ExecuteAsync(
            context.GetCaller().OrganisationId, NameOf(id), etag => EntityTags.Allows(context.Request, etag), context.RequestAborted) is { } failure
            ? Replies.Fail(failure)
            : Results.NoContent();

    private static IResult GetPolicy(HttpContext context, [FromServices] ProviderDirectory directory, [FromServices] TimeProvider time) =>
        ShowPolicy(directory.ModelsOf(context.GetCaller().OrganisationId), time);

    private static async Task<IResult> SetPolicyAsync(HttpContext context, [FromServices] SetModelPolicy set, [FromServices] TimeProvider time)
    {
        var body = await RequestBody.ReadAsync(context);
        return body.Failed
            ? Replies.Fail(body.Failure)
            : ShowPolicy(
                await set.ExecuteAsync(
                    context.GetCaller().OrganisationId, body.Value, etag => EntityTags.Allows(context.Request, etag), context.RequestAborted),
                time);
    }

    /// <summary>Clients encode the whole id, and servers leave an encoded slash in a path as it is (it could mean something else there; not here).</summary>
    private static string NameOf(string? id) => (id ?? "").Replace("%2F", "/", StringComparison.OrdinalIgnoreCase);

    private static IResult Show(KnownModel model, ModelMap models, TimeProvider time, string? etag) => Replies.Json(
        ModelLifeView.Of(model, models, time.GetUtcNow().ToUnixTimeMilliseconds()), RegistryJson.Default.ModelLifeView, etag: etag);

    private static IResult ShowPolicy(Result<ModelMap> models, TimeProvider time) => models.Failed
        ? Replies.Fail(models.Failure)
        : Replies.Json(
            ModelPolicyView.Of(models.Value, time.GetUtcNow().ToUnixTimeMilliseconds()), RegistryJson.Default.ModelPolicyView, etag: models.Value.Own.PolicyTag);
}

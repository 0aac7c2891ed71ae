using AiOrchestrator.Core.Platform;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;

namespace AiOrchestrator.Core.Identity;

internal static class IdentityEndpoints
{
    private const string Root = "/control/v1/keys";
    private const string Json = "application/json";

    public static void Map(IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup(Root).WithTags("Keys").Requires(Permission.Administer);
        group.MapPost("", CreateAsync).WithName("createKey").WithSummary("Create an API key; its secret is shown this once")
            .Accepts<CreateKeyRequest>(Json).Produces<CreatedKeyView>(StatusCodes.Status201Created).Fails(400, 413);
        group.MapGet("", List).WithName("listKeys").WithSummary("List API keys in order of id, dead ones included")
            .Produces<Page<KeyView>>().Fails(400);
        group.MapGet("/{id}", Get).WithName("getKey").WithSummary("One API key")
            .Produces<KeyView>().Fails(404);
        group.MapPatch("/{id}", ChangeAsync).WithName("changeKey").WithSummary("Change an API key; holds for the next request")
            .Accepts<ChangeKeyRequest>(Json).Produces<KeyView>().Fails(400, 404, 409, 412, 413);
        group.MapPost("/{id}/rotate", RotateAsync).WithName("rotateKey").WithSummary("Give an API key a new secret, shown this once; the old one may stay valid for a while")
            .Accepts<RotateKeyRequest>(Json).Produces<CreatedKeyView>().Fails(400, 404, 409, 412, 413);
        group.MapDelete("/{id}", RevokeAsync).WithName("revokeKey").WithSummary("Revoke an API key; it stays listed")
            .Produces<KeyView>().Fails(404, 409, 412);
    }

    private static async Task<IResult> CreateAsync(HttpContext context, [FromServices] CreateKey create, [FromServices] TimeProvider time)
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

        context.Response.Headers.Location = $"{Root}/{result.Value.Entry.Key.Id}";
        return ShowSecret(context, result.Value, time, StatusCodes.Status201Created);
    }

    private static IResult List(
        HttpContext context,
        [FromServices] KeyDirectory keys,
        [FromServices] TimeProvider time,
        [FromQuery(Name = "limit")] string? limit,
        [FromQuery(Name = "after")] string? after)
    {
        _ = (limit, after);
        var now = time.GetUtcNow().ToUnixTimeMilliseconds();
        return Replies.Page(
            context,
            (afterId, count) => keys.List(context.GetCaller().OrganisationId, afterId, count),
            static k => k.Id,
            k => KeyView.Of(k, now),
            IdentityJson.Default.PageKeyView);
    }

    private static IResult Get(HttpContext context, string id, [FromServices] KeyDirectory keys, [FromServices] TimeProvider time) =>
        keys.Entry(context.GetCaller().OrganisationId, id) is { } entry ? Show(entry, time) : Replies.Fail(new KeyNotFound());

    private static async Task<IResult> ChangeAsync(
        HttpContext context, string id, [FromServices] ChangeKey change, [FromServices] TimeProvider time)
    {
        var body = await RequestBody.ReadAsync(context);
        if (body.Failed)
        {
            return Replies.Fail(body.Failure);
        }

        var result = await change.ExecuteAsync(
            context.GetCaller(), id, body.Value, etag => EntityTags.Allows(context.Request, etag), context.RequestAborted);
        return result.Failed ? Replies.Fail(result.Failure) : Show(result.Value, time);
    }

    private static async Task<IResult> RotateAsync(
        HttpContext context, string id, [FromServices] RotateKey rotate, [FromServices] TimeProvider time)
    {
        var body = await RequestBody.ReadAsync(context);
        if (body.Failed)
        {
            return Replies.Fail(body.Failure);
        }

        var result = await rotate.ExecuteAsync(
            context.GetCaller(), id, body.Value, etag => EntityTags.Allows(context.Request, etag), context.RequestAborted);
        return result.Failed ? Replies.Fail(result.Failure) : ShowSecret(context, result.Value, time, StatusCodes.Status200OK);
    }

    private static async Task<IResult> RevokeAsync(
        HttpContext context, string id, [FromServices] RevokeKey revoke, [FromServices] TimeProvider time)
    {
        var result = await revoke.ExecuteAsync(
            context.GetCaller(), id, etag => EntityTags.Allows(context.Request, etag), context.RequestAborted);
        return result.Failed ? Replies.Fail(result.Failure) : Show(result.Value, time);
    }

    private static IResult Show(KeyDirectory.KeyEntry entry, TimeProvider time) =>
        Replies.Json(KeyView.Of(entry.Key, time.GetUtcNow().ToUnixTimeMilliseconds()), IdentityJson.Default.KeyView, etag: entry.ETag);

    private static IResult ShowSecret(HttpContext context, CreatedKey created, TimeProvider time, int status)
    {
        context.Response.Headers.CacheControl = "no-store";
        return Replies.Json(
            CreatedKeyView.Of(created, time.GetUtcNow().ToUnixTimeMilliseconds()), IdentityJson.Default.CreatedKeyView, status, created.Entry.ETag);
    }
}

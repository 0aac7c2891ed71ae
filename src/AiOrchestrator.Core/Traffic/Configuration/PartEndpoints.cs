using System.Text.Json.Serialization.Metadata;
using AiOrchestrator.Core.Identity;
using AiOrchestrator.Core.Platform;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace AiOrchestrator.Core.Traffic.Configuration;

/// <summary>What reading a request for a thing of the configuration may look at.</summary>
/// <param name="Caller">Who asks; an administrator.</param>
/// <param name="Id">The id it has or gets.</param>
/// <param name="NowUnixMs">When, milliseconds since 1970.</param>
/// <param name="Services">What else there is to compare with.</param>
internal sealed record PartRequest(Caller Caller, string Id, long NowUnixMs, IServiceProvider Services)
{
    /// <summary>Whose it is.</summary>
    public string OrganisationId => Caller.OrganisationId;
}

/// <summary>How one kind of configuration is served: create, list, read, replace and delete under one path.</summary>
/// <typeparam name="TStored">As it is stored.</typeparam>
/// <typeparam name="TView">As it is shown.</typeparam>
internal sealed record PartRoutes<TStored, TView>
    where TStored : class
{
    /// <summary>The path: <c>/control/v1/chains</c>.</summary>
    public required string Root { get; init; }

    /// <summary>The group in the OpenAPI document: <c>Chains</c>.</summary>
    public required string Tag { get; init; }

    /// <summary>What one is called in operation ids: <c>Chain</c>.</summary>
    public required string One { get; init; }

    /// <summary>What one is in a sentence: <c>a chain of models</c>.</summary>
    public required string Words { get; init; }

    /// <summary>What new ids begin with: <c>chn</c>.</summary>
    public required string IdPrefix { get; init; }

    /// <summary>Reads the body of a request; notes problems in the reader, and then its result is not looked at. The second is what is to be replaced; null for a new one.</summary>
    public required Func<MemberReader, PartRequest, TStored?, TStored> Read { get; init; }

    /// <summary>What becomes of one that is there, given what it is by now and what was read; or why it may not be replaced. What was read, where nothing is said.</summary>
    public Func<TStored, TStored, Result<TStored>> Replace { get; init; } = static (_, next) => next;

    /// <summary>Why a caller may not make, replace or delete one; null where he may. Null for: whoever administers may.</summary>
    public Func<TStored, Caller, ApiFailure?>? Refuse { get; init; }

    /// <summary>Shows one.</summary>
    public required Func<TStored, TView> View { get; init; }

    /// <summary>The written form of one shown.</summary>
    public required JsonTypeInfo<TView> Type { get; init; }

    /// <summary>The written form of a page.</summary>
    public required JsonTypeInfo<Page<TView>> PageType { get; init; }
}

/// <summary>The endpoints of one kind of configuration.</summary>
internal static class PartEndpoints
{
    private const string Json = "application/json";

    /// <summary>Maps them; administrators only.</summary>
    /// <typeparam name="TStored">As it is stored.</typeparam>
    /// <typeparam name="TCompiled">What all come to.</typeparam>
    /// <typeparam name="TRequest">The body, for the OpenAPI document.</typeparam>
    /// <typeparam name="TView">As it is shown.</typeparam>
    public static void MapParts<TStored, TCompiled, TRequest, TView>(this IEndpointRouteBuilder routes, PartRoutes<TStored, TView> part)
        where TStored : class
        where TCompiled : class
        where TRequest : class
        where TView : class
    {
        var serve = new Served<TStored, TCompiled, TView>(part);
        var group = routes.MapGroup(part.Root).WithTags(part.Tag).Requires(Permission.Administer);
        group.MapPost("", (Delegate)serve.CreateAsync).WithName($"create{part.One}").WithSummary($"Make {part.Words}; holds for the next request")
            .Accepts<TRequest>(Json).Produces<TView>(StatusCodes.Status201Created).Fails(400, 413);
        group.MapGet("", serve.List).WithName($"list{part.One}s").WithSummary($"List them in order of id: {part.Words}")
            .Produces<Page<TView>>().Fails(400);
        group.MapGet("/{id}", serve.Get).WithName($"get{part.One}").WithSummary($"Read {part.Words}")
            .Produces<TView>().Fails(404);
        group.MapPut("/{id}", serve.ReplaceAsync).WithName($"replace{part.One}").WithSummary($"Replace {part.Words} as a whole; holds for the next request")
            .Accepts<TRequest>(Json).Produces<TView>().Fails(400, 404, 409, 412, 413);
        group.MapDelete("/{id}", serve.DeleteAsync).WithName($"delete{part.One}").WithSummary($"Delete {part.Words}")
            .Produces(StatusCodes.Status204NoContent).Fails(404, 409, 412);
    }

    private sealed class Served<TStored, TCompiled, TView>(PartRoutes<TStored, TView> part)
        where TStored : class
        where TCompiled : class
        where TView : class
    {
        public async Task<IResult> CreateAsync(HttpContext context)
        {
            var body = await RequestBody.ReadAsync(context);
            if (body.Failed)
            {
                return Replies.Fail(body.Failure);
            }

            var id = context.RequestServices.GetRequiredService<IdSource>().NewId(part.IdPrefix);
            var value = part.Read(body.Value, Request(context, id), null);
            if ((body.Value.Finish() ?? part.Refuse?.Invoke(value, context.GetCaller())) is { } refused)
            {
                return Replies.Fail(refused);
            }

            var created = await Directory(context).CreateAsync(context.GetCaller().OrganisationId, value, context.RequestAborted);
            if (!created.Failed)
            {
                context.Response.Headers.Location = $"{part.Root}/{id}";
            }

            return Show(created, StatusCodes.Status201Created);
        }

        public IResult List(HttpContext context, [FromQuery(Name = "limit")] string? limit, [FromQuery(Name = "after")] string? after)
        {
            _ = (limit, after);
            var organisationId = context.GetCaller().OrganisationId;
            var directory = Directory(context);
            var kind = context.RequestServices.GetRequiredService<PartKind<TStored, TCompiled>>();
            return Replies.Page(context, (afterId, count) => directory.List(organisationId, afterId, count), p => kind.Id(p.Value), p => part.View(p.Value), part.PageType);
        }

        public IResult Get(HttpContext context, string id) => Show(
            Directory(context).Find(context.GetCaller().OrganisationId, id) is { } found ? found : NotFound(context), StatusCodes.Status200OK);

        public async Task<IResult> ReplaceAsync(HttpContext context, string id)
        {
            var body = await RequestBody.ReadAsync(context);
            if (body.Failed)
            {
                return Replies.Fail(body.Failure);
            }

            var directory = Directory(context);
            var organisationId = context.GetCaller().OrganisationId;
            if (directory.Find(organisationId, id) is not { } before)
            {
                return Replies.Fail(NotFound(context));
            }

            var value = part.Read(body.Value, Request(context, id), before.Value);
            return (body.Value.Finish() ?? part.Refuse?.Invoke(value, context.GetCaller())) is { } refused
                ? Replies.Fail(refused)
                : Show(
                    await directory.ReplaceAsync(
                        organisationId,
                        id,
                        now => part.Refuse?.Invoke(now, context.GetCaller()) is { } kept ? kept : part.Replace(now, value),
                        etag => EntityTags.Allows(context.Request, etag),
                        context.RequestAborted),
                    StatusCodes.Status200OK);
        }

        public async Task<IResult> DeleteAsync(HttpContext context, string id) =>
            await Directory(context).DeleteAsync(
                context.GetCaller().OrganisationId,
                id,
                etag => EntityTags.Allows(context.Request, etag),
                context.RequestAborted,
                now => part.Refuse?.Invoke(now, context.GetCaller())) is { } failure
                ? Replies.Fail(failure)
                : Results.NoContent();

        private static PartDirectory<TStored, TCompiled> Directory(HttpContext context) =>
            context.RequestServices.GetRequiredService<PartDirectory<TStored, TCompiled>>();

        private static ApiFailure NotFound(HttpContext context) => context.RequestServices.GetRequiredService<PartKind<TStored, TCompiled>>().NotFound();

        private static PartRequest Request(HttpContext context, string id) => new(
            context.GetCaller(), id, context.RequestServices.GetRequiredService<TimeProvider>().GetUtcNow().ToUnixTimeMilliseconds(), context.RequestServices);

        private IResult Show(Result<Part<TStored>> result, int status) => result.Failed
            ? Replies.Fail(result.Failure)
            : Replies.Json(part.View(result.Value.Value), part.Type, status, result.Value.ETag);
    }
}

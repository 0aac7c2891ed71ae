using AiOrchestrator.Core.Identity;
using AiOrchestrator.Core.Platform;
using AiOrchestrator.Core.Traffic.Chains;
using AiOrchestrator.Core.Traffic.Configuration;
using AiOrchestrator.Core.Traffic.Facts;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;

namespace AiOrchestrator.Core.Traffic.Categories;

/// <summary>The body of <c>PUT /control/v1/categories/{id}</c>: one of the two.</summary>
/// <param name="Entries">1 to 20 models, in order.</param>
/// <param name="Chain">The id or name of a chain.</param>
public sealed record CategoryRequest(IReadOnlyList<ChainEntry>? Entries = null, string? Chain = null);

/// <summary>What serves a category, as the control API shows it.</summary>
/// <param name="Category">The category.</param>
/// <param name="Origin"><c>own</c> where the organisation has put it there, else <c>shipped</c>.</param>
/// <param name="Chain">The id of the chain the models are of; null where they stand for themselves.</param>
/// <param name="Entries">The models, in order.</param>
/// <param name="UpdatedAt">RFC 3339; null of what ships.</param>
public sealed record CategoryView(string Category, string Origin, string? Chain, IReadOnlyList<ChainEntry> Entries, string? UpdatedAt);

internal static class CategoryEndpoints
{
    private const string Json = "application/json";

    public static void Map(IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/control/v1/categories").WithTags("Categories").Requires(Permission.Administer);
        group.MapGet("", List).WithName("listCategories").WithSummary("Which models serve which category of work: the organisation's own, else what ships")
            .Produces<Page<CategoryView>>();
        group.MapGet("/{id}", Get).WithName("getCategory").WithSummary("Which models serve one category")
            .Produces<CategoryView>().Fails(404);
        group.MapPut("/{id}", ReplaceAsync).WithName("replaceCategory").WithSummary("Put models or a chain in the place of what serves a category; holds for the next request")
            .Accepts<CategoryRequest>(Json).Produces<CategoryView>().Fails(400, 404, 409, 412, 413);
        group.MapDelete("/{id}", DeleteAsync).WithName("deleteCategory").WithSummary("Bring back what ships for a category")
            .Produces(StatusCodes.Status204NoContent).Fails(404, 409, 412);
    }

    private static IResult List(HttpContext context, [FromServices] CategoryTable table, [FromServices] PartDirectory<StoredCategory, CategorySet> own) => Replies.Json(
        new Page<CategoryView>([.. Enum.GetValues<TaskCategory>().Select(c => View(context, c, table, own))], null), CategoriesJson.Default.PageCategoryView);

    private static IResult Get(HttpContext context, string id, [FromServices] CategoryTable table, [FromServices] PartDirectory<StoredCategory, CategorySet> own) =>
        TaskCategories.Parse(id) is { } category ? Show(context, category, table, own) : Replies.Fail(new CategoryNotFound());

    private static async Task<IResult> ReplaceAsync(
        HttpContext context,
        string id,
        [FromServices] CategoryTable table,
        [FromServices] PartDirectory<StoredCategory, CategorySet> own,
        [FromServices] PartDirectory<StoredChain, ChainSet> chains,
        [FromServices] TimeProvider time)
    {
        var body = await RequestBody.ReadAsync(context);
        if (body.Failed)
        {
            return Replies.Fail(body.Failure);
        }

        var organisationId = context.GetCaller().OrganisationId;
        var (entries, chain) = Read(body.Value, chains.For(organisationId));
        if (body.Value.Finish() is { } invalid)
        {
            return Replies.Fail(invalid);
        }

        if (TaskCategories.Parse(id) is not { } category)
        {
            return Replies.Fail(new CategoryNotFound());
        }

        var value = new StoredCategory(category.Word(), entries, chain, time.GetUtcNow().ToUnixTimeMilliseconds());
        var put = await own.PutAsync(organisationId, value.Id, value, etag => EntityTags.Allows(context.Request, etag), context.RequestAborted);
        return put.Failed ? Replies.Fail(put.Failure) : Show(context, category, table, own);
    }

    private static async Task<IResult> DeleteAsync(HttpContext context, string id, [FromServices] PartDirectory<StoredCategory, CategorySet> own) =>
        TaskCategories.Parse(id) is not { } category ? Replies.Fail(new CategoryNotFound())
        : await own.DeleteAsync(
            context.GetCaller().OrganisationId, category.Word(), etag => EntityTags.Allows(context.Request, etag), context.RequestAborted) is { } failure
            ? Replies.Fail(failure)
            : Results.NoContent();

    private static (IReadOnlyList<ChainEntry>? Entries, string? Chain) Read(MemberReader body, ChainSet chains)
    {
        var chain = body.Text("chain", 100);
        var hasEntries = body.Raw("entries") is not null;
        if (chain is not null && chains.Find(chain) is null)
        {
            body.Problem("chain", "is neither the id nor the name of a chain");
        }

        if (hasEntries && chain is not null)
        {
            body.Problem("chain", "cannot stand beside 'entries'");
        }

        if (!hasEntries && chain is null && !body.HasProblems)
        {
            body.Problem("entries", "or 'chain' is required");
        }

        return hasEntries ? (ChainEndpoints.ReadEntries(body), null) : (null, chain);
    }

    private static IResult Show(HttpContext context, TaskCategory category, CategoryTable table, PartDirectory<StoredCategory, CategorySet> own) => Replies.Json(
        View(context, category, table, own), CategoriesJson.Default.CategoryView, etag: own.Find(context.GetCaller().OrganisationId, category.Word())?.ETag);

    private static CategoryView View(HttpContext context, TaskCategory category, CategoryTable table, PartDirectory<StoredCategory, CategorySet> own)
    {
        var organisationId = context.GetCaller().OrganisationId;
        var found = table.For(organisationId, category);
        return new CategoryView(
            category.Word(),
            found.IsOwn ? "own" : "shipped",
            found.Chain?.Id,
            found.Entries,
            found.IsOwn && own.For(organisationId).Own(category) is { } stored ? Rfc3339.Format(stored.UpdatedUnixMs) : null);
    }
}

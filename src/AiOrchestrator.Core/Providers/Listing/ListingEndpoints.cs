using AiOrchestrator.Core.Identity;
using AiOrchestrator.Core.Platform;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;

namespace AiOrchestrator.Core.Providers.Listing;

internal static class ListingEndpoints
{
    public static void Map(IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/control/v1/providers/{id}/sync").WithTags("Providers").Requires(Permission.Administer);
        group.MapPost("", SyncAsync).WithName("syncProviderModels").WithSummary("Read a provider's own list of models, and say what is new and what is gone")
            .Accepts<SyncRequest>(isOptional: true, "application/json").Produces<ModelSyncView>().Fails(400, 404, 409, 413, 502);
        group.MapGet("", ShowAsync).WithName("getProviderModels").WithSummary("A provider's own list of models as it was last read")
            .Produces<ModelSyncView>().Fails(404);
    }

    private static async Task<IResult> SyncAsync(HttpContext context, string id, [FromServices] ProviderDirectory directory, [FromServices] SyncModels sync)
    {
        var body = await RequestBody.ReadOptionalAsync(context);
        if (body.Failed)
        {
            return Replies.Fail(body.Failure);
        }

        if (body.Value.Finish() is { } invalid)
        {
            return Replies.Fail(invalid);
        }

        if (directory.Rows.FirstOrDefault(r => r.Config.Id == id) is not { } row)
        {
            return Replies.Fail(new ProviderNotFound());
        }

        var synced = await sync.ExecuteAsync(context.GetCaller().OrganisationId, row, context.RequestAborted);
        return synced.Failed ? Replies.Fail(synced.Failure) : Replies.Json(synced.Value, ListingJson.Default.ModelSyncView);
    }

    private static async Task<IResult> ShowAsync(HttpContext context, string id, [FromServices] ProviderDirectory directory, [FromServices] SyncModels sync) =>
        directory.Rows.Any(r => r.Config.Id == id) && await sync.ShowAsync(context.GetCaller().OrganisationId, id, context.RequestAborted) is { } view
            ? Replies.Json(view, ListingJson.Default.ModelSyncView)
            : Replies.Fail(new ModelListNotFound());
}

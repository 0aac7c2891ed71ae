using AiOrchestrator.Core.Identity;
using AiOrchestrator.Core.Platform;
using AiOrchestrator.Core.Providers;
using AiOrchestrator.Core.Traffic.Utilisation;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;

namespace AiOrchestrator.Core.Traffic.Queueing;

internal static class QueueEndpoints
{
    private const string Tag = "Queue";

    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/v1/queue", List).WithTags(Tag).WithName("listQueuedCalls").WithSummary("Calls that wait for a provider, in order of their arrival")
            .Requires(Permission.ReadUsage).Produces<Page<QueuedCallView>>().Fails(400);
        routes.MapDelete("/v1/queue/{id}", Cancel).WithTags(Tag).WithName("cancelQueuedCall").WithSummary("Take a call out of the queue; it is never sent")
            .Requires(Permission.ReadUsage).Produces(StatusCodes.Status204NoContent).Fails(404);
        routes.MapGet("/control/v1/queue", ListProvidersAsync).WithTags(Tag).WithName("listQueues").WithSummary("How many calls wait for each provider, and how long")
            .Requires(Permission.Administer).Produces<Page<ProviderQueueView>>();
    }

    private static IResult List(
        HttpContext context,
        [FromServices] ProviderQueues queues,
        [FromQuery(Name = "limit")] string? limit,
        [FromQuery(Name = "after")] string? after)
    {
        _ = (limit, after);
        var caller = context.GetCaller();
        return Replies.Page<QueuedCallView, QueuedCallView>(
            context,
            (afterId, count) =>
            [
                .. queues.Look(caller.OrganisationId).SelectMany(QueuedCallView.Of)
                    .Where(c => (caller.SeesAll || c.KeyId == caller.Key!.Id) && string.CompareOrdinal(c.Id, afterId) > 0)
                    .OrderBy(static c => c.Id, StringComparer.Ordinal)
                    .Take(count),
            ],
            static c => c.Id,
            static c => c,
            QueueJson.Default.PageQueuedCallView);
    }

    private static IResult Cancel(HttpContext context, string id, [FromServices] ProviderQueues queues)
    {
        // Whoever administers cancels any call; everybody else their own.
        var caller = context.GetCaller();
        return queues.Cancel(caller.OrganisationId, id, caller.Administers ? null : caller.Key!.Id) ? Results.NoContent() : Replies.Fail(new QueuedCallNotFound());
    }

    private static async Task<IResult> ListProvidersAsync(
        HttpContext context, [FromServices] ProviderQueues queues, [FromServices] ProviderDirectory providers, [FromServices] ShowUtilisation show)
    {
        var organisationId = context.GetCaller().OrganisationId;
        var lines = queues.Look(organisationId).ToDictionary(static l => l.Id.ProviderId, StringComparer.Ordinal);
        var used = await show.ExecuteAsync(organisationId, providers.Current, context.RequestAborted);
        var inService = used.Select(u => ProviderQueueView.Of(u.Provider, lines.GetValueOrDefault(u.Provider), u.Utilisation));

        // Calls that came while their provider was in service wait for it though it is not any more.
        var gone = lines.Values.Where(l => l.Calls.Count > 0 && used.All(u => u.Provider != l.Id.ProviderId)).Select(static l => ProviderQueueView.Of(l.Id.ProviderId, l, 0));
        return Replies.Json(
            new Page<ProviderQueueView>([.. inService.Concat(gone).OrderBy(static q => q.Provider, StringComparer.Ordinal)], Next: null),
            QueueJson.Default.PageProviderQueueView);
    }
}

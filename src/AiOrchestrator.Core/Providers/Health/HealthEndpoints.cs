using AiOrchestrator.Core.Identity;
using AiOrchestrator.Core.Platform;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;

namespace AiOrchestrator.Core.Providers.Health;

internal static class HealthEndpoints
{
    private const int MaxChangeIdLength = 64;

    public static void Map(IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/control/v1").WithTags("Providers").Requires(Permission.Administer);
        group.MapGet("/health/providers", ListAsync).WithName("listProviderHealth").WithSummary("How the providers in service are, in order of id")
            .Produces<Page<ProviderHealthView>>().Fails(400);
        group.MapGet("/providers/{id}/health", GetAsync).WithName("getProviderHealth").WithSummary("How a provider in service is, and its models")
            .Produces<ProviderHealthView>().Fails(404);
        group.MapGet("/providers/{id}/health/history", HistoryAsync).WithName("listProviderHealthChanges").WithSummary("What changed about a provider's health, newest first")
            .Produces<Page<HealthChangeView>>().Fails(400, 404);
        group.MapPost("/providers/{id}/probe", ProbeAsync).WithName("probeProvider").WithSummary("Probe a provider now, as its row has it")
            .Accepts<ProbeRequest>(isOptional: true, "application/json").Produces<ProviderHealthView>().Fails(400, 404, 413);
    }

    private static async Task<IResult> ListAsync(
        HttpContext context,
        [FromServices] ProviderDirectory directory,
        [FromServices] ShowHealth show,
        [FromQuery(Name = "limit")] string? limit,
        [FromQuery(Name = "after")] string? after)
    {
        _ = (limit, after);
        var query = new QueryReader(context.Request.Query);
        var count = query.Limit();
        var afterId = query.Text("after");
        if (query.Finish() is { } invalid)
        {
            return Replies.Fail(invalid);
        }

        var ids = directory.Current.Providers.Select(static p => p.Id).Where(id => string.CompareOrdinal(id, afterId) > 0).Order(StringComparer.Ordinal).Take(count + 1).ToList();
        var views = new List<ProviderHealthView>();
        foreach (var id in ids.Take(count))
        {
            if (await show.ExecuteAsync(context.GetCaller().OrganisationId, id, context.RequestAborted) is { } view)
            {
                views.Add(view);
            }
        }

        return Replies.Json(new Page<ProviderHealthView>(views, ids.Count > count ? ids[count - 1] : null), HealthJson.Default.PageProviderHealthView);
    }

    private static async Task<IResult> GetAsync(HttpContext context, string id, [FromServices] ShowHealth show) =>
        await show.ExecuteAsync(context.GetCaller().OrganisationId, id, context.RequestAborted) is { } view
            ? Replies.Json(view, HealthJson.Default.ProviderHealthView)
            : Replies.Fail(new ProviderNotInService());

    private static async Task<IResult> HistoryAsync(
        HttpContext context,
        string id,
        [FromServices] ProviderDirectory directory,
        [FromServices] HealthLog log,
        [FromQuery(Name = "limit")] string? limit,
        [FromQuery(Name = "after")] string? after)
    {
        _ = (limit, after);
        var query = new QueryReader(context.Request.Query);
        var count = query.Limit();
        var afterId = query.Text("after");
        if (afterId?.Length > MaxChangeIdLength)
        {
            query.Problem("after", "names no change");
        }

        if (query.Finish() is { } invalid)
        {
            return Replies.Fail(invalid);
        }

        if (!directory.Rows.Any(r => r.Config.Id == id))
        {
            return Replies.Fail(new ProviderNotFound());
        }

        var (changes, next) = await log.ChangesAsync(context.GetCaller().OrganisationId, id, afterId, count, context.RequestAborted);
        return Replies.Json(new Page<HealthChangeView>([.. changes.Select(HealthChangeView.Of)], next), HealthJson.Default.PageHealthChangeView);
    }

    private static async Task<IResult> ProbeAsync(HttpContext context, string id, [FromServices] HealthMonitor monitor, [FromServices] ShowHealth show)
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

        await monitor.ProbeNowAsync(id, context.RequestAborted);
        return await GetAsync(context, id, show);
    }
}

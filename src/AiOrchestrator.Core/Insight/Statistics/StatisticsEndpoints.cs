using AiOrchestrator.Core.Identity;
using AiOrchestrator.Core.Platform;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;

namespace AiOrchestrator.Core.Insight.Statistics;

internal static class StatisticsEndpoints
{
    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/v1/models/statistics", QueryAsync).WithTags("Models").Requires(Permission.ReadUsage)
            .WithName("getModelStatistics").WithSummary("How calls to models went: success, latency, errors; for whoever sees all of the organisation")
            .Produces<ModelStatisticsListView>().Fails(400);
        routes.MapGet("/v1/cache/stats", QueryCacheAsync).WithTags("Cache").Requires(Permission.ReadUsage)
            .WithName("getCacheStatistics").WithSummary("What answers that were given again have saved; for whoever sees all of the organisation")
            .Produces<CacheStatisticsView>().Fails(400);
    }

    private static async Task<IResult> QueryCacheAsync(
        HttpContext context,
        [FromServices] QueryCacheStatistics statistics,
        [FromQuery(Name = "window")] string? window,
        [FromQuery(Name = "model")] string? model)
    {
        _ = (window, model);
        var answer = await statistics.ExecuteAsync(context.GetCaller(), new QueryReader(context.Request.Query), context.RequestAborted);
        return answer.Failed ? Replies.Fail(answer.Failure) : Replies.Json(answer.Value, StatisticsJson.Default.CacheStatisticsView);
    }

    private static async Task<IResult> QueryAsync(
        HttpContext context,
        [FromServices] QueryStatistics statistics,
        [FromQuery(Name = "window")] string? window,
        [FromQuery(Name = "provider")] string? provider,
        [FromQuery(Name = "model")] string? model)
    {
        _ = (window, provider, model);
        var answer = await statistics.ExecuteAsync(context.GetCaller(), new QueryReader(context.Request.Query), context.RequestAborted);
        return answer.Failed ? Replies.Fail(answer.Failure) : Replies.Json(answer.Value, StatisticsJson.Default.ModelStatisticsListView);
    }
}

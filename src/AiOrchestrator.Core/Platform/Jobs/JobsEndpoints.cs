using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;

namespace AiOrchestrator.Core.Platform.Jobs;

/// <summary>A job and how far it got.</summary>
/// <param name="Name">The job.</param>
/// <param name="EveryS">The length of its periods, seconds.</param>
/// <param name="Status"><c>never_run</c>, <c>running</c>, <c>failed</c> (tried again within a minute) or <c>done</c>.</param>
/// <param name="Period">When the period it was last begun for began, RFC 3339; or null.</param>
/// <param name="StartedAt">When it was last begun, RFC 3339; or null.</param>
/// <param name="EndedAt">When that ended, RFC 3339; null while it runs.</param>
/// <param name="Failures">How often in a row it has failed.</param>
public sealed record JobView(string Name, long EveryS, string Status, string? Period, string? StartedAt, string? EndedAt, int Failures)
{
    internal static JobView Of(Job job, StoredJob? stored) => new(
        job.Name,
        (long)job.Every.TotalSeconds,
        stored switch
        {
            null => "never_run",
            { Done: true } => "done",
            { EndedUnixMs: null } => "running",
            _ => "failed",
        },
        Rfc3339.Format(stored?.Period * (long)job.Every.TotalMilliseconds),
        Rfc3339.Format(stored?.StartedUnixMs),
        Rfc3339.Format(stored?.EndedUnixMs),
        stored?.Failures ?? 0);
}

internal static class JobsEndpoints
{
    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapGet("/control/v1/jobs", ListAsync)
            .WithTags("Platform").WithName("listJobs").WithSummary("What is due by the clock, and how far each job got")
            .Produces<Page<JobView>>();

    private static async Task<IResult> ListAsync(HttpContext context, [FromServices] JobRunner runner)
    {
        var views = new List<JobView>(runner.Jobs.Count);
        foreach (var job in runner.Jobs)
        {
            views.Add(JobView.Of(job, await runner.FindAsync(job, context.RequestAborted)));
        }

        return Replies.Json(new Page<JobView>(views, Next: null), JobsJson.Default.PageJobView);
    }
}

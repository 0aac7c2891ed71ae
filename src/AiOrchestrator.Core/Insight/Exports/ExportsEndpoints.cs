using AiOrchestrator.Core.Identity;
using AiOrchestrator.Core.Platform;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;

namespace AiOrchestrator.Core.Insight.Exports;

/// <summary>The answer of <c>GET /control/v1/exports</c>.</summary>
/// <param name="Data">In order of name.</param>
public sealed record ExportsView(IReadOnlyList<ExportView> Data);

/// <summary>One export.</summary>
/// <param name="Name">To read it by: <c>chargeback/2026-11-24.csv</c>.</param>
/// <param name="SizeBytes">Its length.</param>
/// <param name="WrittenAt">RFC 3339.</param>
public sealed record ExportView(string Name, long SizeBytes, string WrittenAt);

internal static class ExportsEndpoints
{
    public static void Map(IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/control/v1/exports").WithTags("Usage").Requires(Permission.Administer);
        group.MapGet("", ListAsync).WithName("listExports").WithSummary("What was exported on a schedule (option ChargebackExport)")
            .Produces<ExportsView>();
        group.MapGet("/{**id}", ReadAsync).WithName("readExport").WithSummary("One export")
            .Produces<string>(StatusCodes.Status200OK, "text/csv").Fails(404);
    }

    private static async Task<IResult> ListAsync(HttpContext context, [FromServices] IBlobStore blobs)
    {
        var root = ScheduledExports.Root(context.GetCaller().OrganisationId);
        var found = new List<ExportView>();
        await foreach (var blob in blobs.ListAsync(root, context.RequestAborted))
        {
            found.Add(new ExportView(blob.Name[root.Length..], blob.SizeBytes, Rfc3339.Format(blob.ChangedUnixMs)));
        }

        return Replies.Json(new ExportsView(found), InsightJson.Default.ExportsView);
    }

    private static async Task<IResult> ReadAsync(HttpContext context, string id, [FromServices] IBlobStore blobs)
    {
        // A name cannot climb out of the organisation's root: it has no segment that begins with a dot.
        var name = ScheduledExports.Root(context.GetCaller().OrganisationId) + id;
        return BlobName.IsValid(name) && await blobs.OpenAsync(name, context.RequestAborted) is { } content
            ? Results.Stream(content, "text/csv; charset=utf-8", Path.GetFileName(id))
            : Replies.Fail(new ExportNotFound());
    }
}

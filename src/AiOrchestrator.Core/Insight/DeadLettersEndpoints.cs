using AiOrchestrator.Core.Identity;
using AiOrchestrator.Core.Platform;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;

namespace AiOrchestrator.Core.Insight;

/// <summary>The answer of <c>GET /control/v1/dead-letters</c>.</summary>
/// <param name="Data">In order of name, at most the first 1000.</param>
public sealed record DeadLettersView(IReadOnlyList<DeadLetterView> Data);

/// <summary>A usage event that could not be stored; what it says is read in the blob store, by those who run the deployment.</summary>
/// <param name="Name">Day, partition and number: <c>2026-11-24/3-1044.json</c>; below <c>retry/</c> those that are tried again every minute.</param>
/// <param name="SizeBytes">Its length.</param>
/// <param name="WrittenAt">RFC 3339.</param>
public sealed record DeadLetterView(string Name, long SizeBytes, string WrittenAt);

/// <summary>The body of <c>POST /control/v1/dead-letters/replay</c>.</summary>
/// <param name="Prefix">How the names of those wanted begin: a day, <c>retry/</c>; all when it is left out.</param>
public sealed record ReplayDeadLettersRequest(string? Prefix = null);

/// <summary>The answer of <c>POST /control/v1/dead-letters/replay</c>.</summary>
/// <param name="Stored">Taken in, and deleted.</param>
/// <param name="Poison">Still unusable: they stay.</param>
/// <param name="Postponed">Not stored yet: they stay, and are tried again.</param>
public sealed record ReplayView(int Stored, int Poison, int Postponed);

internal static class DeadLettersEndpoints
{
    private const int MostListed = 1000;
    private const int MaxPrefixLength = 200;

    public static void Map(IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/control/v1/dead-letters").WithTags("Usage").Requires(Permission.Administer);
        group.MapGet("", ListAsync).WithName("listDeadLetters").WithSummary("Usage events that could not be stored")
            .Produces<DeadLettersView>();
        group.MapPost("/replay", ReplayAsync).WithName("replayDeadLetters").WithSummary("Store them, once what kept them from it is mended")
            .Accepts<ReplayDeadLettersRequest>("application/json").Produces<ReplayView>().Fails(400, 413);
    }

    private static async Task<IResult> ListAsync(HttpContext context, [FromServices] IBlobStore blobs)
    {
        var found = new List<DeadLetterView>();
        await foreach (var blob in blobs.ListAsync(DeadLetter.Prefix, context.RequestAborted))
        {
            found.Add(new DeadLetterView(blob.Name[DeadLetter.Prefix.Length..], blob.SizeBytes, Rfc3339.Format(blob.ChangedUnixMs)));
            if (found.Count == MostListed)
            {
                break;
            }
        }

        return Replies.Json(new DeadLettersView(found), InsightJson.Default.DeadLettersView);
    }

    private static async Task<IResult> ReplayAsync(HttpContext context, [FromServices] ReplayDeadLetters? replay)
    {
        var body = await RequestBody.ReadAsync(context);
        if (body.Failed)
        {
            return Replies.Fail(body.Failure);
        }

        var prefix = DeadLetter.Prefix + body.Value.Text("prefix", MaxPrefixLength);
        if (!BlobName.IsPrefix(prefix))
        {
            body.Value.Problem("prefix", "no dead letter's name begins so");
        }

        if (body.Value.Finish() is { } invalid)
        {
            return Replies.Fail(invalid);
        }

        // A head whose stream is read where it is written has no dead letters.
        var result = replay is null ? default : await replay.ExecuteAsync(prefix, context.RequestAborted);
        return Replies.Json(new ReplayView(result.Stored, result.Poison, result.Postponed), InsightJson.Default.ReplayView);
    }
}

using AiOrchestrator.Core.Identity;
using AiOrchestrator.Core.Platform;
using AiOrchestrator.Core.Providers;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;

namespace AiOrchestrator.Core.Gateway.Videos;

/// <summary>OpenAI's videos: two calls that begin a job, and what is asked about one.</summary>
internal static class VideosEndpoints
{
    public static void Map(IEndpointRouteBuilder routes, Pipeline pipeline)
    {
        var group = routes.MapGroup("/v1/videos").WithTags("Data plane").Requires(Permission.CallModels);
        group.MapPost("", GatewayEndpoints.Run(pipeline, ModelCall.Videos))
            .Accepts<VideoRequest>("multipart/form-data", "application/json").Produces<Video>().Refuses()
            .WithName("createVideo").WithSummary("Begins to film; GET /v1/videos/{id} says how far it is.")
            .WithDescription("OpenAI's videos. Members not listed here pass through to the provider and back untouched.");
        group.MapPost("/{id}/remix", (HttpContext context, string id, [FromServices] VideoBook book) => RemixAsync(context, id, book, pipeline))
            .Accepts<VideoRemixRequest>("application/json", "multipart/form-data").Produces<Video>().Refuses()
            .WithName("remixVideo").WithSummary("Begins to film a video anew, with another prompt.");
        group.MapGet("", ListAsync).WithName("listVideos").WithSummary("The videos this key has begun, newest first, as they were seen last")
            .Produces<VideoList>().Fails(400);
        group.MapGet("/{id}", GetAsync).WithName("getVideo").WithSummary("How far one of them is").Produces<Video>().Fails(404, 502, 503, 504);
        group.MapGet("/{id}/content", ContentAsync).WithName("getVideoContent").WithSummary("The finished video, relayed as it arrives")
            .Produces(StatusCodes.Status200OK, contentType: "video/mp4").Fails(400, 404, 502, 503, 504);
        group.MapDelete("/{id}", DeleteAsync).WithName("deleteVideo").WithSummary("Deletes it at its provider and here")
            .Produces<VideoDeleted>().Fails(404, 502, 503, 504);
    }

    private static async Task RemixAsync(HttpContext context, string id, VideoBook book, Pipeline pipeline)
    {
        // Whoever calls models is served on the thread of its socket, where a store must not be waited for.
        await Task.Yield();
        if ((await book.FindAsync(context.GetCaller(), id, context.RequestAborted)).Job is { } source)
        {
            await pipeline.RunAsync(context, ModelCall.VideoRemixes, source);
        }
        else
        {
            await ErrorWriter.WriteAsync(context, new VideoNotFound());
        }
    }

    private static async Task<IResult> ListAsync(
        HttpContext context,
        [FromServices] VideoBook book,
        [FromQuery(Name = "limit")] string? limit,
        [FromQuery(Name = "after")] string? after,
        [FromQuery(Name = "order")] string? order)
    {
        // Declared for the OpenAPI document; read by hand, so that a wrong one is told in the envelope.
        _ = (limit, after, order);
        await Task.Yield();
        var parameters = new QueryReader(context.Request.Query);
        var asked = PageAsked.Read(parameters);
        if (parameters.Finish() is { } invalid)
        {
            return Replies.Fail(invalid);
        }

        var page = ObjectPage<VideoJob>.Of(await book.ListAsync(context.GetCaller(), context.RequestAborted), asked, static j => j.Id);
        return Replies.Json(
            new VideoList("list", [.. page.Items.Select(static j => j.Answer)], page.FirstId, page.LastId, page.HasMore),
            VideosJson.Default.VideoList);
    }

    private static Task<IResult> GetAsync(HttpContext context, string id, [FromServices] VideoBook book, [FromServices] LookAtVideo look) =>
        OfAsync(context, id, book, async (job, etag) =>
        {
            var seen = await look.ExecuteAsync(job, etag, context.RequestAborted);
            return seen.Failed ? Replies.Fail(seen.Failure) : Replies.Json(seen.Value.Answer, VideosJson.Default.JsonElement);
        });

    private static Task<IResult> DeleteAsync(HttpContext context, string id, [FromServices] VideoBook book, [FromServices] DeleteVideo delete) =>
        OfAsync(context, id, book, async (job, etag) => await delete.ExecuteAsync(job, etag, context.RequestAborted) is { } failure
            ? Replies.Fail(failure)
            : Replies.Json(new VideoDeleted(job.Id, "video.deleted", Deleted: true), VideosJson.Default.VideoDeleted));

    private static Task<IResult> ContentAsync(
        HttpContext context, string id, [FromServices] VideoBook book, [FromServices] AskProvider provider, [FromQuery(Name = "variant")] string? variant)
    {
        _ = variant;
        var parameters = new QueryReader(context.Request.Query);
        var asked = parameters.Text("variant");
        if (asked is not (null or "video" or "thumbnail" or "spritesheet"))
        {
            parameters.Problem("variant", "must be video, thumbnail or spritesheet");
        }

        return parameters.Finish() is { } invalid ? Task.FromResult(Replies.Fail(invalid)) : OfAsync(context, id, book, async (job, _) =>
        {
            var sent = await provider.SendAsync(job.Ask(HttpMethod.Get, asked is null ? "/content" : $"/content?variant={asked}"), context.RequestAborted);
            return sent.Failed ? Replies.Fail(sent.Failure) : new Download(sent.Value);
        });
    }

    private static async Task<IResult> OfAsync(HttpContext context, string id, VideoBook book, Func<VideoJob, string, Task<IResult>> answer)
    {
        await Task.Yield();
        var (job, etag) = await book.FindAsync(context.GetCaller(), id, context.RequestAborted);
        return job is null ? Replies.Fail(new VideoNotFound()) : await answer(job, etag!);
    }
}

using AiOrchestrator.Core.Identity;
using AiOrchestrator.Core.Platform;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Logging;

namespace AiOrchestrator.Core.Gateway.Batches;

/// <summary>OpenAI's files, as far as batches need them.</summary>
internal static class FilesEndpoints
{
    public static void Map(IEndpointRouteBuilder routes, Pipeline pipeline)
    {
        var group = routes.MapGroup("/v1/files").WithTags("Data plane").Requires(Permission.CallModels);
        group.MapPost(
                "",
                (HttpContext context, [FromServices] ReadUpload read, [FromServices] UploadFile upload, [FromServices] IBlobStore blobs, [FromServices] IdSource ids, [FromServices] ILogger<UploadFile> log) =>
                    CreateAsync(context, pipeline, read, upload, blobs, ids, log))
            .Accepts<FileUpload>("multipart/form-data").Produces<FileObject>().Fails(400, 408, 413, 502, 503, 504)
            .WithName("createFile").WithSummary("Uploads the calls of a batch, each of which is looked at as if it were sent.")
            .WithDescription("OpenAI's files, with the purpose 'batch'. Other fields of the form pass through to the provider.");
        group.MapGet("", ListAsync).WithName("listFiles").WithSummary("The files of this key, newest first").Produces<ObjectList>().Fails(400);
        group.MapGet("/{id}", GetAsync).WithName("getFile").WithSummary("One of them").Produces<FileObject>().Fails(404, 502, 503, 504);
        group.MapGet("/{id}/content", ContentAsync).WithName("getFileContent").WithSummary("Its content, relayed as it arrives")
            .Produces(StatusCodes.Status200OK, contentType: "application/jsonl").Fails(404, 502, 503, 504);
        group.MapDelete("/{id}", DeleteAsync).WithName("deleteFile").WithSummary("Deletes it at its provider and here").Produces<FileDeleted>().Fails(404, 502, 503, 504);
    }

    private static async Task<IResult> CreateAsync(
        HttpContext context, Pipeline pipeline, ReadUpload read, UploadFile upload, IBlobStore blobs, IdSource ids, ILogger<UploadFile> log)
    {
        // Whoever calls models is served on the thread of its socket, where a store must not be waited for.
        await Task.Yield();
        var blob = ReadUpload.BlobPrefix + ids.NewId("up");
        try
        {
            var form = await read.ExecuteAsync(context, blob);
            var file = form.Failed
                ? form.Failure
                : await upload.ExecuteAsync(context.GetCaller(), form.Value, blob, call => pipeline.BeginBatched(context, call), context.RequestAborted);
            if (file.Failed)
            {
                return Replies.Fail(file.Failure);
            }

            if (file.Value.Dropped.Count > 0)
            {
                context.Response.Headers["x-ao-dropped"] = string.Join(", ", file.Value.Dropped);
            }

            return Replies.Json(file.Value.File.Answer, BatchesJson.Default.JsonElement);
        }
        finally
        {
            await ForgetAsync(blobs, blob, log);
        }
    }

    private static async Task ForgetAsync(IBlobStore blobs, string blob, ILogger log)
    {
        try
        {
            _ = await blobs.DeleteAsync(blob, CancellationToken.None);
        }
        catch (Exception failure)
        {
            // Safe: what is left is swept away after a day.
            log.LogWarning(failure, "{Blob} could not be taken away", blob);
        }
    }

    private static async Task<IResult> ListAsync(
        HttpContext context,
        [FromServices] FileBook book,
        [FromQuery(Name = "limit")] string? limit,
        [FromQuery(Name = "after")] string? after,
        [FromQuery(Name = "order")] string? order,
        [FromQuery(Name = "purpose")] string? purpose)
    {
        // Declared for the OpenAPI document; read by hand, so that a wrong one is told in the envelope.
        _ = (limit, after, order, purpose);
        await Task.Yield();
        var parameters = new QueryReader(context.Request.Query);
        var asked = PageAsked.Read(parameters);
        var wanted = parameters.Text("purpose");
        if (parameters.Finish() is { } invalid)
        {
            return Replies.Fail(invalid);
        }

        var all = await book.ListAsync(context.GetCaller(), context.RequestAborted);
        var page = ObjectPage<StoredFile>.Of(all.Where(f => wanted is null || f.Purpose == wanted), asked, static f => f.Id);
        return Replies.Json(
            new ObjectList("list", [.. page.Items.Select(static f => f.Answer)], page.FirstId, page.LastId, page.HasMore),
            BatchesJson.Default.ObjectList);
    }

    private static Task<IResult> GetAsync(HttpContext context, string id, [FromServices] FileBook book, [FromServices] AskProvider provider) =>
        OfAsync(context, id, book, async (file, etag) =>
        {
            if (file.IsProcessed)
            {
                return Replies.Json(file.Answer, BatchesJson.Default.JsonElement);
            }

            var asked = await provider.ReadAsync(file.Ask(HttpMethod.Get), context.RequestAborted);
            if (asked.Failed)
            {
                return Replies.Fail(asked.Failure);
            }

            using var answer = asked.Value;
            var next = file.Seen(answer.RootElement, file.Answer.TryGetProperty("bytes", out var bytes) && bytes.TryGetInt64(out var size) ? size : null);
            _ = await book.TryReplaceAsync(next, etag, context.RequestAborted);
            return Replies.Json(next.Answer, BatchesJson.Default.JsonElement);
        });

    private static Task<IResult> ContentAsync(HttpContext context, string id, [FromServices] FileBook book, [FromServices] AskProvider provider) =>
        OfAsync(context, id, book, async (file, _) =>
        {
            var sent = await provider.SendAsync(file.Ask(HttpMethod.Get, "/content"), context.RequestAborted);
            return sent.Failed ? Replies.Fail(sent.Failure) : new Download(sent.Value);
        });

    private static Task<IResult> DeleteAsync(HttpContext context, string id, [FromServices] FileBook book, [FromServices] AskProvider provider) =>
        OfAsync(context, id, book, async (file, _) =>
        {
            var deleted = await provider.ReadAsync(file.Ask(HttpMethod.Delete), context.RequestAborted);
            deleted.Value?.Dispose();
            if (deleted.Failure is not (null or FileNotFound))
            {
                return Replies.Fail(deleted.Failure);
            }

            await book.DeleteAsync(file, context.RequestAborted);
            return Replies.Json(new FileDeleted(file.Id, "file", Deleted: true), BatchesJson.Default.FileDeleted);
        });

    private static async Task<IResult> OfAsync(HttpContext context, string id, FileBook book, Func<StoredFile, string, Task<IResult>> answer)
    {
        await Task.Yield();
        var (file, etag) = await book.FindAsync(context.GetCaller(), id, context.RequestAborted);
        return file is null ? Replies.Fail(new FileNotFound()) : await answer(file, etag!);
    }
}

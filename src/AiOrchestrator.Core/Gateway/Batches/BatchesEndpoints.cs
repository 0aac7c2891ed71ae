using System.Text.Json;
using AiOrchestrator.Core.Identity;
using AiOrchestrator.Core.Platform;
using AiOrchestrator.Core.Providers;
using AiOrchestrator.Core.Providers.OpenAi;
using AiOrchestrator.Ledger.Money;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;

namespace AiOrchestrator.Core.Gateway.Batches;

/// <summary>OpenAI's batches: a call that begins one, and what is asked about it.</summary>
internal static class BatchesEndpoints
{
    private const int MaxBodyBytes = 64 * 1024;

    public static void Map(IEndpointRouteBuilder routes, Pipeline pipeline)
    {
        var group = routes.MapGroup("/v1/batches").WithTags("Data plane").Requires(Permission.CallModels);
        group.MapPost("", (HttpContext context, [FromServices] FileBook files) => CreateAsync(context, files, pipeline))
            .Accepts<BatchRequest>("application/json").Produces<BatchObject>().Refuses()
            .WithName("createBatch").WithSummary("Begins a batch of an uploaded file; all its calls may cost is charged until its results arrive.")
            .WithDescription("OpenAI's batches. Members not listed here pass through to the provider and back untouched.");
        group.MapGet("", ListAsync).WithName("listBatches").WithSummary("The batches this key has begun, newest first, as they were seen last")
            .Produces<ObjectList>().Fails(400);
        group.MapGet("/{id}", GetAsync).WithName("getBatch").WithSummary("How far one of them is").Produces<BatchObject>().Fails(404, 502, 503, 504);
        group.MapPost("/{id}/cancel", CancelAsync).WithName("cancelBatch").WithSummary("Ends it; what is done by then is delivered and charged")
            .Accepts<BatchCancelRequest>(isOptional: true, "application/json").Produces<BatchObject>().Fails(400, 404, 502, 503, 504);
    }

    private static async Task CreateAsync(HttpContext context, FileBook files, Pipeline pipeline)
    {
        // Whoever calls models is served on the thread of its socket, where a store must not be waited for.
        await Task.Yield();
        var order = await OrderAsync(context, files);
        if (order.Failed)
        {
            await ErrorWriter.WriteAsync(context, order.Failure);
            return;
        }

        await pipeline.RunAsync(context, ModelCall.Batches, source: null, order.Value);
    }

    private static async Task<Result<BatchOrder>> OrderAsync(HttpContext context, FileBook files)
    {
        var body = await RequestBody.ReadBytesAsync(context, MaxBodyBytes);
        if (body.Failed)
        {
            return body.Failure;
        }

        var parsed = RequestBody.Parse(body.Value);
        if (parsed.Failed)
        {
            return parsed.Failure;
        }

        if (Elsewhere(body.Value) is { } elsewhere)
        {
            return elsewhere;
        }

        var members = parsed.Value;
        var (fileId, endpoint) = (members.Text("input_file_id", 256, required: true), members.Text("endpoint", 256, required: true));
        if (fileId is null || endpoint is null)
        {
            return new MissingParameter(fileId is null ? "input_file_id" : "endpoint");
        }

        var (file, _) = await files.FindAsync(context.GetCaller(), fileId, context.RequestAborted);
        return file is null ? new FileNotFound() { Param = "input_file_id" }
            : file.Input is not { } input ? new InvalidParameter("input_file_id", "'input_file_id' must be a file that was uploaded with the purpose 'batch'.")
            : endpoint != input.Endpoint ? new InvalidParameter("endpoint", $"'endpoint' must be that of the file's lines, '{input.Endpoint}'.")
            : new BatchOrder(file, input, Upstream(body.Value, file));
    }

    /// <summary>What is read from elsewhere, or written elsewhere (Azure's, to a storage of the caller's), nobody here could count.</summary>
    private static UnsupportedParameter? Elsewhere(byte[] body)
    {
        using var document = JsonDocument.Parse(body);
        foreach (var name in (ReadOnlySpan<string>)["input_blob", "output_folder"])
        {
            if (document.RootElement.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null)
            {
                return new UnsupportedParameter(name, $"'{name}' is not served: what lies in a storage of your own cannot be counted. Upload the file to /v1/files.");
            }
        }

        return null;
    }

    /// <summary>What the caller said, with the provider's name for the file.</summary>
    private static byte[] Upstream(byte[] body, StoredFile file)
    {
        using var document = JsonDocument.Parse(body);
        var names = new Dictionary<string, string?>(StringComparer.Ordinal) { ["input_file_id"] = file.UpstreamId };
        return JsonSerializer.SerializeToUtf8Bytes(Renaming.Of(document.RootElement, names), BatchesJson.Default.JsonElement);
    }

    private static async Task<IResult> ListAsync(
        HttpContext context, [FromServices] BatchBook book, [FromQuery(Name = "limit")] string? limit, [FromQuery(Name = "after")] string? after)
    {
        // Declared for the OpenAPI document; read by hand, so that a wrong one is told in the envelope.
        _ = (limit, after);
        await Task.Yield();
        var parameters = new QueryReader(context.Request.Query);
        var asked = new PageAsked(parameters.Limit(), parameters.Text("after"), IsAscending: false);
        if (parameters.Finish() is { } invalid)
        {
            return Replies.Fail(invalid);
        }

        var page = ObjectPage<BatchJob>.Of(await book.ListAsync(context.GetCaller(), context.RequestAborted), asked, static j => j.Id);
        return Replies.Json(
            new ObjectList("list", [.. page.Items.Select(static j => j.View())], page.FirstId, page.LastId, page.HasMore),
            BatchesJson.Default.ObjectList);
    }

    private static Task<IResult> GetAsync(HttpContext context, string id, [FromServices] BatchBook book, [FromServices] LookAtBatch look) =>
        OfAsync(context, id, book, (job, etag) => look.ExecuteAsync(job, etag, context.RequestAborted));

    private static Task<IResult> CancelAsync(
        HttpContext context, string id, [FromServices] BatchBook book, [FromServices] LookAtBatch look, [FromServices] AskProvider provider) =>
        OfAsync(context, id, book, async (job, etag) =>
        {
            var asked = await provider.ReadAsync(job.Ask(HttpMethod.Post, "/cancel"), context.RequestAborted);
            if (asked.Failed)
            {
                return asked.Failure;
            }

            using var answer = asked.Value;
            return job.Outcome is null ? await look.TakeAsync(job, etag, answer.RootElement, context.RequestAborted) : job;
        });

    private static async Task<IResult> OfAsync(HttpContext context, string id, BatchBook book, Func<BatchJob, string, Task<Result<BatchJob>>> ask)
    {
        await Task.Yield();
        var (found, etag) = await book.FindAsync(context.GetCaller(), id, context.RequestAborted);
        var job = found is null ? new BatchNotFound() : await ask(found, etag!);
        if (job.Failed)
        {
            return Replies.Fail(job.Failure);
        }

        if (job.Value.Outcome is { } outcome)
        {
            context.Response.Headers["x-ao-cost-usd"] = NanoUsd.FormatUsd(Math.Min(outcome.Totals.CostNanoUsd, job.Value.ReservedNanoUsd));
        }

        return Replies.Json(job.Value.View(), BatchesJson.Default.JsonElement);
    }
}

using System.Text;
using System.Text.Json;
using AiOrchestrator.Core.Identity;
using AiOrchestrator.Core.Platform;
using AiOrchestrator.Core.Providers;
using AiOrchestrator.Core.Providers.OpenAi;
using AiOrchestrator.Core.Traffic.Configuration;
using AiOrchestrator.Core.Traffic.Facts;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;

namespace AiOrchestrator.Core.Traffic.Classifying;

/// <summary>The body of <c>PUT /control/v1/classifier</c>.</summary>
/// <param name="Enabled">Whether a model is asked where the classifier that ships is unsure, while the call waits; false when absent.</param>
/// <param name="Model">Which, by a name callers use; <c>llama-3.2-3b-preview</c> when absent.</param>
/// <param name="MinConfidence">Below this it is asked; 0 to 1, 0.5 when absent.</param>
/// <param name="TimeoutMs">50 to 10000; 1500 when absent.</param>
/// <param name="CacheTtlSeconds">0 to 86400; 3600 when absent.</param>
/// <param name="CacheEntries">0 to 100000; 5000 when absent.</param>
public sealed record ClassifierRequest(
    bool? Enabled = null, string? Model = null, double? MinConfidence = null, int? TimeoutMs = null, int? CacheTtlSeconds = null, int? CacheEntries = null);

/// <summary>The settings of the classifier as the control API shows them.</summary>
/// <param name="Enabled">Whether a model is asked where the classifier that ships is unsure.</param>
/// <param name="Model">Which.</param>
/// <param name="MinConfidence">Below this it is asked.</param>
/// <param name="TimeoutMs">Longest a call waits for it; milliseconds.</param>
/// <param name="CacheTtlSeconds">How long its word holds for the same text.</param>
/// <param name="CacheEntries">Texts whose category is kept.</param>
/// <param name="UpdatedAt">RFC 3339; null where nothing was said.</param>
public sealed record ClassifierView(
    bool Enabled, string Model, double MinConfidence, int TimeoutMs, int CacheTtlSeconds, int CacheEntries, string? UpdatedAt);

/// <summary>The body of <c>POST /control/v1/classify</c>: a text or messages.</summary>
/// <param name="Text">What a user says.</param>
/// <param name="Messages">Messages as chat completions have them.</param>
/// <param name="Tools">Tools as chat completions have them.</param>
/// <param name="AskModel">Whether the model of <c>/control/v1/classifier</c> is asked too, where it is enabled; that is a call the organisation pays for.</param>
public sealed record ClassifyRequest(string? Text = null, IReadOnlyList<JsonElement>? Messages = null, IReadOnlyList<JsonElement>? Tools = null, bool? AskModel = null);

/// <summary>What a call is.</summary>
/// <param name="Category">One of the eleven.</param>
/// <param name="Confidence">0 to 1.</param>
/// <param name="Reason">Why.</param>
/// <param name="Complexity"><c>LOW</c>, <c>MEDIUM</c> or <c>HIGH</c>.</param>
/// <param name="Language">ISO 639-1, or <c>und</c>.</param>
/// <param name="Tokens">About how many tokens the prompt is.</param>
/// <param name="Needs">What a model must be able to do beside conversing in text.</param>
public sealed record ClassificationView(
    TaskCategory Category, double Confidence, string Reason, TaskComplexity Complexity, string Language, long Tokens, IReadOnlyList<string> Needs)
{
    internal static ClassificationView Of(Classification c) => new(
        c.Category,
        Math.Round(c.Confidence, 4),
        c.Reason,
        c.Complexity,
        c.Language,
        c.Tokens,
        [.. Enum.GetValues<CallNeeds>().Where(n => n != CallNeeds.None && c.Needs.HasFlag(n)).Select(static n => JsonNamingPolicy.SnakeCaseLower.ConvertName(n.ToString()))]);
}

internal static class ClassifyingEndpoints
{
    private const string Json = "application/json";

    public static void Map(IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/control/v1/classifier").WithTags("Classifier").Requires(Permission.Administer);
        group.MapGet("", Get).WithName("getClassifier").WithSummary("Whether a model is asked what a call is, and which")
            .Produces<ClassifierView>();
        group.MapPut("", PutAsync).WithName("setClassifier").WithSummary("Have a model asked where the classifier that ships is unsure, or not; holds for the next request")
            .Accepts<ClassifierRequest>(Json).Produces<ClassifierView>().Fails(400, 409, 412, 413);
        group.MapDelete("", DeleteAsync).WithName("deleteClassifier").WithSummary("Ask only the classifier that ships again")
            .Produces(StatusCodes.Status204NoContent).Fails(404, 409, 412);
        routes.MapGroup("/control/v1/classify").WithTags("Classifier").Requires(Permission.Administer)
            .MapPost("", ClassifyAsync).WithName("classify").WithSummary("Say of a text or of messages what a call with them would be classified as")
            .Accepts<ClassifyRequest>(Json).Produces<ClassificationView>().Fails(400, 413);
    }

    private static IResult Get(HttpContext context, [FromServices] PartDirectory<StoredClassifier, ClassifierSettings> directory)
    {
        var organisationId = context.GetCaller().OrganisationId;
        return directory.Find(organisationId, StoredClassifier.Id) is { } own ? Show(own) : Show(directory.For(organisationId), null, null);
    }

    private static async Task<IResult> PutAsync(
        HttpContext context, [FromServices] PartDirectory<StoredClassifier, ClassifierSettings> directory, [FromServices] TimeProvider time)
    {
        var body = await RequestBody.ReadAsync(context);
        if (body.Failed)
        {
            return Replies.Fail(body.Failure);
        }

        var value = new StoredClassifier(Read(body.Value), time.GetUtcNow().ToUnixTimeMilliseconds());
        if (body.Value.Finish() is { } invalid)
        {
            return Replies.Fail(invalid);
        }

        var put = await directory.PutAsync(
            context.GetCaller().OrganisationId, StoredClassifier.Id, value, etag => EntityTags.Allows(context.Request, etag), context.RequestAborted);
        return put.Failed ? Replies.Fail(put.Failure) : Show(put.Value);
    }

    private static async Task<IResult> DeleteAsync(HttpContext context, [FromServices] PartDirectory<StoredClassifier, ClassifierSettings> directory) =>
        await directory.DeleteAsync(
            context.GetCaller().OrganisationId, StoredClassifier.Id, etag => EntityTags.Allows(context.Request, etag), context.RequestAborted) is { } failure
            ? Replies.Fail(failure)
            : Results.NoContent();

    private static async Task<IResult> ClassifyAsync(HttpContext context, [FromServices] ModelClassifier model)
    {
        var body = await RequestBody.ReadAsync(context);
        if (body.Failed)
        {
            return Replies.Fail(body.Failure);
        }

        var asks = body.Value.Flag("ask_model") ?? false;
        var request = ReadCall(body.Value);
        if (body.Value.Finish() is { } invalid)
        {
            return Replies.Fail(invalid);
        }

        var facts = new RequestFacts();
        if (OpenAiRequestReader.Read(request, ModelCall.ChatCompletions, facts) is { } failure)
        {
            return Replies.Fail(failure);
        }

        var text = PromptReader.Text(request, ModelCall.ChatCompletions, facts);
        var needs = PromptReader.Needs(request, ModelCall.ChatCompletions, facts, out _);
        var found = TaskClassifier.Classify(ModelCall.ChatCompletions, text, needs, TaskClassifier.Tokens(text.All.Span));
        if (asks)
        {
            found = await model.ClassifyAsync(context.GetCaller(), text, found, again: true, context.RequestAborted);
        }

        return Replies.Json(ClassificationView.Of(found), ClassifyingJson.Default.ClassificationView);
    }

    /// <summary>The request as chat completions would have it.</summary>
    private static byte[] ReadCall(MemberReader body)
    {
        var text = body.Raw("text");
        var messages = body.Raw("messages");
        var tools = body.Raw("tools");
        if (text is { ValueKind: not JsonValueKind.String })
        {
            body.Problem("text", "must be a string");
        }

        if (text is null == messages is null)
        {
            body.Problem("text", "or 'messages' is required, and not both");
        }

        if (messages is { ValueKind: not JsonValueKind.Array })
        {
            body.Problem("messages", "must be an array of messages");
        }

        if (tools is { ValueKind: not JsonValueKind.Array } || (tools is { } array && array.EnumerateArray().Any(static t => t.ValueKind != JsonValueKind.Object)))
        {
            body.Problem("tools", "must be an array of tools");
        }

        var said = text is { } words ? $$"""[{"role":"user","content":{{words.GetRawText()}}}]""" : messages?.GetRawText() ?? "[]";
        return Encoding.UTF8.GetBytes($$"""{"model":"auto","messages":{{said}},"tools":{{tools?.GetRawText() ?? "null"}}}""");
    }

    private static ClassifierSettings Read(MemberReader body)
    {
        double? confidence = null;
        if (body.Raw("min_confidence") is { } raw)
        {
            confidence = raw.ValueKind == JsonValueKind.Number ? raw.GetDouble() : null;
            if (confidence is not (>= 0 and <= 1))
            {
                body.Problem("min_confidence", "must be a number from 0 to 1");
            }
        }

        return new ClassifierSettings(
            body.Flag("enabled") ?? false,
            body.Text("model", 256) ?? ClassifierSettings.DefaultModel,
            confidence ?? ClassifierSettings.DefaultMinConfidence,
            (int)(body.Whole("timeout_ms", 50, 10_000) ?? ClassifierSettings.DefaultTimeoutMs),
            (int)(body.Whole("cache_ttl_seconds", 0, 86_400) ?? ClassifierSettings.DefaultCacheTtlSeconds),
            (int)(body.Whole("cache_entries", 0, 100_000) ?? ClassifierSettings.DefaultCacheEntries));
    }

    private static IResult Show(Part<StoredClassifier> own) => Show(own.Value.Settings, Rfc3339.Format(own.Value.UpdatedUnixMs), own.ETag);

    private static IResult Show(ClassifierSettings s, string? updatedAt, string? etag) => Replies.Json(
        new ClassifierView(s.Enabled, s.Model, s.MinConfidence, s.TimeoutMs, s.CacheTtlSeconds, s.CacheEntries, updatedAt),
        ClassifyingJson.Default.ClassifierView,
        etag: etag);
}

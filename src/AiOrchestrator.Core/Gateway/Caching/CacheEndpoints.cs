using System.Text.Json.Serialization;
using AiOrchestrator.Core.Caching;
using AiOrchestrator.Core.Caching.Flushes;
using AiOrchestrator.Core.Identity;
using AiOrchestrator.Core.Platform;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace AiOrchestrator.Core.Gateway.Caching;

/// <summary>Answers kept until a moment ago are not given any more.</summary>
/// <param name="Number">The flush's number in the organisation.</param>
/// <param name="Namespace">Whose answers; null for all.</param>
/// <param name="Model">By which model; null for all.</param>
/// <param name="Key">Which; null for all.</param>
/// <param name="HoldsWithinMs">Here it holds now, on every other instance after so many milliseconds at most.</param>
public sealed record CacheFlushView(long Number, string? Namespace, string? Model, string? Key, long HoldsWithinMs);

/// <summary>Flushing and warming the cache (CA-06).</summary>
internal static class CacheEndpoints
{
    private const string Tag = "Cache";
    private const int KeyLength = 64, MaxNamespaceLength = 200;

    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapDelete("/v1/cache", FlushAllAsync).WithTags(Tag).Requires(Permission.Administer)
            .WithName("flushCache").WithSummary("Give no answer again that was kept until now: of the whole organisation, or by one model")
            .Produces<CacheFlushView>().Fails(400, 409);
        routes.MapDelete("/v1/cache/{ns}", FlushNamespaceAsync).WithTags(Tag).Requires(Permission.Administer)
            .WithName("flushCacheNamespace").WithSummary("The same of one namespace: a team's wallet, 'company', or 'user:' and a user")
            .Produces<CacheFlushView>().Fails(400, 409);
        routes.MapDelete("/v1/cache/{ns}/{key}", FlushKeyAsync).WithTags(Tag).Requires(Permission.Administer)
            .WithName("flushCacheKey").WithSummary("The same of one answer, by the key that x-cache-key told")
            .Produces<CacheFlushView>().Fails(400, 409);
        routes.MapPost("/v1/cache/warm", WarmAsync).WithTags(Tag).Requires(Permission.CallModels)
            .Accepts<string>("application/jsonl", "application/x-ndjson", "application/json", "text/plain").Produces<WarmUpView>().Fails(400, 413)
            .WithName("warmCache").WithSummary("Run calls that were made before, so that their answers are kept; each is charged like any call")
            .WithDescription("One call a line, as in a batch's file: custom_id, method, url and body. At most 1,000.");
    }

    private static Task<IResult> FlushAllAsync(HttpContext context, [FromServices] FlushCache flushes, [FromQuery(Name = "model")] string? model) =>
        FlushAsync(context, flushes, null, null, model);

    private static Task<IResult> FlushNamespaceAsync(HttpContext context, [FromServices] FlushCache flushes, string ns, [FromQuery(Name = "model")] string? model) =>
        FlushAsync(context, flushes, ns, null, model);

    private static Task<IResult> FlushKeyAsync(HttpContext context, [FromServices] FlushCache flushes, string ns, string key) =>
        FlushAsync(context, flushes, ns, key, null);

    private static async Task<IResult> FlushAsync(HttpContext context, FlushCache flushes, string? ns, string? key, string? model)
    {
        if (Check(context, ns, key, model) is { } invalid)
        {
            return Replies.Fail(invalid);
        }

        var caller = context.GetCaller();
        var flushed = await flushes.RunAsync(
            caller.OrganisationId, new FlushScope(ns is null ? null : CacheNamespaces.Of(caller.OrganisationId, ns), key, model), caller, context.RequestAborted);
        return flushed.Failed
            ? Replies.Fail(flushed.Failure)
            : Replies.Json(new CacheFlushView(flushed.Value.Number, ns, model, key, HoldsWithinMs(context)), CachingJson.Default.CacheFlushView);
    }

    /// <summary>A flush is written down for a month, and one that is misspelt would take all: what is no name of anything is refused.</summary>
    private static InvalidRequest? Check(HttpContext context, string? ns, string? key, string? model)
    {
        var query = new QueryReader(context.Request.Query);
        if (key is null)
        {
            _ = query.Text("model");
        }

        if (model is { Length: 0 or > ModelPatterns.MaxLength })
        {
            query.Problem("model", $"must be the name of a model, 1 to {ModelPatterns.MaxLength} characters");
        }

        if (ns is { Length: > MaxNamespaceLength })
        {
            query.Problem("ns", "must be a namespace as x-cache-namespace tells it");
        }

        if (key is not null && (key.Length != KeyLength || !key.All(char.IsAsciiHexDigitLower)))
        {
            query.Problem("key", "must be 64 hexadecimal digits, as x-cache-key tells them");
        }

        return query.Finish();
    }

    /// <summary>A head without it is one instance alone.</summary>
    private static long HoldsWithinMs(HttpContext context) => (long)(context.RequestServices.GetService<ConfigurationRefresh>()?.HoldsWithin.TotalMilliseconds ?? 0);

    private static async Task<IResult> WarmAsync(HttpContext context, [FromServices] WarmCache warm)
    {
        // Whoever calls models is served on the thread of its socket, which a thousand calls must not take.
        await Task.Yield();
        AskAsCaller.From(context);
        var warmed = await warm.ExecuteAsync(context.GetCaller(), context.Request.Body, context.RequestAborted);
        return warmed.Failed ? Replies.Fail(warmed.Failure) : Replies.Json(warmed.Value, CachingJson.Default.WarmUpView);
    }
}

/// <summary>The written form.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(CacheFlushView))]
[JsonSerializable(typeof(WarmUpView))]
internal sealed partial class CachingJson : JsonSerializerContext;

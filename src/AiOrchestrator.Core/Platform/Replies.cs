using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace AiOrchestrator.Core.Platform;

/// <summary>One page of a list.</summary>
/// <typeparam name="T">What is listed.</typeparam>
/// <param name="Data">The items.</param>
/// <param name="Next">Give it as <c>after</c> to get the next page; null on the last.</param>
public sealed record Page<T>(IReadOnlyList<T> Data, string? Next);

/// <summary>The body of every failure; see docs/operations/errors.md.</summary>
/// <param name="Error">What failed.</param>
public sealed record ErrorEnvelope(ErrorBody Error);

/// <summary>What failed, in OpenAI's shape. <see cref="ErrorWriter"/> writes it; this type describes it.</summary>
/// <param name="Message">What is wrong and what to change.</param>
/// <param name="Type">The kind of failure.</param>
/// <param name="Param">The request member at fault, or null.</param>
/// <param name="Code">Stable, for programs.</param>
public sealed record ErrorBody(string Message, string Type, string? Param, string Code);

/// <summary>How endpoints answer.</summary>
internal static class Replies
{
    /// <summary>A value as JSON.</summary>
    public static IResult Json<T>(T value, JsonTypeInfo<T> type, int status = StatusCodes.Status200OK, string? etag = null) =>
        new JsonReply<T>(value, type, status, etag);

    /// <summary>A failure.</summary>
    public static IResult Fail(ApiFailure failure) => new FailureReply(failure);

    /// <summary>
    /// One page, by the query's <c>limit</c> and <c>after</c>, of what lies in memory in ordinal order of its ids. An endpoint that answers so declares
    /// both for the OpenAPI document; they are read by hand, so that a wrong one is told in the envelope.
    /// </summary>
    /// <typeparam name="TRow">What is listed.</typeparam>
    /// <typeparam name="TView">As it is shown.</typeparam>
    /// <param name="context">The request.</param>
    /// <param name="after">The first so many rows after an id, or from the first where that is null.</param>
    /// <param name="id">A row's id.</param>
    /// <param name="view">Shows a row.</param>
    /// <param name="type">The page's.</param>
    public static IResult Page<TRow, TView>(
        HttpContext context, Func<string?, int, IReadOnlyList<TRow>> after, Func<TRow, string> id, Func<TRow, TView> view, JsonTypeInfo<Page<TView>> type)
    {
        var query = new QueryReader(context.Request.Query);
        var count = query.Limit();
        var afterId = query.Text("after");
        if (query.Finish() is { } invalid)
        {
            return Fail(invalid);
        }

        var found = after(afterId, count + 1);
        return Json(new Page<TView>([.. found.Take(count).Select(view)], found.Count > count ? id(found[count - 1]) : null), type);
    }

    /// <summary>States, for the OpenAPI document, which failures an endpoint answers with, beside 401 and 403.</summary>
    public static RouteHandlerBuilder Fails(this RouteHandlerBuilder builder, params ReadOnlySpan<int> statuses)
    {
        foreach (var status in statuses)
        {
            builder.Produces<ErrorEnvelope>(status);
        }

        return builder;
    }

    private sealed class JsonReply<T>(T value, JsonTypeInfo<T> type, int status, string? etag) : IResult
    {
        public Task ExecuteAsync(HttpContext httpContext)
        {
            httpContext.Response.StatusCode = status;
            if (etag is not null)
            {
                httpContext.Response.Headers.ETag = EntityTags.Format(etag);
            }

            return httpContext.Response.WriteAsJsonAsync(value, type, "application/json", httpContext.RequestAborted);
        }
    }

    private sealed class FailureReply(ApiFailure failure) : IResult
    {
        public Task ExecuteAsync(HttpContext httpContext) => ErrorWriter.WriteAsync(httpContext, failure);
    }
}

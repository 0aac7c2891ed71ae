using System.Buffers;
using System.Globalization;
using Microsoft.AspNetCore.Http;

namespace AiOrchestrator.Core.Platform;

/// <summary>
/// The one place where a failure becomes bytes: an answer, or an event inside a stream, in the envelope of the dialect that is spoken at the
/// request's path.
/// </summary>
public static class ErrorWriter
{
    private static readonly PathString AnthropicPath = "/v1/messages";
    private static readonly PathString ResponsesPath = "/v1/responses";

    /// <summary>Answers with a failure, which stays with the request as a feature for whoever asked within the process. The response must not have started.</summary>
    public static Task WriteAsync(HttpContext context, ApiFailure failure)
    {
        context.Features.Set(failure);
        var response = context.Response;
        var body = failure.Verbatim ?? ErrorEnvelopes.Write(failure, ShapeOf(context), RequestId(context));
        response.StatusCode = failure.Status;
        response.ContentType = "application/json";
        response.ContentLength = body.Length;
        if (failure.RetryAfterSeconds is { } seconds)
        {
            response.Headers.RetryAfter = seconds.ToString(CultureInfo.InvariantCulture);
        }

        if (!failure.MayRetry)
        {
            response.Headers["x-should-retry"] = "false";
        }

        return response.Body.WriteAsync(body, context.RequestAborted).AsTask();
    }

    /// <summary>The failure as one server-sent event, ready to be written into a stream that has started.</summary>
    /// <param name="failure">What is wrong.</param>
    /// <param name="shape">Whose envelope.</param>
    /// <param name="requestId">What the request is called; null where it is not known.</param>
    /// <param name="sequence">Which event of the stream it is, for shapes that number them.</param>
    public static ReadOnlyMemory<byte> Event(ApiFailure failure, ErrorShape shape = ErrorShape.OpenAi, string? requestId = null, long sequence = 0)
    {
        var body = ErrorEnvelopes.Write(failure, shape, requestId, shape == ErrorShape.Responses ? sequence : null);
        var line = new ArrayBufferWriter<byte>(body.Length + 24);
        line.Write(shape is ErrorShape.Anthropic or ErrorShape.Responses ? "event: error\ndata: "u8 : "data: "u8);
        line.Write(body.Span);
        line.Write("\n\n"u8);
        return line.WrittenMemory;
    }

    /// <summary>The same in the dialect that is spoken where the request went.</summary>
    public static ReadOnlyMemory<byte> Event(HttpContext context, ApiFailure failure) => Event(failure, ShapeOf(context), RequestId(context));

    /// <summary>Below <c>/v1/messages</c> Anthropic's clients call; everywhere else failures have OpenAI's shape.</summary>
    public static ErrorShape ShapeOf(HttpContext context)
    {
        var path = context.Request.Path;
        return path.StartsWithSegments(AnthropicPath, StringComparison.OrdinalIgnoreCase) ? ErrorShape.Anthropic
            : path.StartsWithSegments(ResponsesPath, StringComparison.OrdinalIgnoreCase) ? ErrorShape.Responses
            : ErrorShape.OpenAi;
    }

    private static string? RequestId(HttpContext context) => context.Response.Headers["x-request-id"];
}

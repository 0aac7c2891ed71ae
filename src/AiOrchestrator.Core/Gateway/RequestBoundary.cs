using AiOrchestrator.Core.Platform;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace AiOrchestrator.Core.Gateway;

/// <summary>
/// The outermost room of every request: gives it its label, bounds its headers, and turns what nobody expected into an answer in the
/// caller's dialect and one log line.
/// </summary>
internal sealed class RequestBoundary(
    RequestDelegate next, IdSource ids, TimeProvider time, IOptions<GatewayOptions> options, ILogger<RequestBoundary> logger)
{
    public Task InvokeAsync(HttpContext context)
    {
        var given = context.Request.Headers["x-request-id"];
        var requestId = given.Count == 1 && RequestIdentity.IsValid(given[0]) ? given[0]! : $"req_{ids.NewExchangeId().Value:x32}";
        Label(context, requestId);
        context.Features.Set(new RequestIdentity(requestId, time.GetTimestamp()));
        if (HeaderBytes(context.Request) > options.Value.MaxHeaderBytes)
        {
            context.Response.Headers.Connection = "close";
            return ErrorWriter.WriteAsync(context, new HeadersTooLarge(options.Value.MaxHeaderBytes));
        }

        return GuardAsync(context, requestId);
    }

    private static void Label(HttpContext context, string requestId)
    {
        context.Response.Headers["x-request-id"] = requestId;
        if (ErrorWriter.ShapeOf(context) == ErrorShape.Anthropic)
        {
            // Where Anthropic's clients look for it.
            context.Response.Headers["request-id"] = requestId;
        }
    }

    private static long HeaderBytes(HttpRequest request)
    {
        long bytes = request.Path.Value?.Length ?? 0;
        bytes += request.QueryString.Value?.Length ?? 0;
        foreach (var (name, values) in request.Headers)
        {
            foreach (var value in values)
            {
                bytes += name.Length + (value?.Length ?? 0) + 4;
            }
        }

        return bytes;
    }

    private async Task GuardAsync(HttpContext context, string requestId)
    {
        try
        {
            await next(context);
        }
        catch (Exception failure) when (context.RequestAborted.IsCancellationRequested && failure is OperationCanceledException or IOException)
        {
            // The client has gone; there is nobody to answer and nothing to mend.
        }
        catch (BadHttpRequestException failure) when (!context.Response.HasStarted)
        {
            context.Response.Headers.Connection = "close";
            await ErrorWriter.WriteAsync(
                context,
                failure.StatusCode == StatusCodes.Status413PayloadTooLarge
                    ? new BodyTooLarge(options.Value.MaxBodyBytes)
                    : new BodyNotReadable(failure.StatusCode));
        }
        catch (Exception failure)
        {
            logger.LogError(failure, "Request {RequestId} failed: {Method} {Path}", requestId, context.Request.Method, context.Request.Path.Value);
            if (context.Response.HasStarted)
            {
                // Half an answer stands: a broken connection is the only way left to say that it is not the whole.
                context.Abort();
                return;
            }

            context.Response.Clear();
            Label(context, requestId);
            await ErrorWriter.WriteAsync(context, new InternalError());
        }
    }
}

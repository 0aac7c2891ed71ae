using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace AiOrchestrator.Core.Platform;

/// <summary>
/// Answers requests that routing found no endpoint of ours for. Routing itself answers them with an empty body, and official
/// clients expect every failure in the error envelope.
/// </summary>
public static class UnmatchedRoutes
{
    /// <summary>Belongs directly after <c>UseRouting</c>.</summary>
    public static IApplicationBuilder UseUnmatchedRoutes(this IApplicationBuilder app) => app.Use(static (context, next) =>
        context.GetEndpoint() switch
        {
            null => ErrorWriter.WriteAsync(context, new RouteNotFound()),
            RouteEndpoint => next(context),
            { } synthetic => AnswerAsync(context, synthetic),
        });

    /// <summary>Routing stands in an endpoint of its own for a wrong method or content type: it sets the status and the <c>allow</c> header.</summary>
    private static async Task AnswerAsync(HttpContext context, Endpoint synthetic)
    {
        await (synthetic.RequestDelegate ?? throw new InvalidOperationException($"the endpoint '{synthetic.DisplayName}' does nothing"))(context);
        ApiFailure? failure = context.Response.StatusCode switch
        {
            StatusCodes.Status405MethodNotAllowed => new MethodNotAllowed(),
            StatusCodes.Status415UnsupportedMediaType => new UnsupportedMediaType(),
            _ => null,
        };
        if (failure is not null && !context.Response.HasStarted)
        {
            await ErrorWriter.WriteAsync(context, failure);
        }
    }
}

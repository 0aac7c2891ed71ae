using AiOrchestrator.Core.Identity;
using AiOrchestrator.Core.Platform;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;

namespace AiOrchestrator.Core.Gateway;

/// <summary><c>POST /control/v1/routes/explain</c>.</summary>
internal static class ExplainEndpoints
{
    public static void Map(IEndpointRouteBuilder routes) => routes.MapPost("/control/v1/routes/explain", ExplainAsync)
        .WithName("explainRoute")
        .WithSummary("Say why a call would go where it goes; nothing is held or sent")
        .WithTags("Rules")
        .Accepts<ExplainRouteRequest>("application/json")
        .Produces<RouteExplanation>()
        .Fails(400, 413)
        .Requires(Permission.Administer);

    private static async Task<IResult> ExplainAsync(HttpContext context, [FromServices] ExplainRoute explain)
    {
        var body = await RequestBody.ReadAsync(context);
        if (body.Failed)
        {
            return Replies.Fail(body.Failure);
        }

        var explained = explain.Execute(context.GetCaller().OrganisationId, body.Value);
        return explained.Failed ? Replies.Fail(explained.Failure) : Replies.Json(explained.Value, RouteExplanationJson.Default.RouteExplanation);
    }
}

using AiOrchestrator.Core.Identity;
using AiOrchestrator.Core.Metering.Experiments;
using AiOrchestrator.Core.Platform;
using AiOrchestrator.Core.Traffic.Configuration;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;

namespace AiOrchestrator.Core.Traffic.Experiments;

internal static class ExperimentEndpoints
{
    private const string Root = "/control/v1/experiments";
    private const string Json = "application/json";

    private delegate Task<Result<Part<StoredExperiment>>> Move(MoveExperiment.Ask ask, MemberReader body, CancellationToken cancellation);

    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapParts<StoredExperiment, ExperimentSet, ExperimentRequest, ExperimentView>(new PartRoutes<StoredExperiment, ExperimentView>
        {
            Root = Root,
            Tag = "Experiments",
            One = "Experiment",
            Words = "an experiment with models",
            IdPrefix = "exp",
            Read = ExperimentReader.Read,
            Replace = ExperimentReader.Replace,
            View = ExperimentView.Of,
            Type = ExperimentsJson.Default.ExperimentView,
            PageType = ExperimentsJson.Default.PageExperimentView,
        });
        var group = routes.MapGroup(Root + "/{id}").WithTags("Experiments").Requires(Permission.Administer);
        group.MapPost("/start", StartAsync).WithName("startExperiment").WithSummary("Begin to share calls out among the variants of a draft")
            .Accepts<ExperimentMove>(isOptional: true, Json).Produces<ExperimentView>().Fails(400, 404, 409, 412);
        group.MapPost("/stop", StopAsync).WithName("stopExperiment").WithSummary("End an experiment that runs, without a winner")
            .Accepts<ExperimentMove>(isOptional: true, Json).Produces<ExperimentView>().Fails(400, 404, 409, 412);
        group.MapPost("/conclude", ConcludeAsync).WithName("concludeExperiment").WithSummary("End an experiment: all its calls go to the winner")
            .Accepts<ConcludeExperiment>(isOptional: true, Json).Produces<ExperimentView>().Fails(400, 404, 409, 412);
        group.MapPost("/rollback", RollBackAsync).WithName("rollBackExperiment").WithSummary("Take an experiment back: it touches no call any more")
            .Accepts<ExperimentMove>(isOptional: true, Json).Produces<ExperimentView>().Fails(400, 404, 409, 412);
        group.MapGet("/results", ResultsAsync).WithName("getExperimentResults").WithSummary("What the calls of an experiment came to, by variant, and whether that is chance")
            .Produces<ExperimentResultsView>().Fails(404);
    }

    private static Task<IResult> StartAsync(HttpContext context, string id, [FromServices] MoveExperiment move) => MoveAsync(context, id, move.StartAsync);

    private static Task<IResult> StopAsync(HttpContext context, string id, [FromServices] MoveExperiment move) => MoveAsync(context, id, move.StopAsync);

    private static Task<IResult> ConcludeAsync(HttpContext context, string id, [FromServices] MoveExperiment move) => MoveAsync(context, id, move.ConcludeAsync);

    private static Task<IResult> RollBackAsync(HttpContext context, string id, [FromServices] MoveExperiment move) => MoveAsync(context, id, move.RollBackAsync);

    private static async Task<IResult> MoveAsync(HttpContext context, string id, Move move)
    {
        var body = await RequestBody.ReadOptionalAsync(context);
        if (body.Failed)
        {
            return Replies.Fail(body.Failure);
        }

        var caller = context.GetCaller();
        var ask = new MoveExperiment.Ask(caller.OrganisationId, id, caller.PrincipalId, etag => EntityTags.Allows(context.Request, etag));
        var moved = await move(ask, body.Value, context.RequestAborted);
        return moved.Failed
            ? Replies.Fail(moved.Failure)
            : Replies.Json(ExperimentView.Of(moved.Value.Value), ExperimentsJson.Default.ExperimentView, StatusCodes.Status200OK, moved.Value.ETag);
    }

    private static async Task<IResult> ResultsAsync(
        HttpContext context,
        string id,
        [FromServices] PartDirectory<StoredExperiment, ExperimentSet> directory,
        [FromServices] FindVariantFigures figures,
        [FromServices] TimeProvider time)
    {
        var organisationId = context.GetCaller().OrganisationId;
        if (directory.Find(organisationId, id)?.Value is not { } stored)
        {
            return Replies.Fail(new ExperimentNotFound());
        }

        var found = stored.StartedUnixMs is { } started
            ? await figures(organisationId, id, started, withFeedback: true, context.RequestAborted)
            : new Dictionary<string, VariantFigures>();
        return Replies.Json(
            ExperimentResultsView.Of(stored, found, time.GetUtcNow().ToUnixTimeMilliseconds()), ExperimentsJson.Default.ExperimentResultsView);
    }
}

using System.Text;
using AiOrchestrator.Core.Gateway.Responses;
using AiOrchestrator.Core.Gateway.Videos;
using AiOrchestrator.Core.Identity;
using AiOrchestrator.Core.Metering;
using AiOrchestrator.Core.Platform;
using AiOrchestrator.Core.Providers;
using AiOrchestrator.Core.Providers.OpenAi;
using AiOrchestrator.Core.Providers.Registry;
using AiOrchestrator.Core.Traffic.Classifying;
using AiOrchestrator.Core.Traffic.Decision;
using AiOrchestrator.Core.Traffic.Facts;

namespace AiOrchestrator.Core.Gateway.Stages;

/// <summary>Chooses who serves the call: by the whole decision where several could, by what it goes on with where only one can.</summary>
internal sealed class ChooseRoute(DecideRoute decide, CallFactsOf facts, ModelClassifier classifier)
{
    public ApiFailure? Run(Exchange exchange)
    {
        var now = exchange.Arrived.ToUnixTimeMilliseconds();
        if (exchange.Source is { } source)
        {
            return FindSource(exchange, source, now, out var made) ?? decide.Refuse(facts.Of(exchange), made!, source.Model) ?? Use(exchange, made!);
        }

        return Decide(exchange, facts.Of(exchange), now);
    }

    /// <summary>The same, of a call that a model may be asked about first: what kind of work it is.</summary>
    public async ValueTask<ApiFailure?> RunAsync(Exchange exchange)
    {
        if (exchange.Source is not null)
        {
            return Run(exchange);
        }

        var known = facts.Of(exchange);
        if (known is { IsAutomatic: true, CategoryAsked: null } && classifier.IsOn(known.OrganisationId) && !AskAsCaller.IsQuestion(exchange)
            && !DryRun.IsAsked(exchange) && decide.GoesByCategory(known))
        {
            try
            {
                AskAsCaller.From(exchange.Context);
                known.Classification = await classifier.ClassifyAsync(exchange.Caller, known.Text, known.Classification, again: false, exchange.Context.RequestAborted);
            }
            catch (OperationCanceledException) when (exchange.Context.RequestAborted.IsCancellationRequested)
            {
                // The client left while a model was asked what its call is.
                return new ClientGone();
            }
        }

        return Decide(exchange, known, exchange.Arrived.ToUnixTimeMilliseconds());
    }

    private ApiFailure? Decide(Exchange exchange, CallFacts known, long now)
    {
        var trace = exchange.TracesRoute ? exchange.RouteTrace = new DecisionTrace(exchange.IsExplained) : null;
        if (decide.Run(new DecisionRequest(known, exchange.Caller.Key!, exchange.Providers.Models, exchange.Prices, exchange.IsExplained || DryRun.IsAsked(exchange)), out var plan, trace) is { } failure)
        {
            return failure;
        }

        exchange.RouteReason = plan!.Reason;
        if (exchange.Request.PreviousResponseId is { } previous && Follow(exchange, previous, plan, now) is { } elsewhere)
        {
            return elsewhere;
        }

        exchange.Plan = plan;
        return null;
    }

    private static ApiFailure? Use(Exchange exchange, Route route)
    {
        exchange.Route = route;
        return PinPrice.Run(exchange);
    }

    /// <summary>What is made of a video is made where it lies, by what made it: nothing takes the place of that.</summary>
    private static ApiFailure? FindSource(Exchange exchange, VideoJob source, long now, out Route? route)
    {
        route = null;
        if (!exchange.Caller.Key!.AllowsModel(source.Model))
        {
            return ModelNotAllowed.Instance;
        }

        var models = exchange.Providers.Models;
        route = models.RouteAt(source.Provider, source.Model);
        exchange.Found = models.Find(source.Model, now);
        return route is null ? new VideoProviderGone(source.Provider)
            : route.Life.IsDeadAt(now) ? new ModelRetired(source.Model, route.Life.RetiredUnixMs)
            : null;
    }

    /// <summary>What goes on with a response goes on where it lies, if it may; whose it is is decided by its seal.</summary>
    private ApiFailure? Follow(Exchange exchange, string previous, RoutePlan plan, long now)
    {
        var first = plan.Candidates[0];
        if (!exchange.ResponseIds.TryOpen(exchange.Caller, previous, out var response))
        {
            // Where nothing is stored, what is said of that helps more.
            return first.Route.Provider.FormatOf(exchange.Call) is OpenAiResponsesFormat ? new PreviousResponseNotFound(previous) : null;
        }

        var model = first.Route.Model.Id;
        exchange.Request.PreviousUpstreamJson = Encoding.ASCII.GetBytes($"\"{response.UpstreamId}\"");
        if (plan.Candidates.FirstOrDefault(c => c.Route.Provider.Id == response.ProviderId) is { Route: not null } candidate)
        {
            plan.Candidates = [candidate];
            return null;
        }

        var route = exchange.Providers.Models.RouteAt(response.ProviderId, model);
        return route?.Model.Price.Kind != ModelKind.Chat || route.Life.IsDeadAt(now)
            ? new PreviousResponseElsewhere(response.ProviderId, model)
            : decide.Refuse(facts.Of(exchange), route, model) ?? new PreviousResponseElsewhere(response.ProviderId, model);
    }
}

using System.Text.Json.Serialization;
using AiOrchestrator.Core.Platform;
using AiOrchestrator.Core.Traffic.Classifying;
using AiOrchestrator.Core.Traffic.Decision;
using AiOrchestrator.Core.Traffic.Rules;
using AiOrchestrator.Ledger.Money;

namespace AiOrchestrator.Core.Gateway;

/// <summary>Why a call goes where it goes (RT-07).</summary>
public sealed record RouteExplanation
{
    /// <summary>The model that would serve it; null where none does.</summary>
    public string? Model { get; init; }

    /// <summary>Who would; null where nobody does.</summary>
    public string? Provider { get; init; }

    /// <summary>What decided, and its name: <c>rule:sys_screenshot</c>, <c>category:coding</c>, <c>priority</c>; null where the call is refused before.</summary>
    public string? Reason { get; init; }

    /// <summary>The chain it came from, or null.</summary>
    public string? Chain { get; init; }

    /// <summary>Why it would be refused, or null.</summary>
    public ErrorBody? Failure { get; init; }

    /// <summary>What kind of work it was taken for; null where that did not matter.</summary>
    public ClassificationView? Classification { get; init; }

    /// <summary>The experiment it is a part of, and the variant, or null.</summary>
    public string? Experiment { get; init; }

    /// <summary>Who is asked, in order.</summary>
    public IReadOnlyList<CandidateView> Candidates { get; init; } = [];

    /// <summary>Who is not asked, and why.</summary>
    public IReadOnlyList<RejectedRoute> Rejected { get; init; } = [];

    /// <summary>Rules in the order in which they are considered, and what became of each: all to an administrator; to a caller those that ship, and the one that took the call.</summary>
    public IReadOnlyList<RuleStep> Rules { get; init; } = [];

    /// <summary>Members of the request that a rule or an experiment sets.</summary>
    public IReadOnlyList<string> Sets { get; init; } = [];

    /// <summary>Tags the decision is marked with.</summary>
    public IReadOnlyList<string> Marks { get; init; } = [];

    /// <summary>Until the first byte, about; milliseconds, or null.</summary>
    public long? LatencyEstimateMs { get; init; }

    /// <summary>What would be held, for the dearest of those that may be asked; or null.</summary>
    public string? HoldUsd { get; init; }

    /// <summary>What an exchange that was looked at came to.</summary>
    /// <param name="exchange">Its decision was traced.</param>
    /// <param name="failure">Why it goes no further; null where it would be sent.</param>
    internal static RouteExplanation Of(Exchange exchange, ApiFailure? failure)
    {
        var (plan, trace) = (exchange.Plan, exchange.RouteTrace);
        return new RouteExplanation
        {
            Model = exchange.Route?.Model.Id,
            Provider = exchange.Route?.Provider.Id,
            Reason = plan?.Reason ?? (exchange.Route is null ? null : exchange.RouteReason),
            Chain = plan?.ChainName,
            Failure = failure is null ? null : new ErrorBody(failure.Message, failure.Type, failure.Param, failure.Code),
            Classification = trace?.Classification is { } found ? ClassificationView.Of(found) : null,
            Experiment = plan?.ExperimentId is { } experiment ? $"{experiment}/{plan.Variant}" : null,
            Candidates = trace?.Candidates ?? [],
            Rejected = trace?.Rejected ?? [],
            Rules = trace?.RulesTold() ?? [],
            Sets = exchange.Settings,
            Marks = plan?.Rule?.Action.Mark ?? [],
            LatencyEstimateMs = plan?.LatencyEstimateMs,
            HoldUsd = failure is null ? NanoUsd.FormatUsd(exchange.HoldNanoUsd) : null,
        };
    }
}

/// <summary>The body of <c>POST /control/v1/routes/explain</c>.</summary>
/// <param name="KeyId">Whose call it would be.</param>
/// <param name="Request">The body of the call.</param>
/// <param name="Endpoint">What is asked for, as usage events name it; <c>chat.completions</c> when absent.</param>
/// <param name="Headers">Headers of the call that routing looks at: <c>x-tags</c>, <c>x-feature-id</c>, <c>x-ao-region</c>, <c>x-forwarded-for</c>.</param>
/// <param name="Address">Where it would come from; null for nowhere that is known.</param>
/// <param name="At">When, RFC 3339; now when absent.</param>
public sealed record ExplainRouteRequest(
    string KeyId,
    System.Text.Json.JsonElement Request,
    string? Endpoint = null,
    IReadOnlyDictionary<string, string>? Headers = null,
    string? Address = null,
    DateTimeOffset? At = null);

/// <summary>The written form of explanations.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(RouteExplanation))]
[JsonSerializable(typeof(ExplainRouteRequest))]
internal sealed partial class RouteExplanationJson : JsonSerializerContext;

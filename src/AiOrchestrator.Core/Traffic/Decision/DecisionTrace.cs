using AiOrchestrator.Core.Platform;
using AiOrchestrator.Core.Providers;
using AiOrchestrator.Core.Traffic.Facts;
using AiOrchestrator.Core.Traffic.Rules;
using AiOrchestrator.Core.Traffic.Strategies;

namespace AiOrchestrator.Core.Traffic.Decision;

/// <summary>A model or a route that was not taken, and why.</summary>
/// <param name="Model">The model.</param>
/// <param name="Provider">The provider; null where no route was looked at.</param>
/// <param name="Code">Why, as errors have it; or <c>unavailable</c>, <c>refused</c>.</param>
/// <param name="Message">The same in a sentence.</param>
public sealed record RejectedRoute(string Model, string? Provider, string Code, string Message);

/// <summary>A route that was taken, and what was known of it.</summary>
/// <param name="Model">The model.</param>
/// <param name="Provider">The provider.</param>
/// <param name="Weight">Its part where parts count.</param>
/// <param name="CostUsd">What the call would cost there, about; null where that is not known.</param>
/// <param name="LatencyMs">Until the first byte, about; milliseconds.</param>
/// <param name="Availability">Good answers by all lately; 0 to 1.</param>
/// <param name="UnderWay">Calls under way there from this instance.</param>
/// <param name="IsLastResort">Whether it is asked only after all others, since it is not well.</param>
public sealed record CandidateView(
    string Model, string Provider, int Weight, string? CostUsd, long LatencyMs, double Availability, int UnderWay, bool IsLastResort);

/// <summary>Takes down what was looked at while it is decided who serves a call. Only for those who asked.</summary>
internal sealed class DecisionTrace(bool tellsAll)
{
    /// <summary>Whether models are told too that the key may not call, and all rules: to an administrator.</summary>
    public bool TellsAll => tellsAll;

    private readonly List<RejectedRoute> _rejected = [];
    private readonly HashSet<(string Provider, string Model)> _unwell = [];

    /// <summary>The rules that were considered.</summary>
    public RuleTrace Rules { get; } = new();

    /// <summary>The rules that are told: what an organisation's rules look for, people and teams among it, is an administrator's to read, but for the one that took the call.</summary>
    public IReadOnlyList<RuleStep> RulesTold() =>
        tellsAll ? Rules.Steps : [.. Rules.Steps.Where(static s => s.IsSystem || s.Outcome == RuleOutcome.Matched)];

    /// <summary>What kind of work the call was taken for; null where nobody asked.</summary>
    public Classification? Classification { get; private set; }

    /// <summary>What was not taken, in the order in which it was looked at.</summary>
    public IReadOnlyList<RejectedRoute> Rejected => _rejected;

    /// <summary>Who is asked, in order.</summary>
    public IReadOnlyList<CandidateView> Candidates { get; private set; } = [];

    /// <summary>Notes what is not taken.</summary>
    public void Reject(string model, string? provider, ApiFailure why) => _rejected.Add(new RejectedRoute(model, provider, why.Code, why.Message));

    /// <summary>Notes who comes last since it is not well.</summary>
    public void Unwell(Route route) => _unwell.Add((route.Provider.Id, route.Model.Id));

    /// <summary>Notes who is asked.</summary>
    public void Chosen(RoutePlan plan, CallFacts facts, in OrderTerms terms)
    {
        Classification = facts.IsClassified ? facts.Classification : null;
        var views = new List<CandidateView>(plan.Candidates.Count);
        foreach (var candidate in plan.Candidates)
        {
            var cost = terms.CostNanoUsd(candidate);
            var (provider, model) = (candidate.Route.Provider.Id, candidate.Route.Model.Id);
            views.Add(new CandidateView(
                model,
                provider,
                candidate.Weight,
                cost == long.MaxValue ? null : Ledger.Money.NanoUsd.FormatUsd(cost),
                LatencyEstimate.Of(candidate),
                Math.Round(candidate.Cell.Availability, 4),
                candidate.Cell.UnderWay,
                _unwell.Contains((provider, model))));
        }

        Candidates = views;
    }
}

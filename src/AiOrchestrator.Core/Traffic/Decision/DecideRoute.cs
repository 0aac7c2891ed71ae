using System.Collections.Concurrent;
using AiOrchestrator.Core.Identity;
using AiOrchestrator.Core.Metering;
using AiOrchestrator.Core.Metering.Pricing;
using AiOrchestrator.Core.Platform;
using AiOrchestrator.Core.Providers;
using AiOrchestrator.Core.Providers.Health;
using AiOrchestrator.Core.Providers.Registry;
using AiOrchestrator.Core.Traffic.Chains;
using AiOrchestrator.Core.Traffic.Experiments;
using AiOrchestrator.Core.Traffic.Facts;
using AiOrchestrator.Core.Traffic.Preferences;
using AiOrchestrator.Core.Traffic.Resilience;
using AiOrchestrator.Core.Traffic.Rules;
using AiOrchestrator.Core.Traffic.Strategies;

namespace AiOrchestrator.Core.Traffic.Decision;

/// <summary>What is decided about, and under which configuration.</summary>
/// <param name="Facts">The call.</param>
/// <param name="Key">Whose it is.</param>
/// <param name="Models">What names lead to.</param>
/// <param name="Prices">What calls cost.</param>
/// <param name="IsRehearsal">Whether nothing is sent: nobody's turn is over for it.</param>
internal readonly record struct DecisionRequest(CallFacts Facts, ApiKey Key, ModelMap Models, PriceBook Prices, bool IsRehearsal = false);

/// <summary>
/// Decides who serves a call, and who is asked next (RT-03 to RT-07): a function of the call, of the configuration and of how the routes are; it asks nobody.
/// First the models (<see cref="ChooseTarget"/>), then who serves them and may (<see cref="Eligibility"/>), then their order.
/// </summary>
internal sealed class DecideRoute(TrafficBook book, HealthBook health, RouteBook routes)
{
    private const string ByHealth = "health";

    private static readonly ExperimentSet NoExperiments = new([]);

    /// <summary>Most routes that stand in a plan; more are tried for no call.</summary>
    private const int MaxCandidates = 16;

    /// <summary>About how many tokens an answer has that nothing bounds.</summary>
    private const int UsualOutputTokens = 500;

    private readonly ConcurrentDictionary<(string OrganisationId, string ChainId), Turns> _turns = new();

    /// <summary>Decides.</summary>
    /// <param name="request">About what.</param>
    /// <param name="plan">The plan when null is returned.</param>
    /// <param name="trace">Takes down what was looked at; null for nobody wants to know.</param>
    public ApiFailure? Run(in DecisionRequest request, out RoutePlan? plan, DecisionTrace? trace = null)
    {
        plan = null;
        var said = book.For(request.Facts);
        if (request.Facts.IsBatched)
        {
            // Nobody counts an experiment's variants there.
            said = said with { Experiments = NoExperiments };
        }

        if (ChooseTarget.Run(request, said, out var target, trace) is { } denied)
        {
            return denied;
        }

        var found = new CandidateList(MaxCandidates);
        ApiFailure? first = null;
        OrderTerms terms = default;
        for (var at = target; at is not null; at = at.Behind)
        {
            var before = found.Count;
            foreach (var entry in at.Entries)
            {
                if (Gather(request, said, at, entry, ref found, trace) is { } failure)
                {
                    first ??= failure;
                }
            }

            if (found.Count > before)
            {
                // What stands behind others takes no turn, and is not put before them.
                var strategy = at.Chain?.Strategy ?? Wanted(said.Preferences.Prefer);
                var own = Terms(request, at, strategy, isRehearsal: request.IsRehearsal || before > 0);
                OrderCandidates.Run(found.Span[before..], strategy, own);
                PutPreferredFirst(found.Span[before..], said.Preferences);
                terms = before == 0 ? own : terms;
            }
        }

        if (found.Count == 0)
        {
            return first is not null && (!target!.IsChosenHere || first.Status == 403) ? first : new NoModelAvailable(target!.Reason);
        }

        var isPassedOver = PutWellFirst(found.Span, request.Facts.UnixMs, trace);
        if (health.IsRefused(found.Span[0].Route))
        {
            return new CredentialRefused(found.Span[0].Route.Provider.Id);
        }

        DropRefused(ref found);
        plan = Plan(found.Span[0].Of! with { Rule = target!.Rule, IsGuessed = target.IsGuessed }, found, isPassedOver);
        trace?.Chosen(plan, request.Facts, terms);
        return null;
    }

    /// <summary>Whether what kind of work a call is decides who serves it, as far as is known: nobody has refused it, or said who does.</summary>
    public bool GoesByCategory(CallFacts facts)
    {
        var said = book.For(facts);
        var rule = said.Rules.Match(facts, trace: null, said.Preferences.CustomRulesOnly);
        return rule?.Action.Deny is null && (rule?.UseFor(facts) is null || rule.IsAsShipped) && !ChooseTarget.IsOverridden(facts, said);
    }

    /// <summary>Why a call may not go to a route that something else has chosen for it: where an earlier response lies, who made a video, who takes a batch.</summary>
    /// <param name="facts">The call.</param>
    /// <param name="route">The route.</param>
    /// <param name="model">Its model's name.</param>
    public ApiFailure? Refuse(CallFacts facts, Route route, string model)
    {
        var said = book.For(facts);
        return said.Rules.Match(facts, trace: null, said.Preferences.CustomRulesOnly) is { Action.Deny: { } denial } rule ? new DeniedByRule(rule.Id, denial.Message, rule.Marks)
            : !said.Regions.IsOpen && !said.Regions.Allows(route.Provider, facts.Origin) ? said.Regions.Refusal(facts.Origin)
            : said.Preferences.Allows(route, facts.UnixMs, out var why) ? null
            : new ModelBlocked(model, why!);
    }

    /// <summary>Adds the routes of one model; tells why it has none.</summary>
    private ApiFailure? Gather(in DecisionRequest request, in CallTerms said, Target target, ChainEntry entry, ref CandidateList found, DecisionTrace? trace)
    {
        var facts = request.Facts;
        var model = request.Models.Find(entry.Model, facts.UnixMs);
        if (ModelAccess.Check(request.Key, model) is { } refused)
        {
            if (refused.Status != 403 || trace?.TellsAll == true)
            {
                // What a key may not call it need not learn about.
                trace?.Reject(entry.Model, provider: null, refused);
            }

            return refused;
        }

        ApiFailure? why = null;
        var before = found.Count;
        foreach (var route in model.Serving!.Routes)
        {
            if (entry.Provider is { } provider && route.Provider.Id != provider)
            {
                continue;
            }

            if (Rejected(route, model.Serving, facts, said, target) is { } rejected)
            {
                why = why is null || rejected.Status == 403 ? rejected : why;
                trace?.Reject(route.Model.Id, route.Provider.Id, rejected);
                continue;
            }

            found.Add(new Candidate(route, model, routes.For(route), entry.Weight, target));
        }

        return found.Count > before ? null : why ?? new ModelNotFound(entry.Model);
    }

    /// <summary>Why a route may not serve; the law before what is wanted, and that before what it can do.</summary>
    private static ApiFailure? Rejected(Route route, KnownModel model, CallFacts facts, in CallTerms said, Target target) =>
        Eligibility.Check(route, model, facts, target.IsChosenHere)
        ?? (!said.Regions.IsOpen && !said.Regions.Allows(route.Provider, facts.Origin) ? said.Regions.Refusal(facts.Origin) : null)
        ?? (!said.Preferences.Allows(route, facts.UnixMs, out var why) ? new ModelBlocked(model.Id, why!)
            : target.Assignment?.Allows(model.Id) == false ? new ModelBlocked(model.Id, $"it is not among the models of the assignment '{target.Assignment.Id}'")
            : facts.IsBatched && !Eligibility.TakesBatches(route, facts.Call) ? new BatchesNotServed(model.Id)
            : null);

    private static Strategy Wanted(Prefer prefer) => prefer switch
    {
        Prefer.Speed => Strategy.LeastLatency,
        Prefer.Cost => Strategy.Cheapest,
        _ => Strategy.Priority,
    };

    /// <summary>A preferred provider is used whenever it is eligible (P22); who wants models that see gets those first.</summary>
    private static void PutPreferredFirst(Span<Candidate> candidates, EffectivePreferences preferences)
    {
        Span<double> keys = stackalloc double[candidates.Length];
        for (var i = 0; i < keys.Length; i++)
        {
            keys[i] = preferences.Rank(candidates[i].Route);
            if (preferences.Prefer == Prefer.Vision && candidates[i].Found.Serving?.Capabilities.Cover(ModelCapabilities.Vision) != true)
            {
                keys[i] += 1000;
            }
        }

        OrderCandidates.Partition(candidates, keys);
    }

    private OrderTerms Terms(in DecisionRequest request, Target target, Strategy strategy, bool isRehearsal)
    {
        var facts = request.Facts;
        var output = Math.Min(facts.OutputTokensMax ?? UsualOutputTokens, UsualOutputTokens);
        return new OrderTerms(
            request.Prices,
            DateTimeOffset.FromUnixTimeMilliseconds(facts.UnixMs),
            new TokenUsage(facts.PromptTokens, output),
            facts.Chance,
            strategy == Strategy.RoundRobin ? _turns.GetOrAdd((facts.OrganisationId, target.Chain!.Id), static _ => new Turns()).Next(isRehearsal) : 0,
            target.Chain?.Terms);
    }

    /// <summary>
    /// Whoever is UNAVAILABLE, has an open breaker or asked to be left alone comes last: health alone refuses no call. Whoever does not take our credential
    /// comes behind them all, and is not asked again before somebody has looked (P27). Tells whether the first one is passed over.
    /// </summary>
    private bool PutWellFirst(Span<Candidate> candidates, long unixMs, DecisionTrace? trace)
    {
        Span<double> keys = stackalloc double[candidates.Length];
        for (var i = 0; i < keys.Length; i++)
        {
            var (route, cell) = (candidates[i].Route, candidates[i].Cell);
            var isWell = IsWell(route, cell, unixMs);
            keys[i] = isWell ? 0 : health.IsRefused(route) ? 2 : 1;
            if (!isWell)
            {
                trace?.Unwell(route);
            }
        }

        var isPassedOver = keys[0] > 0 && keys.Contains(0);
        OrderCandidates.Partition(candidates, keys);
        return isPassedOver;
    }

    /// <summary>Who is UNAVAILABLE for failures gets one call for each time its breaker is open, and the next where that one was answered: so it is back within a window.</summary>
    internal bool IsWell(Route route, RouteCell cell, long unixMs)
    {
        var phase = cell.PhaseAt(unixMs);
        return cell.PausedUntilUnixMs <= unixMs && phase != BreakerPhase.Open
            && (health.StatusOf(route) != HealthStatus.Unavailable || (!health.IsRefused(route) && (phase == BreakerPhase.HalfOpen || health.IsComingBack(route))));
    }

    /// <summary>Those at the end that refused our credential are not asked, whatever becomes of the others.</summary>
    private void DropRefused(ref CandidateList found)
    {
        while (found.Count > 1 && health.IsRefused(found.Span[found.Count - 1].Route))
        {
            found.DropLast();
        }
    }

    private static RoutePlan Plan(Target target, CandidateList found, bool isPassedOver)
    {
        var chain = target.Chain;
        var first = found.Span[0];
        return new RoutePlan
        {
            Candidates = found.First(MaxCandidates),
            Reason = isPassedOver && target.Reason == ChooseTarget.ByPriority ? ByHealth : target.Reason,
            MaxAttempts = chain?.MaxAttempts ?? Chain.DefaultAttempts,
            Retries = chain?.Retries ?? Chain.DefaultRetries,
            HedgeAfterMs = chain?.HedgeAfterMs,
            TotalTimeoutMs = chain?.TotalTimeoutMs,
            ChainName = chain?.Name,
            Rule = target.Rule,
            IsGuessed = target.IsGuessed,
            ExperimentId = target.ExperimentId,
            Variant = target.Variant,
            ExperimentCluster = target.ExperimentCluster,
            VariantParameters = target.VariantParameters,
            IsChosenHere = target.IsChosenHere,
            LatencyEstimateMs = LatencyEstimate.Of(first),
        };
    }

    /// <summary>Candidates as they come, each route once.</summary>
    private struct CandidateList(int usual)
    {
        private Candidate[] _all = new Candidate[usual];

        public int Count { get; private set; }

        public readonly Span<Candidate> Span => _all.AsSpan(0, Count);

        public void Add(in Candidate candidate)
        {
            foreach (ref readonly var known in Span)
            {
                if (ReferenceEquals(known.Route, candidate.Route))
                {
                    return;
                }
            }

            if (Count == _all.Length)
            {
                Array.Resize(ref _all, Count * 2);
            }

            _all[Count++] = candidate;
        }

        public void DropLast() => Count--;

        public readonly Candidate[] First(int most) => _all.AsSpan(0, Math.Min(Count, most)).ToArray();
    }

    /// <summary>Whose turn it is of a chain's.</summary>
    private sealed class Turns
    {
        private long _count = -1;

        public long Next(bool isRehearsal) => (isRehearsal ? Volatile.Read(ref _count) + 1 : Interlocked.Increment(ref _count)) & long.MaxValue;
    }
}

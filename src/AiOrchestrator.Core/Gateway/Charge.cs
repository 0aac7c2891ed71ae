using AiOrchestrator.Core.Metering;
using AiOrchestrator.Core.Metering.Extraction;
using AiOrchestrator.Core.Providers;

namespace AiOrchestrator.Core.Gateway;

/// <summary>What is known of a call when it is charged.</summary>
/// <param name="Price">The price pinned for it.</param>
/// <param name="HoldNanoUsd">What it holds.</param>
/// <param name="Limits">What the model can do.</param>
internal readonly record struct ChargeFacts(ModelPrice Price, long HoldNanoUsd, ModelLimits Limits)
{
    /// <summary>Whether anything was sent.</summary>
    public bool Sent { get; init; }

    /// <summary>What the provider answered; 0 when nothing.</summary>
    public int UpstreamStatus { get; init; }

    /// <summary>Whether the answer came to its end without an error: then a report is due.</summary>
    public bool IsWhole { get; init; }

    /// <summary>Whether a choice came to its end: a usage reported before that is one of several.</summary>
    public bool IsFinished { get; init; }

    /// <summary>What the provider reported; null when nothing.</summary>
    public ReportedUsage? Reported { get; init; }

    /// <summary>Prompt tokens by our own count.</summary>
    public long CountedPromptTokens { get; init; }

    /// <summary>Completion tokens by our own count of what was received.</summary>
    public long CountedCompletionTokens { get; init; }

    /// <summary>Upper bound of the prompt, as it was held for.</summary>
    public long PromptTokensMax { get; init; }

    /// <summary>Bound on each choice's output, as it was held for.</summary>
    public long OutputTokensMax { get; init; }

    /// <summary>Choices asked for.</summary>
    public int Choices { get; init; }

    /// <summary>Units other than tokens it used as far as we can tell; a report takes their place.</summary>
    public UnitQuantity[]? CountedUnits { get; init; }
}

/// <summary>What a call is charged, and by whose count.</summary>
/// <param name="Usage">The tokens that cost and suspended amount stand for: their cost is the sum of both.</param>
/// <param name="CostNanoUsd">What is charged.</param>
/// <param name="Source"><c>reported</c>, <c>counted</c>, <c>larger</c> (of the two, count by count), or null where nothing is charged.</param>
/// <param name="Anomaly">What is wrong with the report; null when nothing is.</param>
/// <param name="SuspendedNanoUsd">Claimed beyond the hold: to be looked at before it is charged.</param>
internal readonly record struct Charge(TokenUsage Usage, long CostNanoUsd, string? Source, string? Anomaly, long SuspendedNanoUsd)
{
    /// <summary>Units other than tokens, charged beside them.</summary>
    public UnitQuantity[] Units { get; init; } = [];

    /// <summary>A report with nothing wrong but that it costs more than the call held.</summary>
    public const string AboveHold = "above_hold";

    /// <summary>By whose count an answer is charged that is given again: a part of what it cost.</summary>
    public const string Cached = "cache";

    private const string Counted = "counted";

    /// <summary>Prompt tokens a sound report may be above a tight hold: providers add instructions of their own, for tools and formats.</summary>
    private const int SlackTokens = 64;

    /// <summary>Likewise, a part of the hold: 1 percent.</summary>
    private const int SlackDivisor = 100;

    /// <summary>Where no source says what a model can do, so many times what was held for is the most that is believed.</summary>
    internal const int BelievedTimes = 10;

    /// <summary>What an exchange is charged as it stands.</summary>
    public static Charge Of(Exchange exchange) => exchange.IsReplayed ? Replayed(exchange) : exchange.Pinned is null ? default : exchange.Order is not null ? Reserved(exchange) : Of(new ChargeFacts(exchange.Billing.Served(exchange.AnswerFacts.ServiceTier).Price, OwnHold(exchange), exchange.Route!.Model.LimitsFor(exchange.Call))
    {
        Sent = exchange.Sent,
        UpstreamStatus = exchange.UpstreamStatus,
        IsWhole = exchange.Failure is null && !exchange.ClientGone && !exchange.AnswerFacts.HasError && MediaUse.ReportIsDue(exchange),
        IsFinished = exchange.AnswerFacts.FinishReason is not null,
        Reported = exchange.AnswerFacts.Reported,
        CountedPromptTokens = exchange.PromptTokensExpected,
        CountedCompletionTokens = MediaUse.CompletionTokens(exchange),
        CountedUnits = MediaUse.Units(exchange),
        PromptTokensMax = exchange.PromptTokensMax,
        OutputTokensMax = exchange.OutputTokensMax,
        Choices = exchange.Request.Choices,
    });

    /// <summary>
    /// The rule. Nothing was sent, or the provider answered with an error status: nothing. A sound report: that, reasoning, cache writes and rejected
    /// predictions as the price has them. No report (the client went away, a deadline passed, the answer broke off; or there should have been one):
    /// the prompt and the tokens that were received as we count them. A report with something wrong: each total the larger of what can be read and
    /// what we count. What that costs beyond the hold is not charged but suspended, unless a sound report is above by no more than a provider's own
    /// instructions; and no more is believed than the model can do. No call is free by accident, and none is dear by accident.
    /// </summary>
    public static Charge Of(in ChargeFacts facts)
    {
        if (!facts.Sent || facts.UpstreamStatus >= 300)
        {
            return default;
        }

        var counted = new TokenUsage(Math.Min(facts.CountedPromptTokens, TokenUsage.MaxTokens), Math.Min(facts.CountedCompletionTokens, TokenUsage.MaxTokens));
        if (facts.Reported is not { } reported || reported is { Anomaly: UsageAnomaly.Missing })
        {
            return Capped(facts, counted, Counted, facts.IsWhole ? UsageAnomaly.Missing : UsageAnomaly.None);
        }

        var anomaly = reported.Anomaly;
        if (reported.Tokens.CompletionTokens == 0 && counted.CompletionTokens > 0)
        {
            anomaly = anomaly.And(UsageAnomaly.ZeroOutput);
        }

        // What stands at the beginning of a stream that was cut, or in the middle, is not what it came to.
        var isPartial = !facts.IsWhole && !facts.IsFinished && counted.CompletionTokens > reported.Tokens.CompletionTokens;
        return anomaly == UsageAnomaly.None && !isPartial && (reported.HasPrompt || reported.Units is not null)
            ? Capped(facts, reported.Tokens, "reported", anomaly)
            : Larger(facts, reported, counted, anomaly);
    }

    /// <summary>What is held for the route that was asked: a report is doubted by that, and not by what a dearer one would have been.</summary>
    private static long OwnHold(Exchange exchange) => exchange.OwnHoldNanoUsd > 0 ? Math.Min(exchange.OwnHoldNanoUsd, exchange.HoldNanoUsd) : exchange.HoldNanoUsd;

    /// <summary>An answer that was paid for before: nothing, or the part of it that the caller's policy says, which is what is held.</summary>
    private static Charge Replayed(Exchange exchange) => new(default, exchange.HoldNanoUsd, exchange.HoldNanoUsd > 0 ? Cached : null, Anomaly: null, SuspendedNanoUsd: 0);

    /// <summary>A batch that may have begun: all it can come to, until its results arrive.</summary>
    private static Charge Reserved(Exchange exchange) =>
        exchange.Sent && exchange.UpstreamStatus < 300 ? new Charge(default, exchange.HoldNanoUsd, "rule", Anomaly: null, SuspendedNanoUsd: 0) : default;

    private static Charge Larger(in ChargeFacts facts, in ReportedUsage reported, in TokenUsage counted, UsageAnomaly anomaly)
    {
        // A count so large that it was not read is as large as can be.
        var unread = anomaly == UsageAnomaly.Absurd ? TokenUsage.MaxTokens : 0;
        var prompt = Math.Max(reported.HasPrompt ? reported.Tokens.PromptTokens : unread, counted.PromptTokens);
        var completion = Math.Max(reported.HasCompletion ? reported.Tokens.CompletionTokens : unread, counted.CompletionTokens);
        var source = (prompt, completion) == (counted.PromptTokens, counted.CompletionTokens) ? Counted : "larger";
        return Capped(facts, reported.Tokens.WithTotals(prompt, completion), source, anomaly);
    }

    private static Charge Capped(in ChargeFacts facts, in TokenUsage claimed, string source, UsageAnomaly anomaly)
    {
        var usage = Believed(facts, claimed);
        var units = UnitsOf(facts);
        var cost = CostEngine.CostNanoUsd(facts.Price, usage, units);
        var above = cost - facts.HoldNanoUsd;
        var isSlack = above <= 0 || (anomaly == UsageAnomaly.None && usage == claimed && above <= Slack(facts));
        return isSlack
            ? new Charge(usage, cost, source, usage == claimed ? anomaly.Word() : anomaly.Word() ?? AboveHold, SuspendedNanoUsd: 0) { Units = units }
            : new Charge(usage, facts.HoldNanoUsd, source, anomaly.Word() ?? AboveHold, above) { Units = units };
    }

    /// <summary>What we can tell of units, and what the provider says instead; no more of it than is believed of tokens.</summary>
    private static UnitQuantity[] UnitsOf(in ChargeFacts facts)
    {
        var counted = facts.CountedUnits ?? [];
        if (facts.Reported is not { Units: { } reported })
        {
            return counted;
        }

        var units = new List<UnitQuantity>(counted.Length);
        foreach (var unit in counted)
        {
            var said = reported.Where(r => r.Unit == unit.Unit).Sum(static r => r.QuantityMilli);
            units.Add(said == 0 ? unit : unit with { QuantityMilli = Math.Min(said, Times(unit.QuantityMilli + 1000, BelievedTimes)) });
        }

        var price = facts.Price;
        units.AddRange(reported.Where(r => !counted.Any(c => c.Unit == r.Unit) && price.Prices(r.Unit, r.Qualifier)));
        return [.. units];
    }

    /// <summary>What can have been used, given what the model can do: the rest of a claim is a mistake, and must not keep money from anybody.</summary>
    private static TokenUsage Believed(in ChargeFacts facts, in TokenUsage claimed)
    {
        var choices = Math.Max(1, facts.Choices);
        var window = facts.Limits.WindowIsPerInput ? null : facts.Limits.ContextWindowTokens;
        var prompt = Math.Max(facts.PromptTokensMax, window ?? Times(facts.PromptTokensMax, BelievedTimes));
        var output = facts.Limits.MaxOutputTokens ?? facts.Limits.ContextWindowTokens ?? Times(facts.OutputTokensMax, BelievedTimes);
        var completion = Times(Math.Max(facts.OutputTokensMax, output), choices);
        return !facts.Price.HasTokenPrices || (claimed.PromptTokens <= prompt && claimed.CompletionTokens <= completion)
            ? claimed
            : claimed.WithTotals(Math.Min(prompt, claimed.PromptTokens), Math.Min(completion, claimed.CompletionTokens));
    }

    private static long Slack(in ChargeFacts facts)
    {
        var tokens = CostEngine.CostNanoUsd(facts.Price, new TokenUsage(SlackTokens, 0)) - CostEngine.CostNanoUsd(facts.Price, default);
        return Math.Max(tokens, facts.HoldNanoUsd / SlackDivisor);
    }

    private static long Times(long count, int times) => count > TokenUsage.MaxTokens / times ? TokenUsage.MaxTokens : count * times;
}

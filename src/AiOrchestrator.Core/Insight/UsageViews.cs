using System.Text.Json.Serialization;
using AiOrchestrator.Core.Metering;
using AiOrchestrator.Core.Platform;
using AiOrchestrator.Ledger.Money;

namespace AiOrchestrator.Core.Insight;

/// <summary>One call, as <c>GET /v1/usage</c> shows it. Amounts are decimal strings of US dollars, tokens are what was charged.</summary>
public sealed record UsageView
{
    /// <summary>The gateway's own id of the call, <c>ex_…</c>.</summary>
    public required string Id { get; init; }

    /// <summary>The caller's (or our) <c>x-request-id</c>: a label, not unique.</summary>
    public string? RequestId { get; init; }

    /// <summary>W3C trace id.</summary>
    public string? TraceId { get; init; }

    /// <summary>When the request arrived, whole seconds since 1970.</summary>
    public long Created { get; init; }

    /// <summary>What was asked for, such as <c>chat.completions</c>.</summary>
    public string? Endpoint { get; init; }

    /// <summary>The model that was chosen; what the caller named when none was.</summary>
    public string? Model { get; init; }

    /// <summary>The model the caller named.</summary>
    public string? ModelRequested { get; init; }

    /// <summary>Why that model: <c>priority</c>, <c>alias</c>, <c>replacement</c> or <c>default_model</c>; null when none was chosen.</summary>
    public string? RouteReason { get; init; }

    /// <summary>What of the call is of an earlier time, such as <c>functions</c> or <c>model:</c> and an id, joined with spaces; null for nothing.</summary>
    public string? LegacyUse { get; init; }

    /// <summary>The experiment it was a part of; null for none.</summary>
    public string? ExperimentId { get; init; }

    /// <summary>Which of the experiment's variants served it; null for none.</summary>
    public string? Variant { get; init; }
    /// <summary>Tries at other routes that failed before, in order: <c>provider/model code status</c>, joined by semicolons; null for none.</summary>
    public string? AttemptList { get; init; }

    /// <summary>The exchange this one goes on for, which is charged by itself; null for none.</summary>
    public string? RetryOf { get; init; }

    /// <summary>The rule that took the call, whether it chose the model, set, marked or refused; null for none.</summary>
    public string? RuleId { get; init; }

    /// <summary>The tags the rule marked it with, joined by commas; null for none.</summary>
    public string? RouteMarks { get; init; }

    /// <summary>What the cache had to do with it; null where it was refused before that.</summary>
    public UsageCacheView? Cache { get; init; }

    /// <summary>The model the provider says answered.</summary>
    public string? ModelReported { get; init; }

    /// <summary>The provider's id; null when none was called.</summary>
    public string? Provider { get; init; }

    /// <summary><c>ok</c>, <c>refused</c>, <c>error</c>, <c>timeout</c>, <c>cancelled</c> or <c>cut</c>.</summary>
    public UsageStatus Status { get; init; }

    /// <summary>What the client was answered; 0 when it was gone before.</summary>
    public int HttpStatus { get; init; }

    /// <summary>The stable code of the error; null without one.</summary>
    public string? ErrorCode { get; init; }

    /// <summary>Whether an event stream was asked for.</summary>
    public bool Stream { get; init; }

    /// <summary>Prompt tokens, cached ones included.</summary>
    public long PromptTokens { get; init; }

    /// <summary>Of them, read from the provider's cache.</summary>
    public long CachedPromptTokens { get; init; }

    /// <summary>Completion tokens, reasoning included.</summary>
    public long CompletionTokens { get; init; }

    /// <summary>Of them, reasoning.</summary>
    public long ReasoningTokens { get; init; }

    /// <summary>Prompt and completion tokens.</summary>
    public long TotalTokens { get; init; }

    /// <summary><c>reported</c> by the provider, <c>counted</c> by the gateway, the <c>larger</c> of the two, or <c>rule</c>; null when nothing was used.</summary>
    public string? UsageSource { get; init; }

    /// <summary>What was charged.</summary>
    public required string CostUsd { get; init; }

    /// <summary>What it comes to after re-ratings; null where none corrected it, and in lists.</summary>
    public string? ReratedUsd { get; init; }

    /// <summary>What it would have cost at list price, where a plan's multiplier says otherwise; null where that is what was charged.</summary>
    public string? ListCostUsd { get; init; }

    /// <summary>The plan's multiplier on the list price, as decimal text; null without a plan.</summary>
    public string? PriceMultiplier { get; init; }

    /// <summary>The organisation's own price it was charged by, or <c>last_resort</c>; null where it was the row's or the catalogue's.</summary>
    public string? PriceId { get; init; }

    /// <summary>What was held while the call ran.</summary>
    public required string HoldUsd { get; init; }

    /// <summary>Unit price of input it was charged by.</summary>
    public string? InputUsdPerMillion { get; init; }

    /// <summary>Unit price of output it was charged by.</summary>
    public string? OutputUsdPerMillion { get; init; }

    /// <summary>Milliseconds from arrival to the end.</summary>
    public double DurationMs { get; init; }

    /// <summary>Milliseconds from arrival to the first byte from the provider; null when none came.</summary>
    public double? FirstByteMs { get; init; }

    /// <summary>The API key used.</summary>
    public string? KeyId { get; init; }

    /// <summary>The wallet that paid.</summary>
    public string? Wallet { get; init; }

    /// <summary>The wallet period it was charged to.</summary>
    public string? Period { get; init; }

    /// <summary>The first choice's finish reason.</summary>
    public string? FinishReason { get; init; }

    /// <summary>The output limit the gateway set because money was short; null when it did not.</summary>
    public long? ClampedMaxTokens { get; init; }

    /// <summary>Calls made upstream.</summary>
    public int Attempts { get; init; }

    /// <summary>From <c>x-feature-id</c>.</summary>
    public string? FeatureId { get; init; }

    /// <summary>The request's <c>user</c> member.</summary>
    public string? EndUser { get; init; }

    /// <summary>What was wrong with the usage the provider reported; null when nothing was.</summary>
    public string? UsageAnomaly { get; init; }

    /// <summary>What is claimed beyond what was charged, and looked at in a review.</summary>
    public required string SuspendedUsd { get; init; }

    /// <summary>Of one call, what its review came to: <c>open</c>, <c>accepted</c>, <c>rejected</c>, <c>noted</c>; null without one, and in lists.</summary>
    public string? Review { get; init; }

    /// <summary>Of one call, what its review charged later; null while it is open, where there was nothing to decide, and in lists.</summary>
    public string? ChargedLaterUsd { get; init; }

    /// <summary>Of one call, what was given back because it came to nothing after it had ended; null where nothing was, and in lists.</summary>
    public string? RefundedUsd { get; init; }

    /// <summary>Of the prompt tokens, written to the provider's cache.</summary>
    public long CacheWritePromptTokens { get; init; }

    /// <summary>Of the prompt tokens, audio.</summary>
    public long AudioPromptTokens { get; init; }

    /// <summary>Of the prompt tokens, images.</summary>
    public long ImagePromptTokens { get; init; }

    /// <summary>Of the prompt tokens, video.</summary>
    public long VideoPromptTokens { get; init; }

    /// <summary>Of the completion tokens, audio.</summary>
    public long AudioCompletionTokens { get; init; }

    /// <summary>Of the completion tokens, images.</summary>
    public long ImageCompletionTokens { get; init; }

    /// <summary>Of the completion tokens, video.</summary>
    public long VideoCompletionTokens { get; init; }

    /// <summary>Of the completion tokens, citations.</summary>
    public long CitationTokens { get; init; }

    /// <summary>Of the completion tokens, predicted by the caller.</summary>
    public long AcceptedPredictionTokens { get; init; }

    /// <summary>Of the completion tokens, predictions that did not come true; charged all the same.</summary>
    public long RejectedPredictionTokens { get; init; }

    /// <summary>What was charged besides tokens: <c>image/1024x1024/hd=2;audio_second=12.345</c>; null for nothing.</summary>
    public string? Units { get; init; }

    /// <summary>Where the price comes from.</summary>
    public string? PriceSource { get; init; }

    /// <summary>The first day of the price; null where its source names none.</summary>
    public string? PriceFrom { get; init; }

    /// <summary>The usage as the provider wrote it, where something was wrong with it; its first 500 characters.</summary>
    public string? ClaimedUsage { get; init; }

    /// <summary>How the gateway counted; null where it did not.</summary>
    public string? Tokenizer { get; init; }

    /// <summary>Prompt tokens as the gateway counted them; 0 where it did not.</summary>
    public long CountedPromptTokens { get; init; }

    /// <summary>Completion tokens the gateway counted in what it received.</summary>
    public long CountedCompletionTokens { get; init; }

    /// <summary>As the provider reports it.</summary>
    public string? ServiceTier { get; init; }

    /// <summary>Milliseconds the provider was read on after the client had gone; null when it was not.</summary>
    public double? DrainedMs { get; init; }

    /// <summary>The version of the record's meaning; 0 for those written before it had one.</summary>
    public int SchemaVersion { get; init; }

    internal static UsageView Of(UsageEvent e) => Call(e) with
    {
        CacheWritePromptTokens = e.CacheWritePromptTokens,
        AudioPromptTokens = e.AudioPromptTokens,
        ImagePromptTokens = e.ImagePromptTokens,
        VideoPromptTokens = e.VideoPromptTokens,
        AudioCompletionTokens = e.AudioCompletionTokens,
        ImageCompletionTokens = e.ImageCompletionTokens,
        VideoCompletionTokens = e.VideoCompletionTokens,
        CitationTokens = e.CitationTokens,
        AcceptedPredictionTokens = e.AcceptedPredictionTokens,
        RejectedPredictionTokens = e.RejectedPredictionTokens,
        Units = e.Units,
        PriceSource = e.PriceSource,
        PriceFrom = e.PriceFrom,
        ClaimedUsage = e.ClaimedUsage,
        Tokenizer = e.Tokenizer,
        CountedPromptTokens = e.CountedPromptTokens,
        CountedCompletionTokens = e.CountedCompletionTokens,
        ServiceTier = e.ServiceTier,
        DrainedMs = e.DrainedUs == 0 ? null : e.DrainedUs / 1000.0,
        SchemaVersion = e.SchemaVersion,
    };

    private static UsageView Call(UsageEvent e) => new()
    {
        Id = e.Id,
        RequestId = e.RequestId,
        TraceId = e.TraceId,
        Created = Math.DivRem(e.CreatedUnixMs, 1000).Quotient,
        Endpoint = e.Endpoint,
        Model = e.Model ?? e.ModelRequested,
        ModelRequested = e.ModelRequested ?? e.Model,
        RouteReason = e.RouteReason,
        LegacyUse = e.LegacyUse,
        ExperimentId = e.ExperimentId,
        Variant = e.Variant,
        AttemptList = e.AttemptList,
        RetryOf = e.RetryOf,
        RuleId = e.RuleId,
        RouteMarks = e.RouteMarks,
        Cache = UsageCacheView.Of(e),
        ModelReported = e.ModelReported,
        Provider = e.Provider,
        Status = e.Status,
        HttpStatus = e.HttpStatus,
        ErrorCode = e.ErrorCode,
        Stream = e.Stream,
        PromptTokens = e.PromptTokens,
        CachedPromptTokens = e.CachedPromptTokens,
        CompletionTokens = e.CompletionTokens,
        ReasoningTokens = e.ReasoningTokens,
        TotalTokens = e.PromptTokens + e.CompletionTokens,
        UsageSource = e.UsageSource,
        CostUsd = NanoUsd.FormatUsd(e.CostNanoUsd),
        ListCostUsd = e.ListCostNanoUsd == 0 ? null : NanoUsd.FormatUsd(e.ListCostNanoUsd),
        PriceMultiplier = e.PriceMultiplier,
        PriceId = e.PriceId,
        HoldUsd = NanoUsd.FormatUsd(e.HoldNanoUsd),
        InputUsdPerMillion = e.InputUsdPerMillion,
        OutputUsdPerMillion = e.OutputUsdPerMillion,
        DurationMs = e.DurationUs / 1000.0,
        FirstByteMs = e.FirstByteUs == 0 ? null : e.FirstByteUs / 1000.0,
        KeyId = e.KeyId,
        Wallet = e.WalletId,
        Period = e.Period,
        FinishReason = e.FinishReason,
        ClampedMaxTokens = e.ClampedCompletionTokens == 0 ? null : e.ClampedCompletionTokens,
        Attempts = e.Attempts,
        FeatureId = e.FeatureId,
        EndUser = e.EndUser,
        UsageAnomaly = e.UsageAnomaly,
        SuspendedUsd = NanoUsd.FormatUsd(e.SuspendedNanoUsd),
    };
}

/// <summary>The written form of usage answers: every member is there, null or not.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(UsageView))]
[JsonSerializable(typeof(Page<UsageView>))]
[JsonSerializable(typeof(CostView))]
[JsonSerializable(typeof(Page<StatementLineView>))]
[JsonSerializable(typeof(ThresholdsView))]
[JsonSerializable(typeof(ChargebackView))]
[JsonSerializable(typeof(Exports.ExportsView))]
[JsonSerializable(typeof(DeadLettersView))]
[JsonSerializable(typeof(ReplayDeadLettersRequest))]
[JsonSerializable(typeof(ReplayView))]
internal sealed partial class InsightJson : JsonSerializerContext;

using System.Text.Json;
using System.Text.Json.Serialization;

namespace AiOrchestrator.Core.Metering;

/// <summary>How a call ended.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<UsageStatus>))]
public enum UsageStatus
{
    /// <summary>Answered in full.</summary>
    [JsonStringEnumMemberName("ok")] Ok,

    /// <summary>Refused by the gateway before anything was sent.</summary>
    [JsonStringEnumMemberName("refused")] Refused,

    /// <summary>The provider failed or answered with an error.</summary>
    [JsonStringEnumMemberName("error")] Error,

    /// <summary>A deadline passed.</summary>
    [JsonStringEnumMemberName("timeout")] Timeout,

    /// <summary>The client went away.</summary>
    [JsonStringEnumMemberName("cancelled")] Cancelled,

    /// <summary>The answer broke off after its first byte.</summary>
    [JsonStringEnumMemberName("cut")] Cut,
}

/// <summary>
/// Everything known about one call when it ends (MT-08). Defaults are not written. Amounts in nano-dollars, times in
/// milliseconds unless the name says microseconds.
/// </summary>
public sealed class UsageEvent
{
    /// <summary>
    /// The version of the records written now (docs/operations/usage-event.md). It grows when a member changes its meaning or is given up;
    /// new members that older readers may ignore do not count.
    /// </summary>
    public const int CurrentSchemaVersion = 2;

    /// <summary>The error code of an exchange that was cut because another of the same request answered first: the other one tells how the request ended.</summary>
    public const string SupersededCode = "superseded";

    /// <summary>The exchange id.</summary>
    public required string Id { get; init; }

    /// <summary>When the request arrived.</summary>
    public long CreatedUnixMs { get; set; }

    /// <summary>Whose call it was.</summary>
    public string? OrganisationId { get; set; }

    /// <summary>The API key used.</summary>
    public string? KeyId { get; set; }

    /// <summary>The provider's id.</summary>
    public string? Provider { get; set; }

    /// <summary>The model that was chosen.</summary>
    public string? Model { get; set; }

    /// <summary>How it ended.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
    public UsageStatus Status { get; set; }

    /// <summary>The caller's (or our) x-request-id: a label, not a key.</summary>
    public string? RequestId { get; set; }

    /// <summary>W3C trace id.</summary>
    public string? TraceId { get; set; }
    /// <summary>The process that served it.</summary>
    public string? InstanceId { get; set; }
    /// <summary>The configuration snapshot it was served under.</summary>
    public long ConfigurationVersion { get; set; }

    /// <summary>The wallet nearest to the caller.</summary>
    public string? WalletId { get; set; }
    /// <summary>All wallets it was charged to, leaf to root, joined with '/'; null for none.</summary>
    public string? WalletPath { get; set; }
    /// <summary>The period of the wallet nearest to the caller it was charged to.</summary>
    public string? Period { get; set; }
    /// <summary>The cost centre it is accounted to.</summary>
    public string? CostCentre { get; set; }
    /// <summary>From <c>x-feature-id</c>.</summary>
    public string? FeatureId { get; set; }
    /// <summary>The request's <c>user</c> member.</summary>
    public string? EndUser { get; set; }
    /// <summary>The client's own name, first 200 characters.</summary>
    public string? UserAgent { get; set; }
    /// <summary>The address the connection came from.</summary>
    public string? ClientAddress { get; set; }

    /// <summary>What was asked for: <c>chat.completions</c>, <c>embeddings</c>, <c>images.generations</c>, <c>audio.speech</c>, <c>audio.transcriptions</c>, <c>videos</c>, <c>videos.remix</c>, <c>messages</c>, <c>responses</c>, <c>completions</c>, <c>moderations</c>, <c>rerank</c>, <c>batches</c> (the reserve) or <c>batches.results</c> (all calls of one).</summary>
    public string? Endpoint { get; set; }
    /// <summary>The API the caller spoke.</summary>
    public string? Dialect { get; set; }
    /// <summary>Whether an event stream was asked for.</summary>
    public bool Stream { get; set; }
    /// <summary>The model the caller named, where that is not <see cref="Model"/>.</summary>
    public string? ModelRequested { get; set; }
    /// <summary>The name it was sent upstream under, where that is not <see cref="Model"/>.</summary>
    public string? UpstreamModel { get; set; }
    /// <summary>The model the provider says answered.</summary>
    public string? ModelReported { get; set; }
    /// <summary>The format spoken with the provider.</summary>
    public string? WireFormat { get; set; }
    /// <summary>Why this provider and model: <c>priority</c>, <c>health</c>, <c>alias</c>, <c>replacement</c>, <c>default_model</c>, or what decided and its name: <c>chain:fast</c>.</summary>
    public string? RouteReason { get; set; }
    /// <summary>What of the call is of an earlier time, words joined with spaces; null for nothing.</summary>
    public string? LegacyUse { get; set; }
    /// <summary>The experiment it was a part of; null for none.</summary>
    public string? ExperimentId { get; set; }
    /// <summary>Which of the experiment's variants served it; null for none.</summary>
    public string? Variant { get; set; }
    /// <summary>Which of 64 groups the key value is in that the experiment goes by: 1 to 64; 0 for none.</summary>
    public int ExperimentCluster { get; set; }
    /// <summary>Tries at other routes that failed before, in order: <c>provider/model code status</c>, joined by semicolons; null for none.</summary>
    public string? AttemptList { get; set; }
    /// <summary>The exchange this one goes on for, which is charged by itself; null for none.</summary>
    public string? RetryOf { get; set; }
    /// <summary>The rule that took the call, whether it chose the model, set, marked or refused; null for none.</summary>
    public string? RuleId { get; set; }
    /// <summary>The tags the rule marked it with, joined by commas; null for none.</summary>
    public string? RouteMarks { get; set; }
    /// <summary>What the other exchanges of the same request were charged that ended before this one; each has an event of its own.</summary>
    public long EarlierCostNanoUsd { get; set; }

    /// <summary>What the cache had to do with it: <c>hit</c>, <c>similar</c> (the answer to another question that means the same), <c>miss</c> or <c>bypass</c>; null where it was refused before that.</summary>
    public string? CacheOutcome { get; set; }
    /// <summary>Why the cache had nothing to do with it; null where it had.</summary>
    public string? CacheReason { get; set; }
    /// <summary>Whose answers it may be given, by the name that has in the organisation; null where the cache had nothing to do with it.</summary>
    public string? CacheNamespace { get; set; }
    /// <summary>The exchange whose answer it was given; null for none.</summary>
    public string? CacheOf { get; set; }
    /// <summary>How near the question was that was answered, in millionths: 1000000 for the same; 0 where it was given no answer.</summary>
    public long CacheSimilarityMicro { get; set; }
    /// <summary>What the answer it was given had cost, less what this call is charged.</summary>
    public long CacheSavedNanoUsd { get; set; }
    /// <summary>Prompt tokens of the call that paid for the answer it was given.</summary>
    public long CacheSavedPromptTokens { get; set; }
    /// <summary>Completion tokens of that call.</summary>
    public long CacheSavedCompletionTokens { get; set; }

    /// <summary>What the client was answered.</summary>
    public int HttpStatus { get; set; }
    /// <summary>The stable code of the error, if any.</summary>
    public string? ErrorCode { get; set; }
    /// <summary>What the provider answered; 0 when nothing.</summary>
    public int UpstreamStatus { get; set; }
    /// <summary>The provider's own request id.</summary>
    public string? UpstreamRequestId { get; set; }
    /// <summary>The first choice's finish reason.</summary>
    public string? FinishReason { get; set; }
    /// <summary>The service tier it was charged by, or the provider's own word where the price has none of that name.</summary>
    public string? ServiceTier { get; set; }
    /// <summary>Calls made upstream.</summary>
    public int Attempts { get; set; }

    /// <summary>Charged prompt tokens, cached and audio included.</summary>
    public long PromptTokens { get; set; }
    /// <summary>Of them, read from the provider's cache.</summary>
    public long CachedPromptTokens { get; set; }
    /// <summary>Of them, audio.</summary>
    public long AudioPromptTokens { get; set; }
    /// <summary>Charged completion tokens, reasoning and audio included.</summary>
    public long CompletionTokens { get; set; }
    /// <summary>Of them, reasoning.</summary>
    public long ReasoningTokens { get; set; }
    /// <summary>Of them, audio.</summary>
    public long AudioCompletionTokens { get; set; }
    /// <summary>Of them, accepted predictions.</summary>
    public long AcceptedPredictionTokens { get; set; }
    /// <summary>Of them, rejected predictions.</summary>
    public long RejectedPredictionTokens { get; set; }
    /// <summary>Of the prompt tokens, written to the provider's cache.</summary>
    public long CacheWritePromptTokens { get; set; }
    /// <summary>Of those written, for an hour.</summary>
    public long CacheWrite1hPromptTokens { get; set; }
    /// <summary>Of the prompt tokens, images.</summary>
    public long ImagePromptTokens { get; set; }
    /// <summary>Of the prompt tokens, video.</summary>
    public long VideoPromptTokens { get; set; }
    /// <summary>Of the prompt tokens, audio from the cache.</summary>
    public long CachedAudioPromptTokens { get; set; }
    /// <summary>Of the prompt tokens, images from the cache.</summary>
    public long CachedImagePromptTokens { get; set; }
    /// <summary>Of the completion tokens, images.</summary>
    public long ImageCompletionTokens { get; set; }
    /// <summary>Of the completion tokens, video.</summary>
    public long VideoCompletionTokens { get; set; }
    /// <summary>Of the completion tokens, citations.</summary>
    public long CitationTokens { get; set; }
    /// <summary>Units other than tokens it was charged for, as <see cref="UnitQuantity"/> writes them; null for none.</summary>
    public string? Units { get; set; }
    /// <summary><c>reported</c> by the provider, <c>counted</c> by the gateway, <c>larger</c> of the two, or <c>rule</c>.</summary>
    public string? UsageSource { get; set; }
    /// <summary>Best guess before the call.</summary>
    public long PromptTokensExpected { get; set; }
    /// <summary>Upper bound before the call.</summary>
    public long PromptTokensMax { get; set; }
    /// <summary>Enforced maximum per choice.</summary>
    public long CompletionTokensMax { get; set; }
    /// <summary>The maximum the gateway enforced because money was short; 0 when it did not.</summary>
    public long ClampedCompletionTokens { get; set; }

    /// <summary>What was held.</summary>
    public long HoldNanoUsd { get; set; }
    /// <summary>What was charged.</summary>
    public long CostNanoUsd { get; set; }
    /// <summary>Where the price comes from.</summary>
    public string? PriceSource { get; set; }
    /// <summary>The price's effective date.</summary>
    public string? PriceFrom { get; set; }
    /// <summary>Unit price of input.</summary>
    public string? InputUsdPerMillion { get; set; }
    /// <summary>Unit price of output.</summary>
    public string? OutputUsdPerMillion { get; set; }

    /// <summary>What was charged for what, where tokens at the two unit prices do not say it all; null where they do.</summary>
    public string? CostLines { get; set; }
    /// <summary>What it would have cost at list price; 0 where that is what was charged.</summary>
    public long ListCostNanoUsd { get; set; }
    /// <summary>The plan's multiplier on the list price, as decimal text; null without a plan.</summary>
    public string? PriceMultiplier { get; set; }
    /// <summary>The organisation's own price it was charged by; null where it was the catalogue's.</summary>
    public string? PriceId { get; set; }
    /// <summary>Claimed above the hold and not charged: in suspense until it is reviewed.</summary>
    public long SuspendedNanoUsd { get; set; }

    /// <summary>Prompt tokens as the gateway counts them; 0 where it did not count.</summary>
    public long CountedPromptTokens { get; set; }
    /// <summary>Completion tokens the gateway counted in what it received.</summary>
    public long CountedCompletionTokens { get; set; }
    /// <summary>How the gateway counted.</summary>
    public string? Tokenizer { get; set; }
    /// <summary>What was wrong with the usage the provider reported; null when nothing was.</summary>
    public string? UsageAnomaly { get; set; }
    /// <summary>The usage as the provider wrote it, where something was wrong with it; its first 500 characters.</summary>
    public string? ClaimedUsage { get; set; }
    /// <summary>Microseconds the provider was read on after the client had gone.</summary>
    public long DrainedUs { get; set; }
    /// <summary>The version of this record's meaning; 0 for those written before it had one.</summary>
    public int SchemaVersion { get; set; }

    /// <summary>How many choices were asked for.</summary>
    public int Choices { get; set; }
    /// <summary>How many messages were sent.</summary>
    public int Messages { get; set; }
    /// <summary>How many tools were offered.</summary>
    public int Tools { get; set; }
    /// <summary>How many image parts were sent.</summary>
    public int Images { get; set; }
    /// <summary>Size of the request body.</summary>
    public long RequestBytes { get; set; }
    /// <summary>Size of the answer relayed.</summary>
    public long ResponseBytes { get; set; }
    /// <summary>Events relayed.</summary>
    public long Chunks { get; set; }

    /// <summary>Waiting in line for the provider, microseconds; 0 where it did not.</summary>
    public long QueueWaitUs { get; set; }
    /// <summary>Microseconds spent waiting for money.</summary>
    public long HoldWaitUs { get; set; }
    /// <summary>Microseconds until the start was durable.</summary>
    public long StartDurableUs { get; set; }
    /// <summary>Microseconds from arrival to the first byte from upstream.</summary>
    public long FirstByteUs { get; set; }
    /// <summary>Microseconds from sending upstream to the end of its answer.</summary>
    public long UpstreamUs { get; set; }
    /// <summary>Microseconds from arrival to the end.</summary>
    public long DurationUs { get; set; }

    /// <summary>The tokens charged, as one value.</summary>
    public TokenUsage Usage() => new(
        PromptTokens,
        CompletionTokens,
        CachedPromptTokens,
        AudioPromptTokens,
        ReasoningTokens,
        AudioCompletionTokens,
        AcceptedPredictionTokens,
        RejectedPredictionTokens)
    {
        CacheWritePromptTokens = CacheWritePromptTokens,
        CacheWrite1hPromptTokens = CacheWrite1hPromptTokens,
        ImagePromptTokens = ImagePromptTokens,
        VideoPromptTokens = VideoPromptTokens,
        CachedAudioPromptTokens = CachedAudioPromptTokens,
        CachedImagePromptTokens = CachedImagePromptTokens,
        ImageCompletionTokens = ImageCompletionTokens,
        VideoCompletionTokens = VideoCompletionTokens,
        CitationTokens = CitationTokens,
    };

    /// <summary>Writes the tokens charged down.</summary>
    /// <param name="usage">What is charged.</param>
    public void SetUsage(in TokenUsage usage)
    {
        PromptTokens = usage.PromptTokens;
        CachedPromptTokens = usage.CachedPromptTokens;
        AudioPromptTokens = usage.AudioPromptTokens;
        CompletionTokens = usage.CompletionTokens;
        ReasoningTokens = usage.ReasoningTokens;
        AudioCompletionTokens = usage.AudioCompletionTokens;
        AcceptedPredictionTokens = usage.AcceptedPredictionTokens;
        RejectedPredictionTokens = usage.RejectedPredictionTokens;
        CacheWritePromptTokens = usage.CacheWritePromptTokens;
        CacheWrite1hPromptTokens = usage.CacheWrite1hPromptTokens;
        ImagePromptTokens = usage.ImagePromptTokens;
        VideoPromptTokens = usage.VideoPromptTokens;
        CachedAudioPromptTokens = usage.CachedAudioPromptTokens;
        CachedImagePromptTokens = usage.CachedImagePromptTokens;
        ImageCompletionTokens = usage.ImageCompletionTokens;
        VideoCompletionTokens = usage.VideoCompletionTokens;
        CitationTokens = usage.CitationTokens;
    }
}

/// <summary>
/// A usage event as JSON: snake case, defaults left out. Journals were written in it before they had a form of their own, and are
/// read for ever.
/// </summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingDefault,
    GenerationMode = JsonSourceGenerationMode.Default)]
[JsonSerializable(typeof(UsageEvent))]
public sealed partial class UsageEventJson : JsonSerializerContext
{
    /// <summary>Reads one event; unknown members are ignored so that an older reader survives a newer writer.</summary>
    public static UsageEvent Read(ReadOnlySpan<byte> json) => JsonSerializer.Deserialize(json, Default.UsageEvent)
        ?? throw new JsonException("a usage event is never null");
}

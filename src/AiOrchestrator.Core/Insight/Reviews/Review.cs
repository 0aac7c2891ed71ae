using System.Text.Json.Serialization;
using AiOrchestrator.Core.Insight.Rerating;
using AiOrchestrator.Core.Platform;

namespace AiOrchestrator.Core.Insight.Reviews;

/// <summary>What becomes of an amount in dispute that nobody decides on.</summary>
public enum DisputeRule
{
    /// <summary>It is charged.</summary>
    Charge,

    /// <summary>It is released.</summary>
    Release,
}

/// <summary>How far a review got, in order.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<ReviewState>))]
public enum ReviewState
{
    /// <summary>The amount is on its way into suspense on the wallets of the call's path.</summary>
    [JsonStringEnumMemberName("suspending")] Suspending,

    /// <summary>The amount is in suspense; a person decides, or the rule after a day.</summary>
    [JsonStringEnumMemberName("open")] Open,

    /// <summary>It is decided; the wallets are being told.</summary>
    [JsonStringEnumMemberName("deciding")] Deciding,

    /// <summary>Too many were open: it is decided by the rule, and charged together with others that are.</summary>
    [JsonStringEnumMemberName("queued")] Queued,

    /// <summary>Done, or there was nothing to decide.</summary>
    [JsonStringEnumMemberName("closed")] Closed,
}

/// <summary>A wallet of the call's path, and the period the call is charged to.</summary>
/// <param name="WalletId">The wallet.</param>
/// <param name="Period">The number of its period.</param>
internal sealed record ReviewShare(string WalletId, int Period);

/// <summary>A wallet that has not taken what it was told; it is told again.</summary>
/// <param name="WalletId">The wallet.</param>
/// <param name="IsSuspended">Whether the amount is in suspense there.</param>
/// <param name="Code">Why: the code of an error.</param>
internal sealed record ReviewRefusal(string WalletId, bool IsSuspended, string Code);

/// <summary>What was decided.</summary>
/// <param name="ChargeNanoUsd">What of the suspended amount is charged; the rest is released.</param>
/// <param name="Actor">Who decided: a principal, or <see cref="ByRule"/>.</param>
/// <param name="Note">What they wrote beside it; or null.</param>
/// <param name="AtUnixMs">When, milliseconds since 1970.</param>
internal sealed record ReviewDecision(long ChargeNanoUsd, string Actor, string? Note, long AtUnixMs)
{
    /// <summary>Nobody decided in time.</summary>
    public const string ByRule = "rule";
}

/// <summary>A call whose reported usage somebody should look at, as it is stored. Amounts in nano-dollars.</summary>
/// <param name="Id">The exchange.</param>
/// <param name="OrganisationId">Whose call it was.</param>
/// <param name="State">How far it got.</param>
/// <param name="Anomaly">What is wrong with what was reported.</param>
/// <param name="SuspendedNanoUsd">Claimed beyond what was charged; 0 where there is nothing to decide.</param>
/// <param name="Wallets">Those the call is charged to, leaf to root.</param>
internal sealed record Review(
    string Id, string OrganisationId, ReviewState State, string Anomaly, long SuspendedNanoUsd, IReadOnlyList<ReviewShare> Wallets)
{
    /// <summary>When the call was made, milliseconds since 1970.</summary>
    public long CreatedUnixMs { get; init; }

    /// <summary>The key it was made with.</summary>
    public string? KeyId { get; init; }

    /// <summary>The cost centre it is accounted to.</summary>
    public string? CostCentre { get; init; }

    /// <summary>Who served it.</summary>
    public string? Provider { get; init; }

    /// <summary>The model.</summary>
    public string? Model { get; init; }

    /// <summary>What the provider wrote.</summary>
    public string? ClaimedUsage { get; init; }

    /// <summary>By whose count it was charged.</summary>
    public string? UsageSource { get; init; }

    /// <summary>What was charged at once.</summary>
    public long ChargedNanoUsd { get; init; }

    /// <summary>What was held.</summary>
    public long HoldNanoUsd { get; init; }

    /// <summary>Tokens claimed, as far as they can be, or counted: what charged and suspended amount stand for.</summary>
    public long PromptTokens { get; init; }

    /// <summary>Likewise.</summary>
    public long CompletionTokens { get; init; }

    /// <summary>Completion tokens the gateway counted in what it received.</summary>
    public long CountedCompletionTokens { get; init; }

    /// <summary>When it was first seen: the day until the rule decides begins then.</summary>
    public long SeenUnixMs { get; init; }

    /// <summary>What was decided; null while nothing is, or where there was nothing to decide.</summary>
    public ReviewDecision? Decision { get; init; }

    /// <summary>Wallets that have not taken what they were told last.</summary>
    public IReadOnlyList<ReviewRefusal> Refusals { get; init; } = [];

    /// <summary>Under which reference it was charged, where it was charged together with others; or null.</summary>
    public string? Batch { get; init; }

    /// <summary><c>open</c>, <c>accepted</c>, <c>rejected</c>, or <c>noted</c> where there was nothing to decide.</summary>
    [JsonIgnore]
    public string Verdict => Decision switch
    {
        { ChargeNanoUsd: > 0 } => "accepted",
        not null => "rejected",
        null when SuspendedNanoUsd > 0 => "open",
        _ => "noted",
    };
}

/// <summary>That a review waits for something.</summary>
/// <param name="Id">The review.</param>
internal sealed record OpenReview(string Id);

/// <summary>The written form of reviews.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(Review))]
[JsonSerializable(typeof(OpenReview))]
[JsonSerializable(typeof(ReviewBatch))]
[JsonSerializable(typeof(CorrectedGroup))]
[JsonSerializable(typeof(ReviewView))]
[JsonSerializable(typeof(Page<ReviewView>))]
[JsonSerializable(typeof(AcceptReviewRequest))]
[JsonSerializable(typeof(RejectReviewRequest))]
internal sealed partial class ReviewsJson : JsonSerializerContext;

using System.Text.Json.Serialization;
using AiOrchestrator.Core.Metering;
using AiOrchestrator.Core.Platform;

namespace AiOrchestrator.Core.Insight.Feedback;

/// <summary>What somebody thought of an answer. Of a call and a key there is one: a later one takes its place.</summary>
/// <param name="ExchangeId">The call.</param>
/// <param name="KeyId">The key that made it, and gave this.</param>
/// <param name="OrganisationId">Whose.</param>
/// <param name="ScoreMilli">Thousandths, -1000 to 1000.</param>
/// <param name="GivenUnixMs">When it was given, milliseconds since 1970.</param>
internal sealed record StoredFeedback(string ExchangeId, string KeyId, string OrganisationId, int ScoreMilli, long GivenUnixMs)
{
    /// <summary>Its document: in the order in which the calls were made.</summary>
    [JsonIgnore]
    public string Id => $"{ExchangeId}.{KeyId}";

    /// <summary>Its document while it waits for its call: what waits of a key, and of an organisation, lies together.</summary>
    [JsonIgnore]
    public string WaitingId => $"{OrganisationId}.{KeyId}.{ExchangeId}";

    /// <summary>In words; null for none.</summary>
    public string? Comment { get; init; }

    /// <summary>In single words; null for none.</summary>
    public IReadOnlyList<string>? Labels { get; init; }

    /// <summary>Whether the call is known, and what stands below is of it.</summary>
    public bool IsPlaced { get; init; }

    /// <summary>The model that served the call.</summary>
    public string? Model { get; init; }

    /// <summary>The provider that served it.</summary>
    public string? Provider { get; init; }

    /// <summary>The experiment it was a part of.</summary>
    public string? ExperimentId { get; init; }

    /// <summary>The variant that served it.</summary>
    public string? Variant { get; init; }

    /// <summary>Which of the experiment's groups of key values it was in: 1 to 64; 0 for none.</summary>
    public int ExperimentCluster { get; init; }

    /// <summary>The same about a call that is known.</summary>
    public StoredFeedback About(UsageEvent call) => this with
    {
        IsPlaced = true,
        Model = call.Model,
        Provider = call.Provider,
        ExperimentId = call.ExperimentId,
        Variant = call.Variant,
        ExperimentCluster = call.ExperimentCluster,
    };
}

/// <summary>The written form of feedback and of answers about it.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(StoredFeedback))]
[JsonSerializable(typeof(FeedbackRequest))]
[JsonSerializable(typeof(FeedbackView))]
[JsonSerializable(typeof(Page<FeedbackView>))]
internal sealed partial class FeedbackJson : JsonSerializerContext;

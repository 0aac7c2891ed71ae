using System.Text.Json.Serialization;

namespace AiOrchestrator.Core.Providers.Health;

/// <summary>How well a provider, or a model at a provider, answers; from good to bad.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<HealthStatus>))]
public enum HealthStatus
{
    /// <summary>It answers, or nothing is known against it.</summary>
    [JsonStringEnumMemberName("HEALTHY")] Healthy,

    /// <summary>It answers, and fails or throttles more than it should; or it is being tried again after an outage.</summary>
    [JsonStringEnumMemberName("DEGRADED")] Degraded,

    /// <summary>It does not answer: calls go elsewhere where there is an elsewhere.</summary>
    [JsonStringEnumMemberName("UNAVAILABLE")] Unavailable,
}

/// <summary>What a call or a probe says about who was asked. What is the caller's doing, or ours, says nothing and is no signal.</summary>
internal enum HealthSignal
{
    /// <summary>A good answer.</summary>
    Ok,

    /// <summary>It is there and will not: 429, or overloaded.</summary>
    Throttled,

    /// <summary>No connection, no answer in time, a server error, or an answer that broke off.</summary>
    Failed,

    /// <summary>It does not take our credential: 401, 402, 403. Trying again does not help.</summary>
    Refused,
}

/// <summary>How a provider is probed.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<ProbeKind>))]
public enum ProbeKind
{
    /// <summary>It is asked for its models; where it has no list, whether anybody answers at its address. Costs nothing.</summary>
    [JsonStringEnumMemberName("models")] Models,

    /// <summary>It is asked for one token of a conversation, which it bills to its account with the provider and nobody else.</summary>
    [JsonStringEnumMemberName("chat")] Chat,
}

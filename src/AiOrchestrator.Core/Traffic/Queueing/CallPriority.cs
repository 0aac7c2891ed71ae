using System.Text.Json.Serialization;

namespace AiOrchestrator.Core.Traffic.Queueing;

/// <summary>How soon a call that waits is served, the soonest first.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<CallPriority>))]
public enum CallPriority
{
    /// <summary>Before all others.</summary>
    [JsonStringEnumMemberName("high")] High,

    /// <summary>What a call has that says nothing.</summary>
    [JsonStringEnumMemberName("normal")] Normal,

    /// <summary>When nobody else waits.</summary>
    [JsonStringEnumMemberName("low")] Low,
}

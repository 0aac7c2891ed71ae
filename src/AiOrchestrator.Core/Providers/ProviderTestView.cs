using System.Text.Json.Serialization;

namespace AiOrchestrator.Core.Providers;

/// <summary>How a provider is to be tested.</summary>
/// <param name="Chat">True: it is to answer a conversation of one token even where it tells its models. Default false.</param>
public sealed record ProviderTestRequest(bool? Chat);

/// <summary>What is looked at when a provider is tested, in this order.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<ProviderCheck>))]
public enum ProviderCheck
{
    /// <summary>The row has no errors, and its secrets lead somewhere.</summary>
    [JsonStringEnumMemberName("configuration")] Configuration,

    /// <summary>The host's name leads to an address.</summary>
    [JsonStringEnumMemberName("dns")] Dns,

    /// <summary>Somebody listens there.</summary>
    [JsonStringEnumMemberName("connect")] Connect,

    /// <summary>Its certificate is good.</summary>
    [JsonStringEnumMemberName("tls")] Tls,

    /// <summary>It takes the credential.</summary>
    [JsonStringEnumMemberName("auth")] Auth,

    /// <summary>It tells which models it has, and has those of the row.</summary>
    [JsonStringEnumMemberName("models")] Models,

    /// <summary>It answers a conversation of one token; tried where it tells no models.</summary>
    [JsonStringEnumMemberName("chat")] Chat,
}

/// <summary>How a check went.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<ProviderCheckStatus>))]
public enum ProviderCheckStatus
{
    /// <summary>Good.</summary>
    [JsonStringEnumMemberName("ok")] Ok,

    /// <summary>Not good: the detail says what is wrong.</summary>
    [JsonStringEnumMemberName("failed")] Failed,

    /// <summary>Not looked at: there is none, or an earlier one failed.</summary>
    [JsonStringEnumMemberName("skipped")] Skipped,
}

/// <summary>One check.</summary>
/// <param name="Check">What was looked at.</param>
/// <param name="Status">How it went.</param>
/// <param name="Detail">For people; never a secret. Null where there is nothing to say.</param>
public sealed record ProviderCheckView(ProviderCheck Check, ProviderCheckStatus Status, string? Detail);

/// <summary>The answer of a test.</summary>
/// <param name="Id">The provider's id.</param>
/// <param name="Ok">Whether nothing failed.</param>
/// <param name="LatencyMs">Until the first answer's headers, connecting included; null where none came. Milliseconds.</param>
/// <param name="Checks">All checks, in order.</param>
public sealed record ProviderTestView(string Id, bool Ok, long? LatencyMs, IReadOnlyList<ProviderCheckView> Checks);

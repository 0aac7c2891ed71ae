using System.Text.Json.Serialization;
using AiOrchestrator.Core.Platform;

namespace AiOrchestrator.Core.Providers.Health;

/// <summary>A status that was told.</summary>
/// <param name="Status">The status.</param>
/// <param name="SinceUnixMs">Since when, milliseconds since 1970.</param>
/// <param name="Error">What went wrong last; null for nothing.</param>
internal sealed record ToldStatus(HealthStatus Status, long SinceUnixMs, HealthError? Error);

/// <summary>A status that became another.</summary>
/// <param name="Model">The model; null for the provider as a whole.</param>
/// <param name="From">What it was.</param>
/// <param name="To">What it became.</param>
/// <param name="AtUnixMs">When, milliseconds since 1970.</param>
/// <param name="Error">What went wrong last; null for nothing.</param>
/// <param name="InstanceId">The instance that saw it.</param>
internal sealed record HealthChange(string? Model, HealthStatus From, HealthStatus To, long AtUnixMs, HealthError? Error, string InstanceId)
{
    /// <summary>What it is called: a provider that falls, one that comes back, and all else.</summary>
    public HealthEvent Event => Model is not null ? HealthEvent.StatusChange
        : To == HealthStatus.Unavailable ? HealthEvent.ProviderDown
        : From == HealthStatus.Unavailable ? HealthEvent.ProviderRecovered
        : HealthEvent.StatusChange;
}

/// <summary>What a change of status is called.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<HealthEvent>))]
public enum HealthEvent
{
    /// <summary>A provider became UNAVAILABLE.</summary>
    [JsonStringEnumMemberName("providerDown")] ProviderDown,

    /// <summary>A provider is UNAVAILABLE no longer.</summary>
    [JsonStringEnumMemberName("providerRecovered")] ProviderRecovered,

    /// <summary>Any other.</summary>
    [JsonStringEnumMemberName("statusChange")] StatusChange,
}

/// <summary>A provider's health as it was last told: what a restart begins with, and what all instances agree on having told.</summary>
/// <param name="FirstUnixMs">Since when the provider is watched, milliseconds since 1970.</param>
/// <param name="Provider">The provider as a whole.</param>
/// <param name="Models">Its models that are not HEALTHY.</param>
internal sealed record StoredHealth(long FirstUnixMs, ToldStatus Provider, IReadOnlyDictionary<string, ToldStatus> Models)
{
    /// <summary>The row it is about: of another one with the same id nothing is known by it.</summary>
    public string Row { get; init; } = "";

    /// <summary>When the provider was last seen, milliseconds since 1970; 0 for never.</summary>
    public long SeenUnixMs { get; init; }

    /// <summary>Probes that the provider billed, all instances together.</summary>
    public long PaidProbes { get; init; }

    /// <summary>The changes that were told last: told again after a crash, which changes nothing where they had been.</summary>
    public IReadOnlyList<HealthChange> Changes { get; init; } = [];

    /// <summary>The status that was told of a model, or of the provider.</summary>
    public HealthStatus StatusOf(string? model) => model is null ? Provider.Status : Models.TryGetValue(model, out var told) ? told.Status : HealthStatus.Healthy;
}

/// <summary>A probe that a provider bills: done by one instance for all.</summary>
/// <param name="AtUnixMs">When it was begun, milliseconds since 1970.</param>
/// <param name="Signal">What it saw; null while nobody knows.</param>
/// <param name="Code">What went wrong; null for nothing.</param>
/// <param name="UpstreamStatus">What was answered; 0 where nothing was.</param>
/// <param name="LatencyUs">How long it took, microseconds.</param>
internal sealed record StoredProbe(long AtUnixMs, HealthSignal? Signal, string? Code, int UpstreamStatus, long LatencyUs);

/// <summary>Where health lies.</summary>
internal static class StoredHealths
{
    /// <summary>A document for each provider.</summary>
    public static string Partition(string organisationId) => $"provider-health:{organisationId}";

    /// <summary>The same for probes that are billed.</summary>
    public static string Probes(string organisationId) => $"provider-probes:{organisationId}";

    /// <summary>A provider's changes, newest first.</summary>
    public static string Changes(string organisationId, string providerId) => $"provider-changes:{organisationId}:{providerId}";
}

/// <summary>The written form of health.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(StoredHealth))]
[JsonSerializable(typeof(StoredProbe))]
[JsonSerializable(typeof(HealthChange))]
[JsonSerializable(typeof(ProviderHealthView))]
[JsonSerializable(typeof(Page<ProviderHealthView>))]
[JsonSerializable(typeof(Page<HealthChangeView>))]
internal sealed partial class HealthJson : JsonSerializerContext;

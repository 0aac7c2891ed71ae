using System.Text.Json.Serialization;

namespace AiOrchestrator.Core.Platform.Alerts;

/// <summary>How much an alert matters, from least to most.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<AlertSeverity>))]
public enum AlertSeverity
{
    /// <summary>Good to know.</summary>
    [JsonStringEnumMemberName("info")] Info,

    /// <summary>A person should look at it in the next days.</summary>
    [JsonStringEnumMemberName("warning")] Warning,

    /// <summary>A person should look at it now.</summary>
    [JsonStringEnumMemberName("critical")] Critical,
}

/// <summary>Something a person of an organisation should know. It holds no secret and nothing of a prompt or an answer.</summary>
/// <param name="Id">
/// Given by whoever raises it, and made of what it is about, so that raising it again is no second alert; 1 to 200 letters, digits, <c>_</c>,
/// <c>-</c>, <c>.</c> or <c>:</c>. Unique in its organisation.
/// </param>
/// <param name="OrganisationId">Whose it is.</param>
/// <param name="Kind">What kind of thing happened, for programs: one of <see cref="AlertKinds"/>.</param>
/// <param name="Severity">How much it matters.</param>
/// <param name="Subject">One line.</param>
/// <param name="Text">What happened and what to do.</param>
/// <param name="Data">Ids and figures, for programs; a few.</param>
/// <param name="CreatedUnixMs">When it was first raised, milliseconds since 1970.</param>
public sealed record Alert(
    string Id,
    string OrganisationId,
    string Kind,
    AlertSeverity Severity,
    string Subject,
    string Text,
    IReadOnlyDictionary<string, string> Data,
    long CreatedUnixMs)
{
    /// <summary>How often it happened, where that is counted; 1 or more.</summary>
    public long Count { get; init; } = 1;

    /// <summary>When somebody took note of it; or null.</summary>
    public long? AcknowledgedUnixMs { get; init; }

    /// <summary>Who did; or null.</summary>
    public string? AcknowledgedBy { get; init; }

    /// <summary>What they said; or null.</summary>
    public string? Note { get; init; }
}

/// <summary>Where an alert lies, so that it is found by its id.</summary>
/// <param name="Key">Its document.</param>
internal sealed record AlertPlace(string Key);

/// <summary>That an organisation has alerts.</summary>
/// <param name="OrganisationId">The organisation.</param>
internal sealed record AlertedOrganisation(string OrganisationId);

/// <summary>The written form of alerts.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(Alert))]
[JsonSerializable(typeof(AlertPlace))]
[JsonSerializable(typeof(AlertedOrganisation))]
[JsonSerializable(typeof(AlertView))]
[JsonSerializable(typeof(Page<AlertView>))]
internal sealed partial class AlertsJson : JsonSerializerContext;

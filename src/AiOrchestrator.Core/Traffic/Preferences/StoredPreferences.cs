using System.Text.Json.Serialization;
using AiOrchestrator.Core.Platform;

namespace AiOrchestrator.Core.Traffic.Preferences;

/// <summary>Preferences of one subject as they are stored.</summary>
/// <param name="Id"><c>prf_…</c>.</param>
/// <param name="Preference">What is said.</param>
/// <param name="CreatedUnixMs">When they were made, milliseconds since 1970.</param>
/// <param name="Version">Grows with every change.</param>
internal sealed record StoredPreference(string Id, Preference Preference, long CreatedUnixMs, long Version);

/// <summary>The written form of preferences and of answers about them.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(StoredPreference))]
[JsonSerializable(typeof(PreferenceRequest))]
[JsonSerializable(typeof(PreferenceView))]
[JsonSerializable(typeof(Page<PreferenceView>))]
internal sealed partial class PreferencesJson : JsonSerializerContext;

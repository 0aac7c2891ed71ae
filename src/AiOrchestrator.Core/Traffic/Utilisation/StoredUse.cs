using System.Text.Json.Serialization;
using AiOrchestrator.Core.Platform;

namespace AiOrchestrator.Core.Traffic.Utilisation;

/// <summary>How far a provider was used, as it is stored: of all instances, hour by hour.</summary>
/// <param name="Hours">At most 168, oldest first.</param>
internal sealed record StoredUse(IReadOnlyList<HourPeak> Hours)
{
    /// <summary>Where an organisation's lie; a document for each provider.</summary>
    public static string Partition(string organisationId) => $"utilisation:{organisationId}";
}

/// <summary>The written form of utilisation.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(StoredUse))]
[JsonSerializable(typeof(Page<ProviderUtilisationView>))]
internal sealed partial class UtilisationJson : JsonSerializerContext;

using System.Text.Json;
using AiOrchestrator.Core.Platform;

namespace AiOrchestrator.Core.Traffic.Regions;

/// <summary>No provider may process the call's data: by the organisation's residency, or by where the call comes from.</summary>
public sealed record RegionNotAllowed : ApiFailure
{
    private readonly string? _origin;
    private readonly IReadOnlyList<string> _allowed;

    /// <summary>Says which regions are allowed.</summary>
    /// <param name="origin">Where the call comes from; null where that is not known.</param>
    /// <param name="allowed">The regions; empty where none is left.</param>
    /// <param name="isDenied">Whether calls of unknown origin are refused.</param>
    public RegionNotAllowed(string? origin, IReadOnlyList<string> allowed, bool isDenied)
        : base(403, "invalid_request_error", "region_not_allowed", Text(origin, allowed, isDenied))
    {
        MayRetry = false;
        (_origin, _allowed) = (origin, allowed);
    }

    /// <inheritdoc/>
    public override bool HasMetadata => true;

    /// <inheritdoc/>
    public override void WriteMetadata(Utf8JsonWriter writer)
    {
        writer.WriteString("origin"u8, _origin);
        writer.WriteStartArray("allowed_regions"u8);
        foreach (var region in _allowed)
        {
            writer.WriteStringValue(region);
        }

        writer.WriteEndArray();
    }

    private static string Text(string? origin, IReadOnlyList<string> allowed, bool isDenied)
    {
        if (isDenied)
        {
            return "It is not known where this call comes from, and such calls are refused here. An administrator says where addresses are in /control/v1/region-policy.";
        }

        var from = origin is null ? "" : $" from '{origin}'";
        return allowed.Count > 0
            ? $"No provider that serves this call{from} processes data only where that is allowed: {string.Join(", ", allowed)}."
            : $"No provider may serve this call{from}: there is no region that both the organisation's residency and the call's origin allow.";
    }
}

/// <summary>The organisation has said nothing of regions.</summary>
public sealed record RegionPolicyNotFound() : ApiFailure(404, "invalid_request_error", "region_policy_not_found", "Nothing is said of regions here: everything is allowed.");

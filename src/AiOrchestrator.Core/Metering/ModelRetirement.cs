namespace AiOrchestrator.Core.Metering;

/// <summary>A model that ends.</summary>
/// <param name="Model">The name callers use.</param>
/// <param name="RetiredUnixMs">When, milliseconds since 1970.</param>
/// <param name="Replacement">What serves calls to it from then on; null for nothing: they are refused.</param>
public sealed record ModelRetirement(string Model, long RetiredUnixMs, string? Replacement);

/// <summary>Models of an organisation that end between two times. Providers know; whoever warns comes before them and is told.</summary>
/// <param name="organisationId">Whose.</param>
/// <param name="fromUnixMs">Not before.</param>
/// <param name="untilUnixMs">Before this.</param>
public delegate IReadOnlyList<ModelRetirement> RetirementLookup(string organisationId, long fromUnixMs, long untilUnixMs);

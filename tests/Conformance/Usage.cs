using AiOrchestrator.Core.Metering;
using AiOrchestrator.Core.Platform;

namespace AiOrchestrator.Conformance;

/// <summary>Usage events and ids for the suites.</summary>
internal static class Usage
{
    public const long Noon = 1_800_000_000_000;

    /// <summary>An exchange made at a time; <paramref name="n"/> tells those of one millisecond apart, in order.</summary>
    public static ExchangeId Id(long unixMs, int n = 0) => new(ExchangeId.FirstAt(unixMs).Value + (uint)n);

    public static UsageEvent Event(ExchangeId id, string organisationId = "org_1") => new()
    {
        Id = id.ToString(),
        CreatedUnixMs = id.CreatedUnixMs,
        OrganisationId = organisationId,
        KeyId = "key_1",
        Model = "gpt-4o",
        Provider = "openai",
        CostNanoUsd = 500,
    };

    public static ExchangeSettlement Settlement(ExchangeId id, long holdNanoUsd = 0, long costNanoUsd = 0, params string[] walletIds) =>
        new(id, walletIds, holdNanoUsd, costNanoUsd, Event(id));
}

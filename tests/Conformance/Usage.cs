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
        Attempts = 1,
    };

    public static ExchangeSettlement Settlement(ExchangeId id, long holdNanoUsd = 0, long costNanoUsd = 0, params string[] walletIds) =>
        new(id, Shares(walletIds), holdNanoUsd, costNanoUsd, Event(id));

    /// <summary>Wallets in the first of their periods.</summary>
    public static IReadOnlyList<WalletShare> Shares(params string[] walletIds) =>
        Array.ConvertAll(walletIds, static id => new WalletShare(id, Period: 1));

    /// <summary>A line of a statement.</summary>
    public static WalletLine Line(string walletId, long atUnixMs = Noon, string kind = "topped_up") => new()
    {
        OrganisationId = "org_1",
        WalletId = walletId,
        Period = "2027-01",
        AtUnixMs = atUnixMs,
        Kind = kind,
        Debit = "wallet",
        Credit = "payments",
        AmountNanoUsd = 5_000_000_000,
        Reference = "pay_1",
        Actor = "key_admin",
        Note = "January \"extra\" \u00e9",
        Percent = 0,
    };
}

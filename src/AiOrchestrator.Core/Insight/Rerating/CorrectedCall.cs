using System.Text.Json.Serialization;
using AiOrchestrator.Ledger.Money;

namespace AiOrchestrator.Core.Insight.Rerating;

/// <summary>
/// A call that came to something else, one line of NDJSON: what the next re-rating of the same call begins with. Amounts are decimal strings of US
/// dollars.
/// </summary>
/// <param name="Id">The exchange.</param>
/// <param name="CreatedMs">When it arrived, milliseconds since 1970.</param>
/// <param name="Wallets">The wallets it was charged to, leaf to root.</param>
/// <param name="Periods">The numbers of their periods; 0 where that is not known.</param>
/// <param name="CostCentre">The cost centre; null for none.</param>
/// <param name="Key">The API key.</param>
/// <param name="Provider">The provider.</param>
/// <param name="Model">The model.</param>
/// <param name="ChargedUsd">What was charged when it ended.</param>
/// <param name="BeforeUsd">What it had been corrected to before; what was charged, by its review later included, where it had not.</param>
/// <param name="NowUsd">What it comes to now.</param>
internal sealed record CorrectedCall(
    string Id,
    long CreatedMs,
    IReadOnlyList<string> Wallets,
    IReadOnlyList<int> Periods,
    string? CostCentre,
    string? Key,
    string? Provider,
    string? Model,
    string ChargedUsd,
    string BeforeUsd,
    string NowUsd)
{
    [JsonIgnore]
    public long NowNanoUsd => Nano(NowUsd);

    [JsonIgnore]
    public long DifferenceNanoUsd => Nano(NowUsd) - Nano(BeforeUsd);

    public static CorrectedCall Of(ChargedCall call, long beforeNanoUsd, long nowNanoUsd) => new(
        call.Usage.Id,
        call.Usage.CreatedUnixMs,
        [.. call.Wallets.Select(static w => w.WalletId)],
        [.. call.Wallets.Select(static w => w.Period)],
        call.Usage.CostCentre,
        call.Usage.KeyId,
        call.Usage.Provider,
        call.Usage.Model,
        NanoUsd.FormatUsd(call.Usage.CostNanoUsd),
        NanoUsd.FormatUsd(beforeNanoUsd),
        NanoUsd.FormatUsd(nowNanoUsd));

    /// <summary>An amount of a line.</summary>
    /// <exception cref="InvalidDataException">It is none.</exception>
    public static long Nano(string usd) =>
        NanoUsd.TryParseUsd(usd, out var nanoUsd) ? nanoUsd : throw new InvalidDataException($"'{usd}' is no amount of a re-rating");
}

/// <summary>What the calls of an hour that have all of this in common were corrected by: as fine as chargeback adds calls up.</summary>
internal sealed record CorrectedGroup(
    long Hour, string Path, string? CostCentre, string? Key, string? Model, string? Provider, string AmountUsd)
{
    /// <summary>The groups of some calls.</summary>
    public static IEnumerable<CorrectedGroup> Of(IEnumerable<CorrectedCall> calls) => calls
        .GroupBy(static c => (ChargebackQuery.HourOf(c.CreatedMs), string.Join('/', c.Wallets), c.CostCentre, c.Key, c.Model, c.Provider))
        .Select(static g => new CorrectedGroup(
            g.Key.Item1, g.Key.Item2, g.Key.CostCentre, g.Key.Key, g.Key.Model, g.Key.Provider, NanoUsd.FormatUsd(g.Sum(static c => c.DifferenceNanoUsd))));
}

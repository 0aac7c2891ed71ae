using System.Text.Json;
using AiOrchestrator.Core.Metering;
using AiOrchestrator.Core.Metering.Pricing;

namespace AiOrchestrator.Core.Providers.Pricing;

/// <summary>How far a price has come.</summary>
internal enum PriceStatus
{
    Scheduled,
    InForce,
    Ended,
}

/// <summary>An organisation's own price in memory: its document, and what calls use of it.</summary>
internal sealed class PriceRow
{
    public PriceRow(StoredPrice stored, string etag)
    {
        Stored = stored;
        ETag = etag;
        var (entry, problems) = OwnPriceFile.Read(stored.Kind, stored.Prices, stored.From, stored.Until, $"own price {stored.Id}");
        Override = new PriceOverride(
            stored.Id, stored.Provider, stored.Model, KindOf(stored.Kind, entry), Math.Max(UnixMs(stored.From), stored.CreatedUnixMs), Ends(stored), entry);
        Problem = entry is null ? string.Join("; ", problems.Select(static p => $"'{p.Member}' {p.Problem}")) : null;
    }

    public StoredPrice Stored { get; }

    public string ETag { get; }

    public PriceOverride Override { get; }

    /// <summary>Why it cannot be read any more; null when it can.</summary>
    public string? Problem { get; }

    public PriceStatus StatusAt(long unixMs) => unixMs >= Override.EndsUnixMs ? PriceStatus.Ended
        : unixMs >= Override.StartsUnixMs ? PriceStatus.InForce
        : PriceStatus.Scheduled;

    /// <summary>The start of a day in UTC, milliseconds since 1970.</summary>
    public static long UnixMs(DateOnly day) => new DateTimeOffset(day, TimeOnly.MinValue, TimeSpan.Zero).ToUnixTimeMilliseconds();

    private static long Ends(StoredPrice stored) =>
        Math.Min(stored.Until is { } until ? UnixMs(until) : long.MaxValue, stored.EndedUnixMs ?? long.MaxValue);

    /// <summary>The entry knows; of one that cannot be read, the word itself, and chat models where that is none: they must not cost less by it.</summary>
    private static ModelKind KindOf(string word, PriceEntry? entry) =>
        entry?.Kind ?? ModelKinds.Parse(word) ?? ModelKind.Chat;
}

/// <summary>All that an organisation has said about prices, with the tags of its documents.</summary>
/// <param name="OrganisationId">Whose.</param>
/// <param name="Rows">Its prices in order of id, those that have ended included.</param>
/// <param name="Policy">On models without a price; null: nothing.</param>
/// <param name="PolicyTag">Its document's tag.</param>
/// <param name="Plan">Its plan; null: none.</param>
/// <param name="PlanTag">Its document's tag.</param>
internal sealed record OrganisationPrices(
    string OrganisationId, IReadOnlyList<PriceRow> Rows, StoredPolicy? Policy, string? PolicyTag, StoredPlan? Plan, string? PlanTag)
{
    /// <summary>Nothing said yet.</summary>
    public static OrganisationPrices Empty(string organisationId) => new(organisationId, [], null, null, null, null);

    /// <summary>What calls use of it.</summary>
    public PriceBook Book() => new(OrganisationId, Rows.Select(static r => r.Override), PolicyOf(Policy), PlanOf(Plan));

    /// <summary>With a price put in its place.</summary>
    public OrganisationPrices With(PriceRow row) =>
        this with { Rows = [.. Rows.Where(r => r.Stored.Id != row.Stored.Id).Append(row).OrderBy(static r => r.Stored.Id, StringComparer.Ordinal)] };

    /// <summary>Without a price.</summary>
    public OrganisationPrices Without(string id) => this with { Rows = [.. Rows.Where(r => r.Stored.Id != id)] };

    /// <summary>The policy as calls use it. A price of last resort that cannot be read any more is none: such calls are refused.</summary>
    private static PricePolicy PolicyOf(StoredPolicy? stored) => stored is null
        ? PricePolicy.Default
        : new PricePolicy(stored.UnknownModel, stored.LastResort is { } prices ? LastResort(prices) : null);

    private static PriceEntry? LastResort(JsonElement prices) => OwnPriceFile.Read("chat", prices, null, null, "price of last resort").Entry;

    private static PricePlan PlanOf(StoredPlan? stored) => stored is null
        ? PricePlan.None
        : new PricePlan(
            stored.Name,
            stored.Enabled,
            [.. stored.Multipliers.Select(static m => new MultiplierEntry(m.Key, Multiplier.TryParse(m.Value, out var value) ? value : Multiplier.One))],
            Multiplier.TryParse(stored.DefaultMultiplier, out var other) ? other : null,
            stored.FreeQuotas)
        {
            Table = stored.Table,
        };
}

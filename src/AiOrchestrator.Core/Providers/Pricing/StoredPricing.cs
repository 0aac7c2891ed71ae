using System.Text.Json;
using System.Text.Json.Serialization;
using AiOrchestrator.Core.Identity;
using AiOrchestrator.Core.Metering.Pricing;
using AiOrchestrator.Core.Platform;

namespace AiOrchestrator.Core.Providers.Pricing;

/// <summary>An organisation's own price as it is stored. One that has begun stays for ever: calls were charged by it.</summary>
/// <param name="Id"><c>price_…</c>.</param>
/// <param name="Provider">The provider's row it is for; or null.</param>
/// <param name="Model">A model or a pattern.</param>
/// <param name="Kind">A kind of the price file.</param>
/// <param name="From">The first day.</param>
/// <param name="Until">The day it ends, exclusive; or null.</param>
/// <param name="Prices">As they were given.</param>
/// <param name="Note">For people; or null.</param>
/// <param name="CreatedUnixMs">Nothing before this was charged by it.</param>
/// <param name="EndedUnixMs">When it was ended ahead of its time; or null.</param>
internal sealed record StoredPrice(
    string Id,
    string? Provider,
    string Model,
    string Kind,
    DateOnly From,
    DateOnly? Until,
    JsonElement Prices,
    string? Note,
    long CreatedUnixMs,
    long? EndedUnixMs);

/// <summary>What becomes of models without a price, as it is stored.</summary>
/// <param name="UnknownModel">The policy.</param>
/// <param name="LastResort">The price of last resort as it was given; or null.</param>
internal sealed record StoredPolicy(UnknownModelPolicy UnknownModel, JsonElement? LastResort);

/// <summary>A plan as it is stored; multipliers as decimal text.</summary>
internal sealed record StoredPlan(
    string? Name, bool Enabled, Dictionary<string, string> Multipliers, string? DefaultMultiplier, IReadOnlyList<FreeQuota> FreeQuotas)
{
    /// <summary>The shipped table that was chosen; a plan that says nothing of it has none.</summary>
    public PlanTable Table { get; init; }
}

/// <summary>Where documents about prices lie.</summary>
internal static class PricingPartitions
{
    /// <summary>Ids of the documents of which there is one for each organisation.</summary>
    public const string Policy = "policy";
    public const string Plan = "plan";

    private const string PricesPrefix = "prices:";
    private const string TermsPrefix = "price-terms:";

    public static string Prices(string organisationId) => PricesPrefix + organisationId;

    public static string Terms(string organisationId) => TermsPrefix + organisationId;

    /// <summary>Whether the price books rest on a partition.</summary>
    public static bool ArePrices(string partition) =>
        partition == IdentityPartitions.Organisations
        || partition.StartsWith(PricesPrefix, StringComparison.Ordinal)
        || partition.StartsWith(TermsPrefix, StringComparison.Ordinal);
}

/// <summary>The written form of documents and answers about prices.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(StoredPrice))]
[JsonSerializable(typeof(StoredPolicy))]
[JsonSerializable(typeof(StoredPlan))]
[JsonSerializable(typeof(PriceRequest))]
[JsonSerializable(typeof(PriceView))]
[JsonSerializable(typeof(Page<PriceView>))]
[JsonSerializable(typeof(EffectivePriceView))]
[JsonSerializable(typeof(PricePolicyRequest))]
[JsonSerializable(typeof(PricePolicyView))]
[JsonSerializable(typeof(PlanRequest))]
[JsonSerializable(typeof(PlanView))]
internal sealed partial class PricingJson : JsonSerializerContext;

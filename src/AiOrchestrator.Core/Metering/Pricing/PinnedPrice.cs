using System.Text.Json.Serialization;

namespace AiOrchestrator.Core.Metering.Pricing;

/// <summary>Where a price comes from, in the order in which they are asked.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<PriceOrigin>))]
public enum PriceOrigin
{
    /// <summary>The organisation's own price.</summary>
    [JsonStringEnumMemberName("override")] Override,

    /// <summary>A price in the provider's row.</summary>
    [JsonStringEnumMemberName("provider_row")] ProviderRow,

    /// <summary>The catalogue.</summary>
    [JsonStringEnumMemberName("catalogue")] Catalogue,

    /// <summary>The organisation's price of last resort: nobody else has one.</summary>
    [JsonStringEnumMemberName("last_resort")] LastResort,
}

/// <summary>The price of one call, decided when it starts. Immutable, and one object for as long as nothing changes.</summary>
/// <param name="Price">What the call is held and charged by.</param>
/// <param name="ListPrice">The price before the plan's multiplier; the same object as <paramref name="Price"/> where that changes nothing.</param>
/// <param name="Origin">Where it comes from.</param>
/// <param name="PriceId">The id of the organisation's own price, <see cref="LastResortId"/>, or null for the row's and the catalogue's.</param>
/// <param name="Multiplier">The plan's multiplier as decimal text; null without a plan.</param>
public sealed record PinnedPrice(ModelPrice Price, ModelPrice ListPrice, PriceOrigin Origin, string? PriceId, string? Multiplier)
{
    /// <summary>What stands for an id where the price of last resort was charged.</summary>
    public const string LastResortId = "last_resort";
}

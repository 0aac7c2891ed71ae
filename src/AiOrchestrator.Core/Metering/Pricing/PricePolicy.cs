using System.Text.Json.Serialization;

namespace AiOrchestrator.Core.Metering.Pricing;

/// <summary>What becomes of calls to a model that nobody has a price of.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<UnknownModelPolicy>))]
public enum UnknownModelPolicy
{
    /// <summary>They are refused.</summary>
    [JsonStringEnumMemberName("refuse")] Refuse,

    /// <summary>They are charged at the price of last resort.</summary>
    [JsonStringEnumMemberName("last_resort")] LastResort,
}

/// <summary>An organisation's word on models without a price. Immutable.</summary>
/// <param name="UnknownModel">What becomes of calls to them.</param>
/// <param name="LastResort">The price of last resort; not null where it is charged by.</param>
public sealed record PricePolicy(UnknownModelPolicy UnknownModel, PriceEntry? LastResort)
{
    /// <summary>What holds where nobody has said anything.</summary>
    public static PricePolicy Default { get; } = new(UnknownModelPolicy.Refuse, null);

    /// <summary>
    /// The price of last resort for models of a kind; null where calls to them are refused: a price of tokens says nothing of what an image costs.
    /// </summary>
    internal PriceEntry? EntryFor(ModelKind kind) =>
        UnknownModel == UnknownModelPolicy.LastResort && kind is ModelKind.Chat or ModelKind.Embedding ? LastResort : null;
}

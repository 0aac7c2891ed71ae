namespace AiOrchestrator.Core.Metering.Pricing;

/// <summary>What a model is that a provider's row lists and nobody has a price of.</summary>
internal static class UnpricedModel
{
    /// <summary>An entry without a single price: whether calls to it are refused or charged at the price of last resort the organisation says.</summary>
    public static PriceEntry Entry(string provider, string id, ModelKind kind) => new(provider, id, kind, new Lazy<PricePeriod[]>([]))
    {
        Limits = new ModelLimits(null, null, null, WindowIsPerInput: kind is ModelKind.Embedding or ModelKind.Rerank),
        Capabilities = kind switch
        {
            ModelKind.Chat => ["text"],
            ModelKind.Embedding => ["embedding"],
            _ => [],
        },
        OutputLimitMember = kind == ModelKind.Chat ? "max_tokens" : null,
    };
}

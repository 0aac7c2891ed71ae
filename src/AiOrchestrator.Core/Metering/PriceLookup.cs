namespace AiOrchestrator.Core.Metering;

/// <summary>The list price of an organisation's call to a provider's model, before any multiplier, as prices are known now; null where none is.</summary>
/// <param name="organisationId">Whose call.</param>
/// <param name="provider">The provider's id.</param>
/// <param name="model">The model, by the name callers use.</param>
/// <param name="at">When the call arrived.</param>
public delegate ModelPrice? PriceLookup(string organisationId, string provider, string model, DateTimeOffset at);

using AiOrchestrator.Core.Metering.Pricing;

namespace AiOrchestrator.Core.Providers;

/// <summary>A provider's row as the control API shows it to an organisation, with the models that have no price there.</summary>
internal sealed class ShowProvider(ProviderDirectory directory, PriceBooks prices, TimeProvider time)
{
    public ProviderView View(string organisationId, ProviderRow row)
    {
        var served = directory.Current.Providers.FirstOrDefault(p => p.Id == row.Config.Id);
        var book = prices.For(organisationId);
        var now = time.GetUtcNow();
        return ProviderView.Of(
            row,
            [.. (served?.Models ?? []).Where(m => book.Find(m.Priced, now)?.Origin is null or PriceOrigin.LastResort).Select(static m => m.Id)]);
    }
}

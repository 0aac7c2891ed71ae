using AiOrchestrator.Core.Metering;
using AiOrchestrator.Core.Platform;

namespace AiOrchestrator.Core.Providers.Pricing;

/// <summary>
/// Whether somebody answers to the names an organisation gives prices and quotas. A provider is one of the rows here, so one that is not is a slip; a
/// model may be the organisation's own and come later, so it is only warned of.
/// </summary>
internal sealed class PriceNames(ProviderDirectory providers, PriceTable table)
{
    private const int MostShown = 10;

    /// <summary>Notes a provider that has no row.</summary>
    /// <param name="body">Where it stands, as <c>provider</c>.</param>
    /// <param name="provider">The row's id; null: none is named.</param>
    public void Check(MemberReader body, string? provider)
    {
        var rows = providers.Rows;
        if (!string.IsNullOrEmpty(provider) && !rows.Any(r => r.Config.Id == provider))
        {
            var known = string.Join(", ", rows.Take(MostShown).Select(static r => r.Config.Id));
            body.Problem("provider", $"is the id of no provider's row; there are {known}{(rows.Count > MostShown ? ", … (GET /control/v1/providers)" : "")}");
        }
    }

    /// <summary>What a person should look at about a model's name or a pattern; empty when somebody answers to it.</summary>
    public IReadOnlyList<string> Warnings(string model) => IsServed(model) || IsListed(model)
        ? []
        : [$"'{model}' {(Wildcard.IsPattern(model) ? "fits no model" : "is no model")} of the catalogue or of a provider's row: until a row serves one it is of no use"];

    private bool IsServed(string model) => Wildcard.IsPattern(model)
        ? providers.Current.RoutesByModel.Values.Any(r => r.Any(route => route.Model.Priced.IsCalled(model)))
        : providers.Current.RoutesByModel.ContainsKey(model)
            || providers.Current.RoutesByModel.Values.Any(r => r.Any(route => route.Model.Priced.IsCalledUpstream(model)));

    private bool IsListed(string model) => Wildcard.IsPattern(model)
        ? table.Models.Any(m => Wildcard.Matches(model, m.Id))
        : table.TryFindModel(model, out _);
}

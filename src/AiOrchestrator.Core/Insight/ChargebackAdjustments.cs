using AiOrchestrator.Core.Insight.Rerating;

namespace AiOrchestrator.Core.Insight;

/// <summary>What the groups of a report were corrected by after their calls had ended, added up as it is read.</summary>
internal sealed class ChargebackAdjustments(ChargebackQuery query)
{
    /// <summary>The report's question.</summary>
    public ChargebackQuery Query => query;

    /// <summary>By the groups' keys; those without are not there.</summary>
    public Dictionary<ChargebackKeys, long> Sums { get; } = [];

    /// <summary>Adds what some calls of an hour were corrected by, where the report is about them.</summary>
    public void Add(CorrectedGroup group, long amountNanoUsd)
    {
        if ((query.FromHour is { } from && group.Hour < from) || (query.UntilHour is { } until && group.Hour >= until)
            || (query.WalletId is not null && !group.Path.Split('/').Contains(query.WalletId)))
        {
            return;
        }

        var keys = new ChargebackKeys([.. query.GroupBy.Select(by => KeyOf(by, group))]);
        Sums[keys] = Sums.GetValueOrDefault(keys) + amountNanoUsd;
    }

    private string? KeyOf(ChargebackGroup by, CorrectedGroup group)
    {
        var key = by switch
        {
            ChargebackGroup.Wallet => group.Path.Split('/')[0],
            ChargebackGroup.Team => group.Path.Length == 0 ? "" : query.TeamOf(group.Path),
            ChargebackGroup.CostCentre => group.CostCentre,
            ChargebackGroup.Key => group.Key,
            ChargebackGroup.Model => group.Model,
            ChargebackGroup.Provider => group.Provider,
            ChargebackGroup.Day => Platform.Rfc3339.Format(group.Hour * ChargebackQuery.HourMs)[..10],
            _ => throw new ArgumentOutOfRangeException(nameof(by), by, "Not a group."),
        };
        return string.IsNullOrEmpty(key) ? null : key;
    }
}

namespace AiOrchestrator.Core.Insight.Legacy;

/// <summary>Calls of one key that used one thing of an earlier time.</summary>
/// <param name="Use">What: <c>functions</c>, <c>max_tokens</c>, <c>completions</c>, or <c>model:</c> and the name that was asked for.</param>
/// <param name="TeamId">The team's wallet at the time; null for none.</param>
/// <param name="KeyId">The key; null for none.</param>
/// <param name="Calls">How many. A call that used several things counts for each.</param>
/// <param name="CostNanoUsd">What they cost when they ended.</param>
/// <param name="LastDay">The last day (UTC) of them.</param>
internal sealed record LegacyUse(string Use, string? TeamId, string? KeyId, long Calls, long CostNanoUsd, string LastDay);

/// <summary>Who still uses what is of an earlier time (PV-27), from what calls are added up to by the hour. Calls that were refused are not among them.</summary>
internal sealed class ReadLegacyUse(IUsageStore store, Chargeback chargeback)
{
    private static readonly ChargebackGroup[] Groups = [ChargebackGroup.LegacyUse, ChargebackGroup.Team, ChargebackGroup.Key, ChargebackGroup.Day];

    /// <summary>Uses in order of what, team and key.</summary>
    public async Task<IReadOnlyList<LegacyUse>> ExecuteAsync(string organisationId, long? fromHour, long? untilHour, CancellationToken cancellation)
    {
        var query = new ChargebackQuery(organisationId)
        {
            GroupBy = Groups,
            TeamOf = chargeback.TeamsOf(organisationId),
            FromHour = fromHour,
            UntilHour = untilHour,
        };
        var uses = new Dictionary<(string Use, string? Team, string? Key), LegacyUse>();
        await foreach (var row in store.ChargebackAsync(query, cancellation))
        {
            foreach (var word in row.Keys[0]?.Split(' ') ?? [])
            {
                var key = (word, row.Keys[1], row.Keys[2]);
                var before = uses.GetValueOrDefault(key) ?? new LegacyUse(word, row.Keys[1], row.Keys[2], 0, 0, "");
                uses[key] = before with
                {
                    Calls = before.Calls + row.Calls,
                    CostNanoUsd = checked(before.CostNanoUsd + row.CostNanoUsd),
                    LastDay = string.CompareOrdinal(before.LastDay, row.Keys[3]) > 0 ? before.LastDay : row.Keys[3]!,
                };
            }
        }

        return
        [
            .. uses.Values.OrderBy(static u => u.Use, StringComparer.Ordinal)
                .ThenBy(static u => u.TeamId, StringComparer.Ordinal).ThenBy(static u => u.KeyId, StringComparer.Ordinal),
        ];
    }
}

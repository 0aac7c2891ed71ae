using AiOrchestrator.Core.Metering;

namespace AiOrchestrator.Core.Insight.Rerating;

/// <summary>What single calls, and groups of calls, were corrected to.</summary>
internal sealed class RerateLookup(ReratingStore store, ReratingBlobs blobs)
{
    /// <summary>What a call was corrected to last, nano-dollars; null where it never was.</summary>
    public async Task<long?> FindAsync(UsageEvent call, CancellationToken cancellation)
    {
        var id = EarlierCorrections.IdOf(call.Id);
        var all = await store.AllAsync(call.OrganisationId ?? "", cancellation);
        foreach (var rerating in all.Where(r => r.Counts && r.Covers(call.Provider, call.Model, call.CreatedUnixMs)).OrderByDescending(static r => r.Sequence))
        {
            var parts = rerating.Parts.Where(p => id <= EarlierCorrections.IdOf(p.First) && id >= EarlierCorrections.IdOf(p.Last));
            await foreach (var line in blobs.CallsAsync(rerating, parts, cancellation))
            {
                if (line.Id == call.Id)
                {
                    return line.NowNanoUsd;
                }
            }
        }

        return null;
    }

    /// <summary>What the groups of a report were corrected by, by their keys; those without are not there.</summary>
    public async Task<Dictionary<ChargebackKeys, long>> AdjustmentsAsync(ChargebackQuery query, CancellationToken cancellation)
    {
        var sums = new Dictionary<ChargebackKeys, long>();
        var all = await store.AllAsync(query.OrganisationId, cancellation);
        foreach (var rerating in all.Where(r => r.Counts
            && (query.FromHour is null || ChargebackQuery.HourOf(r.UntilUnixMs) >= query.FromHour)
            && (query.UntilHour is null || ChargebackQuery.HourOf(r.FromUnixMs) < query.UntilHour)))
        {
            await foreach (var group in blobs.GroupsAsync(rerating, cancellation))
            {
                if ((query.FromHour is null || group.Hour >= query.FromHour) && (query.UntilHour is null || group.Hour < query.UntilHour)
                    && (query.WalletId is null || group.Path.Split('/').Contains(query.WalletId)))
                {
                    var keys = new ChargebackKeys([.. query.GroupBy.Select(g => KeyOf(query, g, group))]);
                    sums[keys] = sums.GetValueOrDefault(keys) + CorrectedCall.Nano(group.AmountUsd);
                }
            }
        }

        return sums;
    }

    private static string? KeyOf(ChargebackQuery query, ChargebackGroup by, CorrectedGroup group)
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

/// <summary>What a group of calls has in common, to find it by.</summary>
internal readonly struct ChargebackKeys(IReadOnlyList<string?> keys) : IEquatable<ChargebackKeys>
{
    private readonly IReadOnlyList<string?> _keys = keys;

    /// <summary>In the order of the report.</summary>
    public IReadOnlyList<string?> All => _keys;

    /// <inheritdoc/>
    public bool Equals(ChargebackKeys other) => _keys.SequenceEqual(other._keys, StringComparer.Ordinal);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is ChargebackKeys other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        var hash = default(HashCode);
        foreach (var key in _keys)
        {
            hash.Add(key, StringComparer.Ordinal);
        }

        return hash.ToHashCode();
    }
}

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

    /// <summary>Adds what the calls of a report were corrected by.</summary>
    public async Task AddAsync(ChargebackAdjustments adjustments, CancellationToken cancellation)
    {
        var query = adjustments.Query;
        var all = await store.AllAsync(query.OrganisationId, cancellation);
        foreach (var rerating in all.Where(r => r.Counts
            && (query.FromHour is null || ChargebackQuery.HourOf(r.UntilUnixMs) >= query.FromHour)
            && (query.UntilHour is null || ChargebackQuery.HourOf(r.FromUnixMs) < query.UntilHour)))
        {
            await foreach (var group in blobs.GroupsAsync(rerating, cancellation))
            {
                adjustments.Add(group, CorrectedCall.Nano(group.AmountUsd));
            }
        }
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

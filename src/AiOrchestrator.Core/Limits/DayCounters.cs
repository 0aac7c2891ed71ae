using AiOrchestrator.Core.Platform;

namespace AiOrchestrator.Core.Limits;

/// <summary>
/// Keeps what was used of limits per day over restarts: one document for each limit, written when it has changed. A crash loses what was
/// admitted since the last writing, at most five seconds; a stop loses nothing.
/// </summary>
internal sealed class DayCounters(IDocumentStore documents, InProcessRateAuthority authority, LimitDirectory limits, RateClock clock) : IDisposable
{
    private readonly SemaphoreSlim _saving = new(1, 1);
    private readonly Dictionary<string, StoredDay> _written = new(StringComparer.Ordinal);

    /// <summary>Goes on where an earlier process stopped, for every limit that is loaded.</summary>
    public async Task LoadAsync(CancellationToken cancellation)
    {
        var day = clock.UnixMs / RateClock.DayMs;
        foreach (var limit in limits.All)
        {
            var (stored, _) = await documents.FindAsync(LimitPartitions.Days, limit.Id, LimitsJson.Default.StoredDay, cancellation);
            foreach (var kind in stored?.Day == day ? RateKinds.OfDays : [])
            {
                Restore(limit, kind, stored!);
            }
        }
    }

    /// <summary>Writes what has changed.</summary>
    public async Task SaveAsync(CancellationToken cancellation)
    {
        await _saving.WaitAsync(cancellation);
        try
        {
            var day = clock.UnixMs / RateClock.DayMs;
            var (requests, tokens, cost) = (
                authority.UsedOn(RateKind.RequestsPerDay, day), authority.UsedOn(RateKind.TokensPerDay, day), authority.UsedOn(RateKind.CostPerDay, day));
            foreach (var limit in limits.All.Where(static l => (l.RequestsPerDay ?? l.TokensPerDay ?? l.CostNanoUsdPerDay) is not null))
            {
                var now = new StoredDay(day, requests.GetValueOrDefault(limit.Id) ?? [])
                {
                    Tokens = tokens.GetValueOrDefault(limit.Id),
                    CostNanoUsd = cost.GetValueOrDefault(limit.Id),
                };
                await SaveAsync(limit.Id, now, cancellation);
            }
        }
        finally
        {
            _saving.Release();
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _saving.Dispose();

    private void Restore(Limit limit, RateKind kind, StoredDay stored)
    {
        if (limit.Terms(kind) is not { } terms)
        {
            return;
        }

        foreach (var (subject, used) in stored.Of(kind))
        {
            authority.Restore(new GaugeId(limit.Id, subject, kind), terms, stored.Day, used);
        }
    }

    private async Task SaveAsync(string limitId, StoredDay now, CancellationToken cancellation)
    {
        var written = _written.GetValueOrDefault(limitId);
        if (Same(written, now))
        {
            return;
        }

        var json = StoredDocuments.Bytes(now, LimitsJson.Default.StoredDay);
        var write = await documents.ReplaceAsync(LimitPartitions.Days, limitId, json, null, cancellation);
        if (write.Outcome == DocumentOutcome.NotFound)
        {
            await documents.CreateAsync(LimitPartitions.Days, limitId, json, cancellation);
        }

        _written[limitId] = now;
    }

    private static bool Same(StoredDay? written, StoredDay now) =>
        RateKinds.OfDays.All(kind => written is null
            ? now.Of(kind).Count == 0
            : written.Day == now.Day && written.Of(kind).Count == now.Of(kind).Count
                && written.Of(kind).All(w => now.Of(kind).TryGetValue(w.Key, out var used) && used == w.Value));
}

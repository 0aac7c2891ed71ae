using AiOrchestrator.Core.Platform;

namespace AiOrchestrator.Core.Providers.Health;

/// <summary>
/// Whose turn a probe is. One that costs nothing is everybody's; one the provider bills is one instance's, and the others take what it saw.
/// </summary>
internal sealed class ProbeTurns(ProbeProvider probe, IDocumentStore documents, TimeProvider time)
{
    /// <summary>Probes, or finds what another instance's probe saw.</summary>
    /// <param name="organisationId">Whose row.</param>
    /// <param name="watched">Whom.</param>
    /// <param name="everyMs">How often it is probed; 0 where somebody asked for it, now.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <returns>What was seen; null where another instance is at it, or nothing new was seen.</returns>
    public async Task<ProbeReport?> ProbeAsync(string organisationId, WatchedProvider watched, int everyMs, CancellationToken cancellation)
    {
        var (provider, kind) = (watched.Provider, watched.Config.Probe);
        if (!probe.IsPaid(provider, kind))
        {
            var seen = await probe.ExecuteAsync(provider, kind, cancellation);
            return new ProbeReport(NowUnixMs, IsPaid: false, seen);
        }

        var partition = StoredHealths.Probes(organisationId);
        var (last, tag) = await documents.FindAsync(partition, provider.Id, HealthJson.Default.StoredProbe, cancellation);
        var now = NowUnixMs;

        // A tenth early: clocks and turns are not that exact.
        if (last is not null && everyMs > 0 && now - last.AtUnixMs < everyMs - (everyMs / 10))
        {
            return last.Signal is { } signal && last.AtUnixMs > (watched.Probed?.AtUnixMs ?? 0)
                ? new ProbeReport(last.AtUnixMs, IsPaid: true, new Sighting(signal, last.Code, last.UpstreamStatus, last.LatencyUs))
                : null;
        }

        var begun = Bytes(new StoredProbe(now, null, null, 0, 0));
        var claim = tag is null
            ? await documents.CreateAsync(partition, provider.Id, begun, cancellation)
            : await documents.ReplaceAsync(partition, provider.Id, begun, tag, cancellation);
        if (claim.ETag is null)
        {
            return null;
        }

        _ = Interlocked.Increment(ref watched.PaidProbes);
        var found = await probe.ExecuteAsync(provider, kind, cancellation);
        var report = new ProbeReport(Math.Max(NowUnixMs, now), IsPaid: true, found);
        _ = await documents.ReplaceAsync(
            partition, provider.Id, Bytes(new StoredProbe(report.AtUnixMs, found.Signal, found.Code, found.UpstreamStatus, found.LatencyUs)), claim.ETag, cancellation);
        return report;
    }

    private long NowUnixMs => time.GetUtcNow().ToUnixTimeMilliseconds();

    private static ReadOnlyMemory<byte> Bytes(StoredProbe probe) => StoredDocuments.Bytes(probe, HealthJson.Default.StoredProbe);
}

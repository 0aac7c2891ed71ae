using AiOrchestrator.Core.Limits;
using AiOrchestrator.Core.Platform;
using AiOrchestrator.Core.Providers;
using AiOrchestrator.Ledger.Money;

namespace AiOrchestrator.Core.Traffic.Utilisation;

/// <summary>How far the providers are used now, as the authority over limits has it, and when most was used.</summary>
internal sealed class ShowUtilisation(
    UseBook book, LimitDirectory limits, ReadCounters counters, UpstreamClients clients, IDocumentStore documents, TimeProvider time)
{
    private const int HoursPerDay = 24;

    /// <summary>All providers in service, in order of id.</summary>
    public async Task<IReadOnlyList<ProviderUtilisationView>> ExecuteAsync(string organisationId, ProviderSnapshot providers, CancellationToken cancellation)
    {
        var read = new List<(Limit Limit, IReadOnlyList<CountersView> Counters)>();
        foreach (var limit in limits.List(organisationId, afterId: null, int.MaxValue).Select(static e => e.Limit).Where(static l => l.Scope == LimitScope.Provider))
        {
            read.Add((limit, await counters.ExecuteAsync(limit)));
        }

        var now = time.GetUtcNow().ToUnixTimeMilliseconds();
        await foreach (var document in StoredAsync(organisationId, cancellation))
        {
            book.For(organisationId, document.ProviderId).Merge(document.Use.Hours, now);
        }

        return
        [
            .. providers.Providers.OrderBy(static p => p.Id, StringComparer.Ordinal).Select(p => View(
                p,
                [.. read.Where(r => r.Limit.Subject is Limit.Each || r.Limit.Subject == p.Id).SelectMany(r => Windows(r.Limit, r.Counters, p.Id)), Connections(p)],
                book.For(organisationId, p.Id).Peaks(now))),
        ];
    }

    private async IAsyncEnumerable<(string ProviderId, StoredUse Use)> StoredAsync(
        string organisationId, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellation)
    {
        var partition = StoredUse.Partition(organisationId);
        foreach (var document in await documents.ListAsync(partition, afterId: null, 1000, cancellation))
        {
            yield return (document.Id, StoredDocuments.Read(partition, document, UtilisationJson.Default.StoredUse));
        }
    }

    private static ProviderUtilisationView View(Provider provider, IReadOnlyList<UseWindowView> windows, IReadOnlyList<HourPeak> peaks) => new(
        provider.Id, windows.Max(static w => w.Utilisation), windows, [.. peaks.GroupBy(static p => p.Hour % HoursPerDay).OrderBy(static h => h.Key).Select(Peak)]);

    private static UsePeakView Peak(IGrouping<long, HourPeak> hour) => new(
        (int)hour.Key,
        Part(hour.Max(static p => p.RequestsPerMinute)),
        Part(hour.Max(static p => p.TokensPerMinute)),
        Part(hour.Max(static p => p.RequestsPerDay)),
        Part(hour.Max(static p => p.TokensPerDay)),
        Part(hour.Max(static p => p.CostPerDay)),
        Part(hour.Max(static p => p.Connections)));

    private static IEnumerable<UseWindowView> Windows(Limit limit, IReadOnlyList<CountersView> counters, string providerId)
    {
        var used = counters.FirstOrDefault(c => c.Subject == providerId);
        foreach (var (kind, counter) in new[]
        {
            (RateKind.RequestsPerMinute, used?.RequestsPerMinute), (RateKind.TokensPerMinute, used?.TokensPerMinute), (RateKind.RequestsPerDay, used?.RequestsPerDay),
            (RateKind.TokensPerDay, used?.TokensPerDay),
        })
        {
            if (limit.Terms(kind) is { } terms)
            {
                yield return new UseWindowView(
                    UseWindows.Of(kind), limit.Id, terms.Limit, counter?.Used ?? 0, Part(UseWindows.Millionths(counter?.Remaining ?? terms.Capacity, terms.Capacity)), counter?.ResetMs ?? 0);
            }
        }

        if (limit.Terms(RateKind.CostPerDay) is { } money)
        {
            var cost = used?.CostUsdPerDay;

            // Counters tell money as text.
            var left = cost is not null && NanoUsd.TryParseUsd(cost.Remaining, out var nanoUsd) ? nanoUsd : money.Capacity;
            yield return new UseWindowView(
                UseWindow.CostPerDay, limit.Id, null, null, Part(UseWindows.Millionths(left, money.Capacity)), cost?.ResetMs ?? 0, NanoUsd.FormatUsd(money.Limit), cost?.Used ?? NanoUsd.FormatUsd(0));
        }
    }

    private UseWindowView Connections(Provider provider)
    {
        var underWay = Math.Clamp(clients.For(provider).UnderWay, 0, provider.MaxConnections);
        var part = Part(UseWindows.Millionths(provider.MaxConnections - underWay, provider.MaxConnections));
        return new UseWindowView(UseWindow.Connections, null, provider.MaxConnections, underWay, part, 0);
    }

    private static double Part(int millionths) => millionths / (double)UseWindows.Whole;
}

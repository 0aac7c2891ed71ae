using AiOrchestrator.Core.Platform;
using AiOrchestrator.Core.Platform.Alerts;
using AiOrchestrator.Core.Platform.Jobs;

namespace AiOrchestrator.Core.Providers.Health;

/// <summary>
/// What of health is written down: a document for each provider with what was last told, its changes newest first, and alerts. Instances agree on what
/// was told: whoever replaces the document under its tag tells, the others find it told. Changes are kept for 90 days.
/// </summary>
internal sealed class HealthLog(IDocumentStore documents, AlertBook alerts, TimeProvider time)
{
    private const int PageSize = 200;

    private static readonly TimeSpan KeepFor = TimeSpan.FromDays(90);

    /// <summary>The job that forgets old changes.</summary>
    public static Job AsJob(HealthLog log, ProviderDirectory directory) => new(
        "prune-health",
        TimeSpan.FromDays(1),
        (_, cancellation) => directory.OrganisationId is { } organisationId ? log.PruneAsync(organisationId, cancellation) : Task.CompletedTask);

    /// <summary>What was last told of a provider.</summary>
    public Task<(StoredHealth? Value, string? ETag)> FindAsync(string organisationId, string providerId, CancellationToken cancellation) =>
        documents.FindAsync(StoredHealths.Partition(organisationId), providerId, HealthJson.Default.StoredHealth, cancellation);

    /// <summary>Writes what is told now.</summary>
    /// <returns>The new tag; null where somebody else has written since.</returns>
    public async Task<string?> WriteAsync(string organisationId, string providerId, StoredHealth health, string? tag, CancellationToken cancellation)
    {
        var bytes = StoredDocuments.Bytes(health, HealthJson.Default.StoredHealth);
        var partition = StoredHealths.Partition(organisationId);
        var write = tag is null
            ? await documents.CreateAsync(partition, providerId, bytes, cancellation)
            : await documents.ReplaceAsync(partition, providerId, bytes, tag, cancellation);
        return write.ETag;
    }

    /// <summary>Writes changes into the history and raises their alerts. Doing it again changes nothing.</summary>
    public async Task TellAsync(string organisationId, string providerId, IReadOnlyList<HealthChange> changes, CancellationToken cancellation)
    {
        var isDown = changes.Any(static c => c.Event == HealthEvent.ProviderDown);
        foreach (var change in changes)
        {
            _ = await documents.CreateAsync(
                StoredHealths.Changes(organisationId, providerId), IdOf(change), StoredDocuments.Bytes(change, HealthJson.Default.HealthChange), cancellation);

            // Of models only what somebody should look at, and nothing while their provider is down as a whole.
            var isModelsOwn = change.Model is not null && !isDown && HealthStatus.Unavailable == (change.To == HealthStatus.Unavailable ? change.To : change.From);
            if (change.Model is null || isModelsOwn)
            {
                await alerts.RaiseAsync(AlertOf(organisationId, providerId, change), cancellation);
            }
        }
    }

    /// <summary>A provider's changes, newest first.</summary>
    /// <param name="organisationId">Whose.</param>
    /// <param name="providerId">The provider.</param>
    /// <param name="after">The last id of an earlier page; null: from the newest.</param>
    /// <param name="limit">At most so many.</param>
    /// <param name="cancellation">Gives up.</param>
    public async Task<(IReadOnlyList<HealthChange> Changes, string? Next)> ChangesAsync(
        string organisationId, string providerId, string? after, int limit, CancellationToken cancellation)
    {
        var partition = StoredHealths.Changes(organisationId, providerId);
        var page = await documents.ListAsync(partition, after, limit, cancellation);
        return ([.. page.Select(d => StoredDocuments.Read(partition, d, HealthJson.Default.HealthChange))], page.Count == limit ? page[^1].Id : null);
    }

    /// <summary>How much of a time a provider was not UNAVAILABLE, by what was told; percent. While no instance ran it is taken to have stayed as it was.</summary>
    /// <param name="organisationId">Whose.</param>
    /// <param name="providerId">The provider.</param>
    /// <param name="health">What was last told of it.</param>
    /// <param name="windows">How far back each; the watch began no earlier than <see cref="StoredHealth.FirstUnixMs"/>.</param>
    /// <param name="cancellation">Gives up.</param>
    public async Task<double[]> UptimePercentAsync(
        string organisationId, string providerId, StoredHealth health, TimeSpan[] windows, CancellationToken cancellation)
    {
        var now = time.GetUtcNow().ToUnixTimeMilliseconds();
        var starts = Array.ConvertAll(windows, w => Math.Max(now - (long)w.TotalMilliseconds, health.FirstUnixMs));
        var earliest = starts.Min();
        var down = new long[windows.Length];
        var until = now;
        var status = health.Provider.Status;
        string? after = null;
        do
        {
            var (changes, next) = await ChangesAsync(organisationId, providerId, after, PageSize, cancellation);
            foreach (var change in changes.Where(static c => c.Model is null))
            {
                AddDown(change.AtUnixMs, change.To);
                (until, status) = (change.AtUnixMs, change.From);
            }

            after = until <= earliest ? null : next;
        }
        while (after is not null);
        AddDown(0, status);
        return [.. starts.Select((start, i) => now <= start ? 100 : Math.Round(100 * (1 - ((double)down[i] / (now - start))), 3))];

        void AddDown(long from, HealthStatus was)
        {
            for (var i = 0; was == HealthStatus.Unavailable && i < starts.Length; i++)
            {
                down[i] += Math.Max(0, until - Math.Max(from, starts[i]));
            }
        }
    }

    /// <summary>Forgets changes that are older than 90 days, and providers that nobody has seen since.</summary>
    internal async Task PruneAsync(string organisationId, CancellationToken cancellation)
    {
        var oldest = time.GetUtcNow() - KeepFor;
        foreach (var provider in await documents.ListAsync(StoredHealths.Partition(organisationId), null, 1000, cancellation))
        {
            var partition = StoredHealths.Changes(organisationId, provider.Id);
            while (await documents.ListAsync(partition, StoredDocuments.NewestFirst(oldest.ToUnixTimeMilliseconds()), PageSize, cancellation) is { Count: > 0 } page)
            {
                foreach (var document in page)
                {
                    _ = await documents.DeleteAsync(partition, document.Id, ifMatch: null, cancellation);
                }
            }

            var health = StoredDocuments.Read(partition, provider, HealthJson.Default.StoredHealth);
            if (Math.Max(health.SeenUnixMs, health.Provider.SinceUnixMs) < oldest.ToUnixTimeMilliseconds())
            {
                _ = await documents.DeleteAsync(StoredHealths.Partition(organisationId), provider.Id, provider.ETag, cancellation);
            }
        }
    }

    private static string IdOf(HealthChange change) => $"{StoredDocuments.NewestFirst(change.AtUnixMs)}-{(change.Model is null ? "" : AlertBook.IdOf(change.Model))}";

    private static Alert AlertOf(string organisationId, string providerId, HealthChange change)
    {
        var what = change.Model is null ? $"The provider '{providerId}'" : $"'{change.Model}' at '{providerId}'";
        var error = change.Error is { } last ? $" What went wrong last: {last.Code}{(last.UpstreamStatus == 0 ? "" : string.Create(null, $", status {last.UpstreamStatus}"))}." : "";
        var (kind, severity, subject, text) = change.Event switch
        {
            HealthEvent.ProviderDown => (
                AlertKinds.ProviderDown, AlertSeverity.Critical, $"{what} is UNAVAILABLE",
                $"Calls go to other providers of the same models where there are any; where there are none they are sent to it all the same.{error}"),
            HealthEvent.ProviderRecovered => (
                AlertKinds.ProviderRecovered, AlertSeverity.Info, $"{what} answers again", $"It is {Word(change.To)} and gets calls again, in its order."),
            _ => (
                AlertKinds.StatusChange, change.To > change.From ? AlertSeverity.Warning : AlertSeverity.Info, $"{what} is {Word(change.To)}", $"It was {Word(change.From)}.{error}"),
        };
        return new Alert(
            $"health:{providerId}:{(change.Model is null ? "-" : AlertBook.IdOf(change.Model))}:{change.AtUnixMs.ToString(System.Globalization.CultureInfo.InvariantCulture)}",
            organisationId,
            kind,
            severity,
            subject,
            $"{text} GET /control/v1/providers/{providerId}/health shows how it is, docs/operations/health.md says what to do.",
            new Dictionary<string, string>(StringComparer.Ordinal)
            {
                ["provider"] = providerId,
                ["model"] = change.Model ?? "",
                ["from"] = Word(change.From),
                ["to"] = Word(change.To),
                ["error"] = change.Error?.Code ?? "",
                ["instance"] = change.InstanceId,
            },
            change.AtUnixMs);
    }

    private static string Word(HealthStatus status) => status.ToString().ToUpperInvariant();
}

using System.Globalization;
using AiOrchestrator.Core.Metering;
using AiOrchestrator.Core.Platform;
using AiOrchestrator.Core.Platform.Alerts;
using AiOrchestrator.Core.Platform.Jobs;

namespace AiOrchestrator.Core.Providers.Listing;

/// <summary>
/// Reads providers' own lists of their models: what is new there, what is gone, and which of a row's models are not listed any more. Rows that serve
/// what is listed serve it from then on.
/// </summary>
internal sealed class SyncModels(
    UpstreamClients clients, AskModels models, ProviderDirectory directory, PriceTable prices, IDocumentStore documents, AlertBook alerts, TimeProvider time)
{
    private const int MostNamed = 20;
    private const long DayMs = 24 * 3_600_000;

    /// <summary>Bounds one provider's list, all pages of it.</summary>
    private static readonly TimeSpan SyncFor = TimeSpan.FromSeconds(30);

    /// <summary>The job that reads each list once a day, and one that could not be read each hour.</summary>
    public static Job AsJob(SyncModels sync) => new("sync-models", TimeSpan.FromHours(1), (_, cancellation) => sync.RunAsync(cancellation))
    {
        Patience = TimeSpan.FromMinutes(30),
    };

    /// <summary>Reads the lists that are due.</summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        if (directory.OrganisationId is not { } organisationId)
        {
            return;
        }

        foreach (var row in directory.Rows.Where(static r => r is { Config.Enabled: true, Built: not null }))
        {
            if (ModelListReader.UriOf(row.Built!, page: null) is null)
            {
                continue;
            }

            var (stored, _) = await FindAsync(organisationId, row.Config.Id, cancellation);
            if (stored is null || stored.Problem is not null || NowUnixMs - stored.TriedUnixMs >= DayMs)
            {
                // What cannot be read is noted beside what was read before, and read with the next run.
                _ = await ExecuteAsync(organisationId, row, cancellation);
            }
        }
    }

    /// <summary>Reads a provider's list.</summary>
    /// <param name="organisationId">Whose row.</param>
    /// <param name="row">The row.</param>
    /// <param name="cancellation">Gives up.</param>
    public async Task<Result<ModelSyncView>> ExecuteAsync(string organisationId, ProviderRow row, CancellationToken cancellation)
    {
        if (row.Built is not { } provider)
        {
            return new ModelListUnavailable(row.Config.Id, "its row is not served, GET /control/v1/providers says why");
        }

        if (ModelListReader.UriOf(provider, page: null) is null)
        {
            return new ModelListUnsupported(provider.Id);
        }

        var (listed, failure) = await AskAsync(provider, cancellation);
        var (stored, tag) = await FindAsync(organisationId, provider.Id, cancellation);
        var before = stored ?? new StoredModelList(0, []);
        if (failure is not null)
        {
            await WriteAsync(organisationId, provider.Id, before with { TriedUnixMs = NowUnixMs, Problem = failure.Message }, tag, cancellation);
            return failure;
        }

        var after = before.After(listed!, NowUnixMs);
        await WriteAsync(organisationId, provider.Id, after, tag, cancellation);
        await WarnAsync(organisationId, row, provider, listed!, before.ReadUnixMs == 0 ? [] : [.. before.Models.Except(listed!.Ids, StringComparer.Ordinal)], cancellation);
        if (row.Config.Models.IsOwnList)
        {
            // After this point it is stored: memory must not stay behind.
            await directory.RefreshAsync(CancellationToken.None);
        }

        return View(provider.Id, after);
    }

    /// <summary>Reads the list that a row which was just written lives by. Where that fails the row is there all the same, and the job tries again.</summary>
    public async Task<Result<ProviderRow>> FillAsync(string organisationId, Result<ProviderRow> written, CancellationToken cancellation)
    {
        if (written.Failed || !written.Value.Config.Models.IsOwnList || written.Value.Built is null)
        {
            return written;
        }

        _ = await ExecuteAsync(organisationId, written.Value, cancellation);
        return directory.Rows.FirstOrDefault(r => r.Config.Id == written.Value.Config.Id) ?? written;
    }

    /// <summary>What was read last; null where nobody has tried.</summary>
    public async Task<ModelSyncView?> ShowAsync(string organisationId, string providerId, CancellationToken cancellation) =>
        (await FindAsync(organisationId, providerId, cancellation)).Value is { } stored ? View(providerId, stored) : null;

    private long NowUnixMs => time.GetUtcNow().ToUnixTimeMilliseconds();

    private Task<(StoredModelList? Value, string? ETag)> FindAsync(string organisationId, string providerId, CancellationToken cancellation) =>
        documents.FindAsync(StoredModelLists.Partition(organisationId), providerId, ListingJson.Default.StoredModelList, cancellation);

    private async Task<(ListedModels? Listed, ApiFailure? Failure)> AskAsync(Provider provider, CancellationToken cancellation)
    {
        using var bound = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        using var timer = time.CreateTimer(static c => ((CancellationTokenSource)c!).Cancel(), bound, SyncFor, Timeout.InfiniteTimeSpan);
        using var connection = clients.NewConnection(provider);
        try
        {
            var listing = await models.ExecuteAsync(provider, connection, reached: null, onlyFirst: false, bound.Token);
            return listing switch
            {
                { HasNone: true } => (null, new ModelListUnsupported(provider.Id)),

                // A list of nothing is no list: models that are served would seem to be gone.
                { Models.Ids.Count: > 0 } => (listing.Models, null),
                { Models: not null } => (null, new ModelListUnavailable(provider.Id, "the list is empty")),
                _ => (null, new ModelListUnavailable(provider.Id, Answered(listing.Answer!.Value, provider))),
            };
        }
        catch (Exception failure) when (failure is HttpRequestException or IOException or OperationCanceledException && !cancellation.IsCancellationRequested)
        {
            // The provider's network is outside our control.
            return (null, new ModelListUnavailable(provider.Id, failure is OperationCanceledException ? "it did not answer in time" : "it cannot be reached, or broke off"));
        }
    }

    private static string Answered(in TalkAnswer answer, Provider provider)
    {
        var said = ProviderTalk.Said(provider, answer.Body) is { } error ? ": " + UpstreamRow.Scrubbed(error.Message, provider) : "";
        return answer.IsGood ? "it answered no list that can be read" : string.Create(CultureInfo.InvariantCulture, $"it answered with status {(int)answer.Status}{said}");
    }

    private async Task WriteAsync(string organisationId, string providerId, StoredModelList list, string? tag, CancellationToken cancellation)
    {
        var bytes = StoredDocuments.Bytes(list, ListingJson.Default.StoredModelList);
        var partition = StoredModelLists.Partition(organisationId);

        // Whoever was quicker has read the same list a moment ago.
        _ = tag is null
            ? await documents.CreateAsync(partition, providerId, bytes, cancellation)
            : await documents.ReplaceAsync(partition, providerId, bytes, tag, cancellation);
    }

    /// <summary>
    /// Tells of models that a row names and its provider does not list; of rows that take what there is, only of what was listed before: the price
    /// table knows many models that an account may never have had.
    /// </summary>
    private async Task WarnAsync(
        string organisationId, ProviderRow row, Provider provider, ListedModels listed, IReadOnlyList<string> gone, CancellationToken cancellation)
    {
        var served = provider.Models.Select(static m => m.UpstreamId).Distinct(StringComparer.Ordinal);
        var unlisted = served.Where(m => !listed.Has(m) && (row.Config.Models.Listed is not null || gone.Contains(m))).Order(StringComparer.Ordinal).ToList();
        if (unlisted.Count == 0)
        {
            return;
        }

        var named = string.Join(", ", unlisted.Take(MostNamed)) + (unlisted.Count > MostNamed ? ", …" : "");
        await alerts.RaiseAsync(
            new Alert(
                $"unlisted:{provider.Id}:{AlertBook.IdOf(string.Join('\n', unlisted))}",
                organisationId,
                AlertKinds.ModelUnlisted,
                AlertSeverity.Warning,
                string.Create(CultureInfo.InvariantCulture, $"{unlisted.Count} models of '{provider.Id}' are not listed by it"),
                $"'{provider.Id}' is asked for models that its own list does not have (any more): {named}. Calls to them will probably be refused by it. "
                + $"GET /control/v1/providers/{provider.Id}/sync shows the list; take them out of the row, or name what takes their place.",
                new Dictionary<string, string>(StringComparer.Ordinal)
                {
                    ["provider"] = provider.Id,
                    ["models"] = named,
                    ["count"] = unlisted.Count.ToString(CultureInfo.InvariantCulture),
                },
                NowUnixMs),
            cancellation);
    }

    private ModelSyncView View(string providerId, StoredModelList list)
    {
        var now = time.GetUtcNow();
        var row = directory.Rows.FirstOrDefault(r => r.Config.Id == providerId);
        var priceProvider = row?.Config.PriceProvider ?? providerId;
        var served = (row?.Built?.Models ?? []).Select(static m => m.UpstreamId).ToHashSet(StringComparer.Ordinal);
        var listed = new ListedModels(list.Models);
        return new ModelSyncView(
            providerId,
            Rfc3339.Format(list.ReadUnixMs == 0 ? null : list.ReadUnixMs),
            Rfc3339.Format(list.TriedUnixMs)!,
            list.Problem,
            Rfc3339.Format(list.ChangedUnixMs),
            list.Added,
            list.Gone,
            list.ReadUnixMs == 0 ? [] : [.. served.Where(m => !listed.Has(m)).Order(StringComparer.Ordinal)],
            [.. list.Models.Select(id => new ListedModelView(id, prices.TryFindModel(priceProvider, id, out var entry) && entry.PriceAt(now) is not null, served.Contains(id)))]);
    }
}

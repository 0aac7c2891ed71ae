using AiOrchestrator.Core.Platform;

namespace AiOrchestrator.Core.Insight.Rerating;

/// <summary>
/// Re-ratings as documents, kept for ever, and in a partition beside the names of those that are open. One is noted as open before it is created, and the note
/// is taken away only after it was read ended: a note may be one too many, never one too few.
/// </summary>
internal sealed class ReratingStore(IDocumentStore documents)
{
    private const string OpenPartition = "open-reratings";

    /// <summary>Creates one, or finds the one that has its id.</summary>
    public async Task<(StoredRerating Stored, bool IsNew)> CreateAsync(StoredRerating rerating, CancellationToken cancellation)
    {
        var open = new OpenRerating(rerating.OrganisationId, rerating.Id, rerating.CreatedUnixMs);
        _ = await documents.CreateAsync(OpenPartition, NameOf(open), StoredDocuments.Bytes(open, ReratingJson.Default.OpenRerating), cancellation);
        var write = await documents.CreateAsync(Partition(rerating.OrganisationId), rerating.Id, Bytes(rerating), cancellation);
        if (write.Outcome == DocumentOutcome.Done)
        {
            return (rerating, true);
        }

        var (stored, _) = await FindAsync(rerating.OrganisationId, rerating.Id, cancellation);
        return (stored ?? throw new InvalidOperationException($"'{rerating.Id}' exists and cannot be found"), false);
    }

    /// <summary>One and its tag; nulls when there is none.</summary>
    public Task<(StoredRerating? Value, string? ETag)> FindAsync(string organisationId, string id, CancellationToken cancellation) =>
        documents.FindAsync(Partition(organisationId), id, ReratingJson.Default.StoredRerating, cancellation);

    /// <summary>All of an organisation, in order of id.</summary>
    public async Task<IReadOnlyList<StoredRerating>> AllAsync(string organisationId, CancellationToken cancellation)
    {
        var all = new List<StoredRerating>();
        await foreach (var (rerating, _) in documents.AllAsync(Partition(organisationId), ReratingJson.Default.StoredRerating, cancellation))
        {
            all.Add(rerating);
        }

        return all;
    }

    /// <summary>A page, in order of id.</summary>
    public async Task<IReadOnlyList<StoredRerating>> ListAsync(string organisationId, string? afterId, int limit, CancellationToken cancellation)
    {
        var page = await documents.ListAsync(Partition(organisationId), afterId, limit, cancellation);
        return [.. page.Select(d => StoredDocuments.Read(Partition(organisationId), d, ReratingJson.Default.StoredRerating))];
    }

    /// <summary>Replaces one that still has the tag; its new tag, or null when somebody was faster.</summary>
    public async Task<string?> TryReplaceAsync(StoredRerating next, string etag, CancellationToken cancellation) =>
        (await documents.ReplaceAsync(Partition(next.OrganisationId), next.Id, Bytes(next), etag, cancellation)).ETag;

    /// <summary>Opens one again that has not corrected every wallet; false where somebody else did, or changed it.</summary>
    public async Task<bool> TryReopenAsync(StoredRerating rerating, long nowUnixMs, CancellationToken cancellation)
    {
        var (stored, etag) = await FindAsync(rerating.OrganisationId, rerating.Id, cancellation);
        if (stored is not { Missed: true })
        {
            return false;
        }

        var open = new OpenRerating(stored.OrganisationId, stored.Id, stored.CreatedUnixMs);
        _ = await documents.CreateAsync(OpenPartition, NameOf(open), StoredDocuments.Bytes(open, ReratingJson.Default.OpenRerating), cancellation);
        var next = stored with { State = ReratingState.Running, EndedUnixMs = null, RetryUnixMs = nowUnixMs };
        return await TryReplaceAsync(next, etag!, cancellation) is not null;
    }

    /// <summary>What is noted as open, oldest first.</summary>
    public async Task<IReadOnlyList<OpenRerating>> OpenAsync(CancellationToken cancellation)
    {
        var open = new List<OpenRerating>();
        await foreach (var (one, _) in documents.AllAsync(OpenPartition, ReratingJson.Default.OpenRerating, cancellation))
        {
            open.Add(one);
        }

        return [.. open.OrderBy(static o => o.CreatedUnixMs).ThenBy(static o => o.Id, StringComparer.Ordinal)];
    }

    /// <summary>Takes a note away.</summary>
    public Task ForgetOpenAsync(OpenRerating open, CancellationToken cancellation) =>
        documents.DeleteAsync(OpenPartition, NameOf(open), ifMatch: null, cancellation);

    private static ReadOnlyMemory<byte> Bytes(StoredRerating rerating) => StoredDocuments.Bytes(rerating, ReratingJson.Default.StoredRerating);

    private static string Partition(string organisationId) => $"reratings:{organisationId}";

    private static string NameOf(OpenRerating open) => $"{open.OrganisationId}.{open.Id}";
}

using AiOrchestrator.Core.Identity;
using AiOrchestrator.Core.Platform;

namespace AiOrchestrator.Core.Gateway.Videos;

/// <summary>
/// Jobs as documents, each key's in a partition of its own, oldest first; and, in a partition beside, the names of those about which something is left to
/// be done. One is noted there before it is made and for as long as it is open: a note may be one too many, never one too few.
/// </summary>
internal sealed class VideoBook(IDocumentStore documents, TimeProvider time)
{
    private const string OpenPartition = "open-videos";
    private const int PruneSize = 20;

    private static readonly TimeSpan Keep = TimeSpan.FromDays(30);

    /// <summary>Keeps a new job, and forgets some of the key's that are older than 30 days: whoever asks for each new one keeps up.</summary>
    public async Task CreateAsync(VideoJob job, CancellationToken cancellation)
    {
        var partition = Partition(job.OrganisationId, job.KeyId);
        _ = await documents.CreateAsync(
            OpenPartition, job.Id, StoredDocuments.Bytes(new OpenVideo(job.OrganisationId, job.KeyId), VideosJson.Default.OpenVideo), cancellation);
        _ = await documents.CreateAsync(partition, job.Id, StoredDocuments.Bytes(job, VideosJson.Default.VideoJob), cancellation);
        var end = VideoJob.FirstAt(time.GetUtcNow().ToUnixTimeMilliseconds() - (long)Keep.TotalMilliseconds);
        foreach (var old in await documents.ListAsync(partition, afterId: null, PruneSize, cancellation))
        {
            if (string.CompareOrdinal(old.Id, end) < 0)
            {
                _ = await documents.DeleteAsync(partition, old.Id, old.ETag, cancellation);
            }
        }
    }

    /// <summary>The caller's job and its tag; nulls where it has none of this name: somebody else's does not exist.</summary>
    public Task<(VideoJob? Job, string? ETag)> FindAsync(Caller caller, string id, CancellationToken cancellation) =>
        VideoJob.IsId(id) ? FindAsync(caller.OrganisationId, caller.Key!.Id, id, cancellation) : Task.FromResult<(VideoJob?, string?)>((null, null));

    /// <summary>A job and its tag; nulls where there is none.</summary>
    public async Task<(VideoJob? Job, string? ETag)> FindAsync(string organisationId, string keyId, string id, CancellationToken cancellation) =>
        await documents.FindAsync(Partition(organisationId, keyId), id, VideosJson.Default.VideoJob, cancellation);

    /// <summary>Replaces a job that still has the tag: of two who look at once, one writes.</summary>
    public async Task ReplaceAsync(VideoJob next, string etag, CancellationToken cancellation)
    {
        var write = await documents.ReplaceAsync(
            Partition(next.OrganisationId, next.KeyId), next.Id, StoredDocuments.Bytes(next, VideosJson.Default.VideoJob), etag, cancellation);
        if (write.Outcome == DocumentOutcome.Done && next.IsClosed)
        {
            await ForgetOpenAsync(next.Id, cancellation);
        }
    }

    /// <summary>Forgets a job.</summary>
    public async Task DeleteAsync(VideoJob job, CancellationToken cancellation)
    {
        _ = await documents.DeleteAsync(Partition(job.OrganisationId, job.KeyId), job.Id, ifMatch: null, cancellation);
        await ForgetOpenAsync(job.Id, cancellation);
    }

    /// <summary>All jobs of the caller, oldest first.</summary>
    public async Task<IReadOnlyList<VideoJob>> ListAsync(Caller caller, CancellationToken cancellation)
    {
        var jobs = new List<VideoJob>();
        await foreach (var (job, _) in documents.AllAsync(Partition(caller.OrganisationId, caller.Key!.Id), VideosJson.Default.VideoJob, cancellation))
        {
            jobs.Add(job);
        }

        return jobs;
    }

    /// <summary>Jobs about which something is left to be done, oldest first, after one of them.</summary>
    public async Task<IReadOnlyList<(string Id, OpenVideo Note)>> OpenAsync(string? afterId, int limit, CancellationToken cancellation) =>
        [.. (await documents.ListAsync(OpenPartition, afterId, limit, cancellation)).Select(
            static d => (d.Id, StoredDocuments.Read(OpenPartition, d, VideosJson.Default.OpenVideo)))];

    /// <summary>Takes the note away that something is left to be done about a job.</summary>
    public Task ForgetOpenAsync(string id, CancellationToken cancellation) => documents.DeleteAsync(OpenPartition, id, ifMatch: null, cancellation);

    private static string Partition(string organisationId, string keyId) => $"videos:{organisationId}:{keyId}";
}

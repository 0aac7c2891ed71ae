using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using AiOrchestrator.Core.Identity;
using AiOrchestrator.Core.Platform;

namespace AiOrchestrator.Core.Gateway;

/// <summary>Something a key has made at a provider.</summary>
internal interface IKeysOwn
{
    /// <summary>The caller's name for it; grows with the time it was made at.</summary>
    string Id { get; }

    /// <summary>Whose it is.</summary>
    string OrganisationId { get; }

    /// <summary>The key it was made with: nobody else sees it.</summary>
    string KeyId { get; }

    /// <summary>Whether nothing is left to be done about it.</summary>
    bool IsClosed { get; }
}

/// <summary>That something is left to be done about one of them.</summary>
/// <param name="OrganisationId">Whose it is.</param>
/// <param name="KeyId">The key it was made with.</param>
internal sealed record OpenNote(string OrganisationId, string KeyId);

/// <summary>
/// What keys have made as documents, each key's in a partition of its own, oldest first; and, in a partition beside, the names of those about which something
/// is left to be done. One is noted there before it is made and for as long as it is open: a note may be one too many, never one too few.
/// </summary>
/// <param name="documents">Where they are kept.</param>
/// <param name="time">The clock.</param>
/// <param name="name">Before the partitions' names.</param>
/// <param name="type">The written form.</param>
internal abstract class JobBook<T>(IDocumentStore documents, TimeProvider time, string name, JsonTypeInfo<T> type)
    where T : class, IKeysOwn
{
    private const int PruneSize = 20;

    private static readonly TimeSpan Keep = TimeSpan.FromDays(30);

    private string OpenPartition => $"open-{name}";

    /// <summary>Keeps a new one, and forgets some of the key's that are older than 30 days: whoever asks for each new one keeps up. One that is kept already stays.</summary>
    public async Task CreateAsync(T job, CancellationToken cancellation)
    {
        var partition = Partition(job.OrganisationId, job.KeyId);
        if (!job.IsClosed)
        {
            _ = await documents.CreateAsync(
                OpenPartition, job.Id, StoredDocuments.Bytes(new OpenNote(job.OrganisationId, job.KeyId), JobBookJson.Default.OpenNote), cancellation);
        }

        _ = await documents.CreateAsync(partition, job.Id, StoredDocuments.Bytes(job, type), cancellation);
        var end = FirstAt(time.GetUtcNow().ToUnixTimeMilliseconds() - (long)Keep.TotalMilliseconds);
        foreach (var old in await documents.ListAsync(partition, afterId: null, PruneSize, cancellation))
        {
            if (string.CompareOrdinal(old.Id, end) < 0 && MayForget(StoredDocuments.Read(partition, old, type)))
            {
                _ = await documents.DeleteAsync(partition, old.Id, old.ETag, cancellation);
            }
        }
    }

    /// <summary>The caller's own of a name and its tag; nulls where there is none: somebody else's does not exist.</summary>
    public Task<(T? Job, string? ETag)> FindAsync(Caller caller, string id, CancellationToken cancellation) =>
        IsId(id) ? FindAsync(caller.OrganisationId, caller.Key!.Id, id, cancellation) : Task.FromResult<(T?, string?)>((null, null));

    /// <summary>One and its tag; nulls where there is none.</summary>
    public async Task<(T? Job, string? ETag)> FindAsync(string organisationId, string keyId, string id, CancellationToken cancellation) =>
        await documents.FindAsync(Partition(organisationId, keyId), id, type, cancellation);

    /// <summary>Replaces one that still has the tag: of two who look at once, one writes. The new tag; null where it was the other.</summary>
    public async Task<string?> TryReplaceAsync(T next, string etag, CancellationToken cancellation)
    {
        var write = await documents.ReplaceAsync(Partition(next.OrganisationId, next.KeyId), next.Id, StoredDocuments.Bytes(next, type), etag, cancellation);
        if (write.Outcome == DocumentOutcome.Done && next.IsClosed)
        {
            await ForgetOpenAsync(next.Id, cancellation);
        }

        return write.ETag;
    }

    /// <summary>Forgets one.</summary>
    public async Task DeleteAsync(T job, CancellationToken cancellation)
    {
        _ = await documents.DeleteAsync(Partition(job.OrganisationId, job.KeyId), job.Id, ifMatch: null, cancellation);
        await ForgetOpenAsync(job.Id, cancellation);
    }

    /// <summary>All of the caller's, oldest first.</summary>
    public async Task<IReadOnlyList<T>> ListAsync(Caller caller, CancellationToken cancellation)
    {
        var jobs = new List<T>();
        await foreach (var (job, _) in documents.AllAsync(Partition(caller.OrganisationId, caller.Key!.Id), type, cancellation))
        {
            jobs.Add(job);
        }

        return jobs;
    }

    /// <summary>Those about which something is left to be done, oldest first, after one of them.</summary>
    public async Task<IReadOnlyList<(string Id, OpenNote Note)>> OpenAsync(string? afterId, int limit, CancellationToken cancellation) =>
        [.. (await documents.ListAsync(OpenPartition, afterId, limit, cancellation)).Select(
            d => (d.Id, StoredDocuments.Read(OpenPartition, d, JobBookJson.Default.OpenNote)))];

    /// <summary>Takes the note away that something is left to be done about one.</summary>
    public Task ForgetOpenAsync(string id, CancellationToken cancellation) => documents.DeleteAsync(OpenPartition, id, ifMatch: null, cancellation);

    /// <summary>Whether a text may be a name: what is not is not looked for.</summary>
    protected abstract bool IsId(string text);

    /// <summary>The first name that could be given at a time; for ranges.</summary>
    protected abstract string FirstAt(long unixMs);

    /// <summary>Whether an old one may be forgotten.</summary>
    protected virtual bool MayForget(T job) => true;

    private string Partition(string organisationId, string keyId) => $"{name}:{organisationId}:{keyId}";
}

/// <summary>The written form of notes, and of what stands beside them.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(OpenNote))]
[JsonSerializable(typeof(Dictionary<string, JsonElement>))]
[JsonSerializable(typeof(string))]
internal sealed partial class JobBookJson : JsonSerializerContext;

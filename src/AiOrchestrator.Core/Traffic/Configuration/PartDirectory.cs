using System.Collections.Frozen;
using AiOrchestrator.Core.Identity;
using AiOrchestrator.Core.Platform;

namespace AiOrchestrator.Core.Traffic.Configuration;

/// <summary>
/// One kind of configuration of all organisations, in memory and ready for calls. A change made through this instance holds for the next request; what
/// others change comes with <see cref="LoadAsync"/>.
/// </summary>
/// <remarks>Safe for concurrent use: readers see one immutable table; whoever changes it takes turns of his own.</remarks>
internal sealed class PartDirectory<TStored, TCompiled>(IDocumentStore documents, PartKind<TStored, TCompiled> kind) : IDisposable
    where TStored : class
    where TCompiled : class
{
    private readonly SemaphoreSlim _changing = new(1, 1);
    private volatile FrozenDictionary<string, Organisation> _organisations = FrozenDictionary<string, Organisation>.Empty;

    /// <summary>What an organisation's come to. Does not allocate for one that is known.</summary>
    public TCompiled For(string organisationId) =>
        _organisations.TryGetValue(organisationId, out var known) ? known.Compiled : kind.Compile(organisationId, kind.Shipped);

    /// <summary>The same by an id that is a piece of a text; null for one that is not known. Does not allocate.</summary>
    public TCompiled? Known(ReadOnlySpan<char> organisationId) =>
        _organisations.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(organisationId, out var known) ? known.Compiled : null;

    /// <summary>All that an organisation has, what ships included, in order of id.</summary>
    public IReadOnlyList<Part<TStored>> All(string organisationId) => _organisations.TryGetValue(organisationId, out var known) ? known.Parts : WithShipped([]);

    /// <summary>Those after an id (null: from the first), at most <paramref name="limit"/>.</summary>
    public IReadOnlyList<Part<TStored>> List(string organisationId, string? afterId, int limit) =>
        [.. All(organisationId).Where(p => string.CompareOrdinal(kind.Id(p.Value), afterId) > 0).Take(limit)];

    /// <summary>One; null for none.</summary>
    public Part<TStored>? Find(string organisationId, string id) => All(organisationId).FirstOrDefault(p => kind.Id(p.Value) == id);

    /// <summary>The organisations that have any.</summary>
    public IReadOnlyCollection<string> Organisations => _organisations.Keys;

    /// <summary>Reads all of all organisations.</summary>
    /// <exception cref="InvalidDataException">A document cannot be read.</exception>
    public Task LoadAsync(CancellationToken cancellation) => ChangeAsync(
        async () =>
        {
            var organisations = new Dictionary<string, Organisation>(StringComparer.Ordinal);
            await foreach (var (organisation, _) in documents.AllAsync(IdentityPartitions.Organisations, IdentityJson.Default.StoredOrganisation, cancellation))
            {
                var parts = new List<Part<TStored>>();
                await foreach (var (value, etag) in documents.AllAsync(kind.Partition(organisation.Id), kind.Type, cancellation))
                {
                    parts.Add(new Part<TStored>(value, etag));
                }

                organisations.Add(organisation.Id, Compiled(organisation.Id, parts));
            }

            _organisations = organisations.ToFrozenDictionary(StringComparer.Ordinal);
            return true;
        },
        cancellation);

    /// <summary>Writes a new one down; <see cref="PartExists"/> where its id is taken.</summary>
    public Task<Result<Part<TStored>>> CreateAsync(string organisationId, TStored value, CancellationToken cancellation) => ChangeAsync<Result<Part<TStored>>>(
        async () =>
        {
            var write = await documents.CreateAsync(kind.Partition(organisationId), kind.Id(value), StoredDocuments.Bytes(value, kind.Type), cancellation);
            return write.ETag is { } etag ? Put(organisationId, new Part<TStored>(value, etag)) : new PartExists(kind.Id(value));
        },
        cancellation);

    /// <summary>Puts another in the place of one.</summary>
    /// <param name="organisationId">Whose.</param>
    /// <param name="id">Which.</param>
    /// <param name="change">What it becomes, given what it is; or why it may not.</param>
    /// <param name="allows">Whether the caller wants to change the document with this tag.</param>
    /// <param name="cancellation">Gives up; then it may have been written or not.</param>
    public Task<Result<Part<TStored>>> ReplaceAsync(
        string organisationId, string id, Func<TStored, Result<TStored>> change, Func<string, bool> allows, CancellationToken cancellation) => ChangeAsync<Result<Part<TStored>>>(
        async () =>
        {
            var (stored, etag) = await documents.FindAsync(kind.Partition(organisationId), id, kind.Type, cancellation);
            if (stored is null)
            {
                return Shipped(id) is { } shipped ? await OverrideAsync(organisationId, change(shipped), allows, cancellation) : kind.NotFound();
            }

            if (!allows(etag!))
            {
                return new PreconditionFailed();
            }

            var changed = change(stored);
            if (changed.Failed)
            {
                return changed.Failure;
            }

            var write = await documents.ReplaceAsync(kind.Partition(organisationId), id, StoredDocuments.Bytes(changed.Value, kind.Type), etag, cancellation);
            return write.Outcome switch
            {
                DocumentOutcome.Done => Put(organisationId, new Part<TStored>(changed.Value, write.ETag!)),
                DocumentOutcome.NotFound => kind.NotFound(),
                _ => new ConcurrentChange(),
            };
        },
        cancellation);

    /// <summary>Deletes one; null when it is gone, or why not. What stood in the place of one that ships gives way to it.</summary>
    /// <param name="organisationId">Whose.</param>
    /// <param name="id">Which.</param>
    /// <param name="allows">Whether the caller wants to delete the document with this tag.</param>
    /// <param name="cancellation">Gives up; then it may be gone or not.</param>
    /// <param name="refuse">Why it may not be deleted, given what it is; null: nothing keeps it.</param>
    public Task<ApiFailure?> DeleteAsync(
        string organisationId, string id, Func<string, bool> allows, CancellationToken cancellation, Func<TStored, ApiFailure?>? refuse = null) => ChangeAsync<ApiFailure?>(
        async () =>
        {
            var (stored, etag) = await documents.FindAsync(kind.Partition(organisationId), id, kind.Type, cancellation);
            if (stored is null)
            {
                return Shipped(id) is null ? kind.NotFound() : new ShippedPart(id);
            }

            if (refuse?.Invoke(stored) is { } refused)
            {
                return refused;
            }

            if (!allows(etag!))
            {
                return new PreconditionFailed();
            }

            var outcome = await documents.DeleteAsync(kind.Partition(organisationId), id, etag, cancellation);
            if (outcome == DocumentOutcome.Done)
            {
                Use(organisationId, [.. All(organisationId).Where(p => kind.Id(p.Value) != id)]);
                return null;
            }

            return outcome == DocumentOutcome.NotFound ? kind.NotFound() : new ConcurrentChange();
        },
        cancellation);

    /// <inheritdoc/>
    public void Dispose() => _changing.Dispose();

    /// <summary>Runs a change alone, so that what ends up in memory is what was written last.</summary>
    private async Task<T> ChangeAsync<T>(Func<Task<T>> change, CancellationToken cancellation)
    {
        await _changing.WaitAsync(cancellation);
        try
        {
            return await change();
        }
        finally
        {
            _changing.Release();
        }
    }

    private TStored? Shipped(string id) => kind.Shipped.FirstOrDefault(s => kind.Id(s) == id);

    /// <summary>Writes down what stands in the place of one that ships; whoever was first to do so has changed it.</summary>
    private async Task<Result<Part<TStored>>> OverrideAsync(string organisationId, Result<TStored> next, Func<string, bool> allows, CancellationToken cancellation)
    {
        if (next.Failed)
        {
            return next.Failure;
        }

        if (!allows(PartKind<TStored, TCompiled>.ShippedETag))
        {
            return new PreconditionFailed();
        }

        var value = next.Value;
        var write = await documents.CreateAsync(kind.Partition(organisationId), kind.Id(value), StoredDocuments.Bytes(value, kind.Type), cancellation);
        return write.ETag is { } etag ? Put(organisationId, new Part<TStored>(value, etag)) : new ConcurrentChange();
    }

    private Part<TStored> Put(string organisationId, Part<TStored> part)
    {
        Use(organisationId, [.. All(organisationId).Where(p => kind.Id(p.Value) != kind.Id(part.Value)), part]);
        return part;
    }

    private void Use(string organisationId, IReadOnlyList<Part<TStored>> parts) => _organisations = _organisations
        .Where(o => o.Key != organisationId).Append(KeyValuePair.Create(organisationId, Compiled(organisationId, parts))).ToFrozenDictionary(StringComparer.Ordinal);

    private Organisation Compiled(string organisationId, IEnumerable<Part<TStored>> parts)
    {
        var ordered = WithShipped(parts);
        var compiled = kind.Compile(organisationId, [.. ordered.Select(static p => p.Value)]);
        kind.PutInForce?.Invoke(organisationId, compiled);
        return new Organisation(ordered, compiled);
    }

    /// <summary>Those that are stored, and what ships and has none in its place.</summary>
    private Part<TStored>[] WithShipped(IEnumerable<Part<TStored>> parts)
    {
        var stored = parts.Where(static p => p.ETag != PartKind<TStored, TCompiled>.ShippedETag).ToList();
        var shipped = kind.Shipped.Where(s => !stored.Exists(p => kind.Id(p.Value) == kind.Id(s))).Select(static s => new Part<TStored>(s, PartKind<TStored, TCompiled>.ShippedETag));
        return [.. stored.Concat(shipped).OrderBy(p => kind.Id(p.Value), StringComparer.Ordinal)];
    }

    private sealed record Organisation(IReadOnlyList<Part<TStored>> Parts, TCompiled Compiled);
}

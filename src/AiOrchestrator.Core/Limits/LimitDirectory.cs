using System.Collections.Frozen;
using AiOrchestrator.Core.Identity;
using AiOrchestrator.Core.Platform;

namespace AiOrchestrator.Core.Limits;

/// <summary>All limits in memory, ready for calls. A change made through this instance holds for the next request.</summary>
/// <remarks>Safe for concurrent use: readers see one immutable snapshot, writers take turns.</remarks>
public sealed class LimitDirectory : IDisposable
{
    private readonly SemaphoreSlim _changing = new(1, 1);
    private readonly IDocumentStore _documents;
    private readonly RatePools _shares;
    private readonly Lock _using = new();
    private readonly Dictionary<string, IReadOnlyList<Limit>> _maxima = new(StringComparer.Ordinal);
    private volatile LimitEntry[] _entries = [];
    private volatile IReadOnlyList<Limit> _all = [];

    // Null where no limit is configured at all: then a call pays for one look at it.
    private volatile FrozenDictionary<string, OrganisationLimits>? _organisations;

    internal LimitDirectory(IDocumentStore documents, RatePools shares)
    {
        _documents = documents;
        _shares = shares;
    }

    /// <summary>All limits, maxima of preferences included.</summary>
    internal IReadOnlyList<Limit> All => _all;

    /// <summary>Reads all limits of all organisations.</summary>
    /// <exception cref="InvalidDataException">A stored limit cannot be read.</exception>
    public async Task LoadAsync(CancellationToken cancellation)
    {
        await ChangeAsync(
            async () =>
            {
                var entries = new List<LimitEntry>();
                await foreach (var (organisation, _) in _documents.AllAsync(
                    IdentityPartitions.Organisations, IdentityJson.Default.StoredOrganisation, cancellation))
                {
                    await foreach (var (limit, etag) in _documents.AllAsync(
                        LimitPartitions.Limits(organisation.Id), LimitsJson.Default.StoredLimit, cancellation))
                    {
                        entries.Add(new LimitEntry(organisation.Id, limit, etag));
                    }
                }

                if (Adopt(entries))
                {
                    Use(entries);
                }

                return true;
            },
            cancellation);
    }

    /// <inheritdoc/>
    public void Dispose() => _changing.Dispose();

    /// <summary>The limits a caller's organisation has now; null when it has none.</summary>
    internal OrganisationLimits? For(string organisationId) => _organisations?.GetValueOrDefault(organisationId);

    internal LimitEntry? Entry(string organisationId, string limitId) =>
        Array.Find(_entries, e => e.Limit.Id == limitId && e.Limit.OrganisationId == organisationId);

    /// <summary>Limits of an organisation in order of id, after <paramref name="afterId"/> (null: from the first), at most <paramref name="limit"/>.</summary>
    internal IReadOnlyList<LimitEntry> List(string organisationId, string? afterId, int limit) =>
        [.. _entries.Where(e => e.Limit.OrganisationId == organisationId && string.CompareOrdinal(e.Limit.Id, afterId) > 0).Take(limit)];

    /// <summary>Runs a change alone, so that what ends up in memory is what was written last.</summary>
    internal async Task<T> ChangeAsync<T>(Func<Task<T>> change, CancellationToken cancellation)
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

    /// <summary>Takes in a limit that has just been written. Only from within <see cref="ChangeAsync"/>.</summary>
    internal LimitEntry Put(string organisationId, StoredLimit stored, string etag)
    {
        var entry = new LimitEntry(organisationId, stored, etag);
        _shares.Adopt(entry.Limit);
        Use([.. _entries.Where(e => e.Limit.Id != stored.Id), entry]);
        return entry;
    }

    /// <summary>Leaves out a limit that has just been deleted. Only from within <see cref="ChangeAsync"/>.</summary>
    internal void Remove(string limitId) => Use(_entries.Where(e => e.Limit.Id != limitId));

    /// <summary>
    /// Takes in what an organisation has said elsewhere and comes to limits, in the place of what that came to before. What was used of one stays used, as long
    /// as its id stays.
    /// </summary>
    internal void UseMaxima(string organisationId, IReadOnlyList<Limit> maxima)
    {
        lock (_using)
        {
            if (maxima.Count == 0 && !_maxima.ContainsKey(organisationId))
            {
                return;
            }

            foreach (var limit in maxima)
            {
                _shares.Adopt(limit);
            }

            _maxima[organisationId] = maxima;
            Put();
        }

        _shares.TellChanged();
    }

    /// <summary>What another instance made, changed or deleted: shares go on under the new terms, or end. False where nothing was.</summary>
    private bool Adopt(List<LimitEntry> entries)
    {
        var known = _entries.ToDictionary(static e => e.Limit.Id, static e => e.ETag, StringComparer.Ordinal);
        var isChanged = false;
        foreach (var entry in entries)
        {
            if (known.Remove(entry.Limit.Id, out var etag) && etag == entry.ETag)
            {
                continue;
            }

            isChanged = true;
            _shares.Adopt(entry.Limit);
        }

        foreach (var deleted in known.Keys)
        {
            _shares.Forget(deleted);
        }

        return isChanged || known.Count > 0;
    }

    private void Use(IEnumerable<LimitEntry> entries)
    {
        lock (_using)
        {
            _entries = [.. entries.OrderBy(static e => e.Limit.Id, StringComparer.Ordinal)];
            Put();
        }

        _shares.TellChanged();
    }

    /// <summary>Puts what calls see in its place; only with the lock.</summary>
    private void Put()
    {
        Limit[] all = [.. _entries.Select(static e => e.Limit), .. _maxima.Values.SelectMany(static m => m)];
        _organisations = all.Length == 0
            ? null
            : all.GroupBy(static l => l.OrganisationId, StringComparer.Ordinal).ToFrozenDictionary(
                static g => g.Key, g => new OrganisationLimits([.. g], _shares), StringComparer.Ordinal);
        _all = all;
    }

    /// <summary>A limit and its document.</summary>
    internal sealed class LimitEntry(string organisationId, StoredLimit stored, string etag)
    {
        public Limit Limit { get; } = new(
            stored.Id,
            organisationId,
            stored.Scope,
            stored.Subject,
            stored.RequestsPerMinute,
            stored.RequestsPerDay,
            stored.TokensPerMinute,
            stored.Burst,
            stored.Version)
        {
            TokensPerDay = stored.TokensPerDay,
            CostNanoUsdPerDay = stored.CostNanoUsdPerDay,
        };

        public long CreatedUnixMs => stored.CreatedUnixMs;

        public string ETag => etag;
    }
}

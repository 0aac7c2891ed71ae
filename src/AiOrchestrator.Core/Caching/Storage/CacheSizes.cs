using AiOrchestrator.Core.Metering.Caching;

namespace AiOrchestrator.Core.Caching.Storage;

/// <summary>Counts what namespaces have.</summary>
internal sealed class CacheSizeCount
{
    private readonly Dictionary<string, CacheSize> _sizes = new(StringComparer.Ordinal);

    /// <summary>What was counted, in order of namespace.</summary>
    public IReadOnlyList<CacheSize> All => [.. _sizes.Values.Where(static s => s.Entries > 0).OrderBy(static s => s.Namespace, StringComparer.Ordinal)];

    /// <summary>One more.</summary>
    public void Add(CacheHead head) => Change(head, 1);

    /// <summary>One less.</summary>
    public void Remove(CacheHead head) => Change(head, -1);

    private void Change(CacheHead head, int sign)
    {
        var before = _sizes.GetValueOrDefault(head.Namespace);
        _sizes[head.Namespace] = new CacheSize(head.Namespace, before.Entries + sign, before.Bytes + (sign * head.Bytes));
    }
}

/// <summary>What namespaces have in the store, for people: counted by listing it, and good for ten minutes.</summary>
internal sealed class CacheSizes(ICacheStore store, TimeProvider time) : IDisposable
{
    private static readonly TimeSpan IsGood = TimeSpan.FromMinutes(10);

    private readonly SemaphoreSlim _counting = new(1, 1);
    private volatile Counted? _last;

    /// <summary>Of an organisation's namespaces, in order of name.</summary>
    public async Task<IReadOnlyList<CacheSize>> OfAsync(string organisationId, CancellationToken cancellation)
    {
        await _counting.WaitAsync(cancellation);
        try
        {
            if (_last is not { } last || time.GetElapsedTime(last.Timestamp) > IsGood)
            {
                var count = new CacheSizeCount();
                await foreach (var head in store.ListAsync(@namespace: null, cancellation))
                {
                    count.Add(head);
                }

                Set(count);
            }
        }
        finally
        {
            _ = _counting.Release();
        }

        return [.. _last!.Sizes.Where(s => EntryName.OrganisationOf(s.Namespace).SequenceEqual(organisationId))];
    }

    /// <summary>The same by the names they have in the organisation.</summary>
    public async Task<IReadOnlyList<CacheSize>> TellAsync(string organisationId, CancellationToken cancellation) =>
        [.. (await OfAsync(organisationId, cancellation)).Select(static s => s with { Namespace = CacheNamespaces.NameOf(s.Namespace) })];

    /// <inheritdoc/>
    public void Dispose() => _counting.Dispose();

    /// <summary>Takes over what was counted while all was listed for another reason.</summary>
    internal void Set(CacheSizeCount count) => _last = new Counted(count.All, time.GetTimestamp());

    private sealed record Counted(IReadOnlyList<CacheSize> Sizes, long Timestamp);
}

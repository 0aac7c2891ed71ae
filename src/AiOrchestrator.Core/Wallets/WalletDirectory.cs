using System.Collections.Frozen;
using AiOrchestrator.Core.Identity;
using AiOrchestrator.Core.Platform;

namespace AiOrchestrator.Core.Wallets;

/// <summary>A wallet's name and settings.</summary>
/// <param name="Id"><c>wal_…</c>.</param>
/// <param name="Name">For people.</param>
/// <param name="OrganisationId">The organisation it belongs to.</param>
/// <param name="CreatedUnixMs">When it was opened.</param>
public sealed record WalletInfo(string Id, string Name, string OrganisationId, long CreatedUnixMs);

/// <summary>The names and settings of all wallets, in memory. Amounts are not here: only the wallet knows them.</summary>
/// <remarks>Safe for concurrent use: readers see one immutable snapshot, writers take turns.</remarks>
public sealed class WalletDirectory(IDocumentStore documents) : IDisposable
{
    private readonly SemaphoreSlim _changing = new(1, 1);
    private volatile Snapshot _snapshot = new([]);

    /// <summary>A wallet of an organisation, or null.</summary>
    public WalletInfo? Get(string organisationId, string walletId) => Entry(organisationId, walletId)?.Info;

    /// <summary>Wallets of an organisation in order of id, after <paramref name="afterId"/> (null: from the first), at most <paramref name="limit"/>.</summary>
    public IReadOnlyList<WalletInfo> List(string organisationId, string? afterId, int limit) =>
    [
        .. _snapshot.Ordered
            .Where(e => e.Info.OrganisationId == organisationId && string.CompareOrdinal(e.Info.Id, afterId) > 0)
            .Take(limit)
            .Select(static e => e.Info),
    ];

    /// <summary>Reads all wallets of all organisations.</summary>
    /// <exception cref="InvalidDataException">A stored wallet cannot be read.</exception>
    public async Task LoadAsync(CancellationToken cancellation)
    {
        await ChangeAsync(
            async () =>
            {
                var entries = new List<WalletEntry>();
                await foreach (var (organisation, _) in documents.AllAsync(
                    IdentityPartitions.Organisations, IdentityJson.Default.StoredOrganisation, cancellation))
                {
                    await foreach (var (wallet, etag) in documents.AllAsync(
                        WalletPartitions.Wallets(organisation.Id), WalletsJson.Default.StoredWallet, cancellation))
                    {
                        entries.Add(new WalletEntry(Info(organisation.Id, wallet), etag));
                    }
                }

                _snapshot = new Snapshot(entries);
                return true;
            },
            cancellation);
    }

    /// <inheritdoc/>
    public void Dispose() => _changing.Dispose();

    internal WalletEntry? Entry(string organisationId, string walletId) =>
        _snapshot.ById.TryGetValue(walletId, out var entry) && entry.Info.OrganisationId == organisationId ? entry : null;

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

    /// <summary>Takes in a wallet that has just been written. Only from within <see cref="ChangeAsync"/>.</summary>
    internal WalletEntry Put(string organisationId, StoredWallet wallet, string etag)
    {
        var entry = new WalletEntry(Info(organisationId, wallet), etag);
        _snapshot = new Snapshot([.. _snapshot.Ordered.Where(e => e.Info.Id != wallet.Id), entry]);
        return entry;
    }

    private static WalletInfo Info(string organisationId, StoredWallet wallet) => new(wallet.Id, wallet.Name, organisationId, wallet.CreatedUnixMs);

    /// <summary>A wallet and its document's tag.</summary>
    internal sealed record WalletEntry(WalletInfo Info, string ETag);

    private sealed class Snapshot(IEnumerable<WalletEntry> entries)
    {
        public WalletEntry[] Ordered { get; } = [.. entries.OrderBy(static e => e.Info.Id, StringComparer.Ordinal)];

        public FrozenDictionary<string, WalletEntry> ById => field ??= Ordered.ToFrozenDictionary(static e => e.Info.Id, StringComparer.Ordinal);
    }
}

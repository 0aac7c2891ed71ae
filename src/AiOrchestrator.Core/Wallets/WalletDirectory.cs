using System.Collections.Frozen;
using AiOrchestrator.Core.Identity;
using AiOrchestrator.Core.Platform;
using AiOrchestrator.Ledger.Wallets;

namespace AiOrchestrator.Core.Wallets;

/// <summary>A wallet's name and place in the tree.</summary>
/// <param name="Id"><c>wal_…</c>.</param>
/// <param name="Name">For people.</param>
/// <param name="OrganisationId">The organisation it belongs to.</param>
/// <param name="CreatedUnixMs">When it was opened.</param>
/// <param name="ParentId">The wallet above it; null for the root of a tree.</param>
/// <param name="Kind">What it stands for: organisation, department, team, project, user or key; or null.</param>
/// <param name="CostCentre">Whom its calls are charged to in the books of the enterprise; null: as the wallet above.</param>
public sealed record WalletInfo(
    string Id, string Name, string OrganisationId, long CreatedUnixMs, string? ParentId = null, string? Kind = null, string? CostCentre = null);

/// <summary>The names and settings of all wallets, in memory. Amounts are not here: only the wallet knows them.</summary>
/// <remarks>Safe for concurrent use: readers see one immutable snapshot, writers take turns.</remarks>
public sealed class WalletDirectory(IDocumentStore documents) : IDisposable
{
    private readonly SemaphoreSlim _changing = new(1, 1);
    private volatile Snapshot _snapshot = new([], version: 0);

    /// <summary>Grows with every change: whoever remembers a path asks whether it is still the same.</summary>
    public int Version => _snapshot.Version;

    /// <summary>All wallets of all organisations, in order of id, as they are now.</summary>
    public IEnumerable<WalletInfo> All => _snapshot.Ordered.Select(static e => e.Info);

    /// <summary>The wallets a call is paid from, leaf to root; just the wallet itself where it is not known.</summary>
    public IReadOnlyList<string> PathOf(string walletId)
    {
        var byId = _snapshot.ById;
        var path = new List<string>(WalletTree.MaxDepth) { walletId };
        while (path.Count < WalletTree.MaxDepth && byId.TryGetValue(path[^1], out var entry) && entry.Info.ParentId is { } parent)
        {
            path.Add(parent);
        }

        return path;
    }

    /// <summary>The wallets right below one of an organisation, in order of id.</summary>
    public IReadOnlyList<WalletInfo> ChildrenOf(string organisationId, string? parentId) =>
        [.. _snapshot.Children[(organisationId, parentId)].Select(static e => e.Info)];

    /// <summary>The cost centre a wallet's calls are charged to: its own, or that of the nearest wallet above which has one; or null.</summary>
    public string? CostCentreOf(string walletId)
    {
        var byId = _snapshot.ById;
        foreach (var id in PathOf(walletId))
        {
            if (byId.TryGetValue(id, out var entry) && entry.Info.CostCentre is { } centre)
            {
                return centre;
            }
        }

        return null;
    }

    /// <summary>A wallet of an organisation, or null.</summary>
    public WalletInfo? Get(string organisationId, string walletId) => Entry(organisationId, walletId)?.Info;

    /// <summary>The organisation a wallet belongs to, or null.</summary>
    public string? OrganisationOf(string walletId) => _snapshot.ById.TryGetValue(walletId, out var entry) ? entry.Info.OrganisationId : null;

    /// <summary>Whether a wallet, with all below it, may hang below another of its organisation; one that is only to be created may be asked about.</summary>
    public TreeOutcome MayAttach(string organisationId, string walletId, string? parentId)
    {
        var byId = _snapshot.ById;
        return WalletTree.MayAttach(walletId, parentId, ParentOf, id => ChildrenOf(organisationId, id).Select(static c => c.Id));

        bool ParentOf(string id, out string? parent)
        {
            var known = byId.TryGetValue(id, out var entry) && entry.Info.OrganisationId == organisationId;
            parent = known ? entry!.Info.ParentId : null;
            return known || id == walletId;
        }
    }

    /// <summary>Wallets of an organisation in order of id, after <paramref name="afterId"/> (null: from the first), at most <paramref name="limit"/>.</summary>
    public IReadOnlyList<WalletInfo> List(string organisationId, string? afterId, int limit) => List(organisationId, afterId, limit, static _ => true);

    /// <summary>The same, of those wanted.</summary>
    public IReadOnlyList<WalletInfo> List(string organisationId, string? afterId, int limit, Func<WalletInfo, bool> wanted) =>
    [
        .. _snapshot.Ordered
            .Where(e => e.Info.OrganisationId == organisationId && string.CompareOrdinal(e.Info.Id, afterId) > 0 && wanted(e.Info))
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

                _snapshot = new Snapshot(entries, _snapshot.Version + 1);
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
        _snapshot = new Snapshot([.. _snapshot.Ordered.Where(e => e.Info.Id != wallet.Id), entry], _snapshot.Version + 1);
        return entry;
    }

    private static WalletInfo Info(string organisationId, StoredWallet wallet) => new(wallet.Id, wallet.Name, organisationId, wallet.CreatedUnixMs, wallet.ParentId, wallet.Kind, wallet.CostCentre);

    /// <summary>A wallet and its document's tag.</summary>
    internal sealed record WalletEntry(WalletInfo Info, string ETag);

    private sealed class Snapshot(IEnumerable<WalletEntry> entries, int version)
    {
        public int Version => version;

        public ILookup<(string OrganisationId, string? ParentId), WalletEntry> Children =>
            field ??= Ordered.ToLookup(static e => (e.Info.OrganisationId, e.Info.ParentId));

        public WalletEntry[] Ordered { get; } = [.. entries.OrderBy(static e => e.Info.Id, StringComparer.Ordinal)];

        public FrozenDictionary<string, WalletEntry> ById => field ??= Ordered.ToFrozenDictionary(static e => e.Info.Id, StringComparer.Ordinal);
    }
}

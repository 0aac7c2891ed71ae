using System.Collections.Frozen;
using AiOrchestrator.Core.Platform;

namespace AiOrchestrator.Core.Identity;

/// <summary>What a presented secret turned out to be, in the order in which it is decided.</summary>
public enum KeyOutcome
{
    /// <summary>No credential was presented.</summary>
    Missing,

    /// <summary>Not 20 to 512 visible ASCII characters: no key of ours.</summary>
    Malformed,

    /// <summary>Belongs to nobody.</summary>
    Unknown,

    /// <summary>Was revoked.</summary>
    Revoked,

    /// <summary>Has expired.</summary>
    Expired,

    /// <summary>The key has a newer secret, and this one's time of grace is over.</summary>
    Replaced,

    /// <summary>May be used.</summary>
    Live,
}

/// <summary>The outcome of a lookup.</summary>
/// <param name="Outcome">What the secret is.</param>
/// <param name="Caller">Whose it is: set when live, revoked, expired or replaced; the same instance for every request.</param>
public readonly record struct KeyLookup(KeyOutcome Outcome, Caller? Caller);

/// <summary>
/// All keys, live and dead, in memory: a request is authenticated without I/O and without allocating. A change made through this
/// instance holds for the next request.
/// </summary>
/// <remarks>Safe for concurrent use: readers see one immutable snapshot, writers take turns.</remarks>
public sealed class KeyDirectory(IDocumentStore documents, TimeProvider time) : IDisposable
{
    private readonly SemaphoreSlim _changing = new(1, 1);
    private volatile Snapshot _snapshot = new([], null);

    /// <summary>Finds who a secret belongs to. An empty one counts as missing.</summary>
    public KeyLookup Find(ReadOnlySpan<char> secret)
    {
        if (secret.IsEmpty)
        {
            return new KeyLookup(KeyOutcome.Missing, null);
        }

        if (!KeyHash.TryCompute(secret, out var hash))
        {
            return new KeyLookup(KeyOutcome.Malformed, null);
        }

        var snapshot = _snapshot;
        if (snapshot.Admin is { } admin && admin.Hash.FixedTimeEquals(hash))
        {
            return new KeyLookup(KeyOutcome.Live, admin.Caller);
        }

        // What a timing of this lookup tells is about the hash, which nobody can steer towards a secret.
        if (!snapshot.BySecret.TryGetValue(hash, out var secretEntry) || !secretEntry.Hash.FixedTimeEquals(hash))
        {
            return new KeyLookup(KeyOutcome.Unknown, null);
        }

        var now = time.GetUtcNow().ToUnixTimeMilliseconds();
        var outcome = secretEntry.Key.Key switch
        {
            { RevokedUnixMs: not null } => KeyOutcome.Revoked,
            var key when !key.IsLive(now) => KeyOutcome.Expired,
            _ when secretEntry.UntilUnixMs <= now => KeyOutcome.Replaced,
            _ => KeyOutcome.Live,
        };
        return new KeyLookup(outcome, secretEntry.Key.Caller);
    }

    /// <summary>A key of an organisation, or null.</summary>
    public ApiKey? Get(string organisationId, string keyId) => Entry(organisationId, keyId)?.Key;

    /// <summary>Keys of an organisation in order of id, after <paramref name="afterId"/> (null: from the first), at most <paramref name="limit"/>.</summary>
    public IReadOnlyList<ApiKey> List(string organisationId, string? afterId, int limit) =>
    [
        .. _snapshot.ById
            .Where(e => e.Key.OrganisationId == organisationId && string.CompareOrdinal(e.Key.Id, afterId) > 0)
            .Take(limit)
            .Select(static e => e.Key),
    ];

    /// <summary>Keys of an organisation that may be used now and charge this wallet.</summary>
    public IReadOnlyList<ApiKey> LiveOn(string organisationId, string walletId)
    {
        var now = time.GetUtcNow().ToUnixTimeMilliseconds();
        return
        [
            .. _snapshot.ById
                .Select(static e => e.Key)
                .Where(k => k.OrganisationId == organisationId && k.WalletId == walletId && k.IsLive(now)),
        ];
    }

    /// <summary>Reads all keys of all organisations. Until the first load nobody but the administrator gets in.</summary>
    /// <exception cref="InvalidDataException">A stored key cannot be read.</exception>
    public async Task LoadAsync(CancellationToken cancellation)
    {
        await ChangeAsync(
            async () =>
            {
                var entries = new List<KeyEntry>();
                await foreach (var (organisation, _) in documents.AllAsync(
                    IdentityPartitions.Organisations, IdentityJson.Default.StoredOrganisation, cancellation))
                {
                    await foreach (var (key, etag) in documents.AllAsync(
                        IdentityPartitions.Keys(organisation.Id), IdentityJson.Default.StoredKey, cancellation))
                    {
                        entries.Add(new KeyEntry(organisation.Id, key, etag));
                    }
                }

                _snapshot = new Snapshot(entries, _snapshot.Admin);
                return true;
            },
            cancellation);
    }

    /// <summary>Makes a secret the one and only admin key.</summary>
    /// <param name="secret">20 to 512 visible ASCII characters.</param>
    /// <param name="organisationId">What it administers.</param>
    public void UseAdminKey(string secret, string organisationId)
    {
        if (!KeyHash.TryCompute(secret, out var hash))
        {
            throw new ArgumentException("an admin key is 20 to 512 visible ASCII characters", nameof(secret));
        }

        UseAdminKey(hash, organisationId);
    }

    /// <inheritdoc/>
    public void Dispose() => _changing.Dispose();

    internal void UseAdminKey(in KeyHash hash, string organisationId) =>
        _snapshot = new Snapshot(_snapshot.ById, new AdminEntry(hash, new Caller(organisationId, null)));

    internal KeyEntry? Entry(string organisationId, string keyId) =>
        _snapshot.Keys.TryGetValue(keyId, out var entry) && entry.Key.OrganisationId == organisationId ? entry : null;

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

    /// <summary>Takes in a key that has just been written. Only from within <see cref="ChangeAsync"/>.</summary>
    internal KeyEntry Put(string organisationId, StoredKey key, string etag)
    {
        var entry = new KeyEntry(organisationId, key, etag);
        var snapshot = _snapshot;
        _snapshot = new Snapshot([.. snapshot.ById.Where(e => e.Key.Id != key.Id), entry], snapshot.Admin);
        return entry;
    }

    /// <summary>A key with what a request needs of it, made once.</summary>
    internal sealed class KeyEntry
    {
        public KeyEntry(string organisationId, StoredKey stored, string etag)
        {
            Key = new ApiKey(
                stored.Id, stored.Name, organisationId, stored.WalletId, stored.CreatedUnixMs, stored.ExpiresUnixMs, stored.RevokedUnixMs)
            {
                Role = stored.Role,
                UserId = stored.UserId,
                AllowedModels = stored.AllowedModels is { Count: > 0 } models ? new ModelPatterns(models) : null,
                IpRanges = stored.IpRanges is { Count: > 0 } ranges ? AddressRanges.Of(ranges) : null,
                PreviousUntilUnixMs = stored.PreviousUntilUnixMs,
            };
            Caller = new Caller(organisationId, Key);
            Secrets = stored.PreviousSecretSha256 is { } previous
                ? [new(this, KeyHash.Parse(stored.SecretSha256), null), new(this, KeyHash.Parse(previous), stored.PreviousUntilUnixMs)]
                : [new(this, KeyHash.Parse(stored.SecretSha256), null)];
            ETag = etag;
        }

        public ApiKey Key { get; }

        public Caller Caller { get; }

        /// <summary>The present secret, and the one before it.</summary>
        public SecretEntry[] Secrets { get; }

        public string ETag { get; }
    }

    /// <summary>A secret, as a hash, and until when it works; null: as long as its key.</summary>
    internal sealed record SecretEntry(KeyEntry Key, KeyHash Hash, long? UntilUnixMs);

    private sealed record AdminEntry(KeyHash Hash, Caller Caller);

    private sealed class Snapshot
    {
        public Snapshot(IEnumerable<KeyEntry> entries, AdminEntry? admin)
        {
            ById = [.. entries.OrderBy(static e => e.Key.Id, StringComparer.Ordinal)];
            Keys = ById.ToFrozenDictionary(static e => e.Key.Id, StringComparer.Ordinal);
            BySecret = ById.SelectMany(static e => e.Secrets).ToFrozenDictionary(static s => s.Hash);
            Admin = admin;
        }

        public KeyEntry[] ById { get; }

        public FrozenDictionary<string, KeyEntry> Keys { get; }

        public FrozenDictionary<KeyHash, SecretEntry> BySecret { get; }

        public AdminEntry? Admin { get; }
    }
}

using System.Collections.Concurrent;
using System.Collections.Frozen;
using System.Runtime.CompilerServices;
using AiOrchestrator.Core.Identity;
using AiOrchestrator.Core.Wallets;

namespace AiOrchestrator.Core.Limits;

/// <summary>
/// An organisation's limits at one moment; an exchange pins them. Which pools a caller, a wallet path, a model or a provider has is worked out
/// once each; after that finding them allocates nothing.
/// </summary>
internal sealed class OrganisationLimits
{
    private static readonly RatePool[] None = [];

    private readonly FrozenDictionary<LimitScope, ScopeLimits> _scopes;
    private readonly RatePools _shares;

    // Callers and paths are the same objects for every request and are replaced when they change: what is known of them goes with them.
    private readonly ConditionalWeakTable<Caller, RatePool[]> _callers = [];
    private readonly ConditionalWeakTable<WalletPath, RatePool[]> _paths = [];
    private readonly ConcurrentDictionary<string, RatePool[]> _models = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, RatePool[]> _providers = new(StringComparer.Ordinal);

    public OrganisationLimits(IReadOnlyList<Limit> limits, RatePools shares)
    {
        _shares = shares;
        _scopes = limits.GroupBy(static l => l.Scope).ToFrozenDictionary(static g => g.Key, static g => new ScopeLimits([.. g]));
    }

    public RateClock Clock => _shares.Clock;

    /// <summary>Whether wallets matter at all.</summary>
    public bool HasWallets => _scopes.ContainsKey(LimitScope.Wallet);

    /// <summary>The pools of the organisation, the user and the key.</summary>
    public RatePool[] For(Caller caller) => _callers.TryGetValue(caller, out var pools)
        ? pools
        : _callers.GetValue(caller, c =>
        [
            .. Pools(LimitScope.Organisation, c.OrganisationId),
            .. Pools(LimitScope.User, c.PrincipalId),
            .. c.Key is { } key ? Pools(LimitScope.Key, key.Id) : [],
        ]);

    /// <summary>The pools of the wallets a call is paid from.</summary>
    public RatePool[] For(WalletPath path) => _paths.TryGetValue(path, out var pools)
        ? pools
        : _paths.GetValue(path, p => [.. p.WalletIds.SelectMany(id => Pools(LimitScope.Wallet, id))]);

    public RatePool[] ForModel(string model) => For(_models, LimitScope.Model, model);

    public RatePool[] ForProvider(string provider) => For(_providers, LimitScope.Provider, provider);

    private RatePool[] For(ConcurrentDictionary<string, RatePool[]> known, LimitScope scope, string subject)
    {
        if (!_scopes.ContainsKey(scope))
        {
            return None;
        }

        return known.TryGetValue(subject, out var pools) ? pools : known.GetOrAdd(subject, [.. Pools(scope, subject)]);
    }

    private IEnumerable<RatePool> Pools(LimitScope scope, string subject) => _scopes.TryGetValue(scope, out var limits)
        ? limits.For(subject).Select(limit => new RatePool(limit, subject, _shares))
        : [];

    /// <summary>The limits of one scope: those of each subject, and those of named ones.</summary>
    private sealed class ScopeLimits(Limit[] limits)
    {
        public IEnumerable<Limit> For(string subject) => limits.Where(limit => limit.Subject is Limit.Each || limit.Subject == subject);
    }
}

using System.Collections.Concurrent;
using System.Collections.Frozen;
using AiOrchestrator.Core.Limits;
using AiOrchestrator.Core.Metering.Pricing;
using AiOrchestrator.Core.Traffic.Configuration;
using AiOrchestrator.Core.Traffic.Facts;

namespace AiOrchestrator.Core.Traffic.Preferences;

/// <summary>What nobody of the installation may use, whatever organisations say.</summary>
/// <param name="Bans">In the order in which they are asked.</param>
internal sealed record InstallationBlocks(IReadOnlyList<Ban> Bans)
{
    private const string Who = "the installation";

    /// <summary>As the options say.</summary>
    public static InstallationBlocks Of(TrafficOptions options) => new(
    [
        .. Ban.Of(BanKind.BlockedProvider, TrafficOptions.Entries(options.BlockedProviders), Who),
        .. Ban.Of(BanKind.BlockedFamily, TrafficOptions.Entries(options.BlockedFamilies), Who),
        .. Ban.Of(BanKind.BlockedModel, TrafficOptions.Entries(options.BlockedModels), Who),
    ]);
}

/// <summary>An organisation's preferences, as calls use them.</summary>
internal sealed class PreferenceSet
{
    private readonly string _organisationId;
    private readonly Levels<Preference[]> _levels;
    private readonly InstallationBlocks _installation;
    private readonly PriceBooks _prices;
    private readonly EffectivePreferences _ofNobody;

    // As many as there are users and wallets that keys are on. It goes with the set, which every change of preferences replaces.
    private readonly ConcurrentDictionary<(string UserId, string WalletId), Known> _known = new();

    /// <summary>Puts an organisation's preferences together.</summary>
    public PreferenceSet(string organisationId, IReadOnlyList<StoredPreference> stored, InstallationBlocks installation, PriceBooks prices)
    {
        (_organisationId, _installation, _prices) = (organisationId, installation, prices);
        Stored = stored;

        // Two instances may have made some of one subject at the same time: then both hold, the first of them before the other.
        _levels = new Levels<Preference[]>(stored.GroupBy(static s => new LevelSubject(s.Preference.Level, s.Preference.Subject))
            .ToFrozenDictionary(static g => g.Key, static g => g.Select(static s => s.Preference).ToArray()));
        _ofNobody = new EffectivePreferences(organisationId, [], installation, prices);
    }

    /// <summary>All, in order of id.</summary>
    public IReadOnlyList<StoredPreference> Stored { get; }

    /// <summary>What is said of a call. Allocates nothing for a user and path that were seen before.</summary>
    public EffectivePreferences For(CallFacts facts) => For(facts.UserId, facts.WalletIds);

    /// <summary>What is said of a user's calls that are paid from a path, leaf to root.</summary>
    public EffectivePreferences For(string userId, IReadOnlyList<string> walletIds)
    {
        if (_levels.IsEmpty)
        {
            return _ofNobody;
        }

        var key = (userId, walletIds.Count > 0 ? walletIds[0] : "");
        if (_known.TryGetValue(key, out var known) && known.IsFor(walletIds))
        {
            return known.Preferences;
        }

        // The wallet may have been moved to another place in the tree.
        known = new Known(walletIds, Make(userId, walletIds));
        _known[key] = known;
        return known.Preferences;
    }

    /// <summary>What the maxima of a day come to: limits on all calls of their subjects.</summary>
    public IReadOnlyList<Limit> Maxima() =>
    [
        .. Stored.Where(static s => (s.Preference.MaxTokensPerDay ?? s.Preference.MaxCostNanoUsdPerDay) is not null).Select(s =>
            new Limit(s.Id, _organisationId, ScopeOf(s.Preference.Level), s.Preference.Subject, null, null, null, null, s.Version)
            {
                TokensPerDay = s.Preference.MaxTokensPerDay,
                CostNanoUsdPerDay = s.Preference.MaxCostNanoUsdPerDay,
                Level = LevelSubject.Word(s.Preference.Level),
            }),
    ];

    private static LimitScope ScopeOf(Level level) => level switch
    {
        Level.User => LimitScope.User,
        Level.Team => LimitScope.Wallet,
        _ => LimitScope.Organisation,
    };

    private EffectivePreferences Make(string userId, IReadOnlyList<string> walletIds)
    {
        var said = new List<Preference>();
        for (var place = 0; place < Levels<Preference[]>.PlacesOf(walletIds); place++)
        {
            said.AddRange(_levels.At(place, _organisationId, userId, walletIds) ?? []);
        }

        return said.Count == 0 ? _ofNobody : new EffectivePreferences(_organisationId, said, _installation, _prices);
    }

    private sealed record Known(IReadOnlyList<string> WalletIds, EffectivePreferences Preferences)
    {
        public bool IsFor(IReadOnlyList<string> walletIds)
        {
            if (ReferenceEquals(walletIds, WalletIds))
            {
                return true;
            }

            for (var index = 0; index < walletIds.Count; index++)
            {
                if (index >= WalletIds.Count || walletIds[index] != WalletIds[index])
                {
                    return false;
                }
            }

            return walletIds.Count == WalletIds.Count;
        }
    }
}

using System.Collections.Frozen;
using AiOrchestrator.Core.Platform;
using AiOrchestrator.Core.Traffic.Configuration;

namespace AiOrchestrator.Core.Caching.Policies;

/// <summary>An organisation's cache policies, as calls use them. Immutable.</summary>
internal sealed class CachePolicySet
{
    private readonly string _organisationId;
    private readonly EffectiveCachePolicy _default;
    private readonly Levels<CachePolicy[]> _levels;

    /// <summary>Puts an organisation's policies together.</summary>
    /// <param name="organisationId">Whose they are.</param>
    /// <param name="stored">In order of id.</param>
    /// <param name="mode">What holds where nobody says anything.</param>
    public CachePolicySet(string organisationId, IReadOnlyList<StoredCachePolicy> stored, CacheMode mode)
    {
        (_organisationId, Stored) = (organisationId, stored);
        _default = new EffectiveCachePolicy { Mode = mode };
        _levels = new Levels<CachePolicy[]>(stored.GroupBy(static s => new LevelSubject(s.Policy.Level, s.Policy.Subject))
            .ToFrozenDictionary(static g => g.Key, static g => g.Select(static s => s.Policy).OrderByDescending(Specificity).ToArray()));
    }

    /// <summary>All, in order of id.</summary>
    public IReadOnlyList<StoredCachePolicy> Stored { get; }

    /// <summary>
    /// What is said of a call: of each thing the most specific level that says it wins, and there the policy that names the model most closely. Allocates nothing
    /// where nobody says anything.
    /// </summary>
    /// <param name="userId">Its user.</param>
    /// <param name="walletIds">Its path, leaf to root.</param>
    /// <param name="model">The model that is to answer.</param>
    public EffectiveCachePolicy For(string userId, IReadOnlyList<string> walletIds, string model)
    {
        if (_levels.IsEmpty)
        {
            return _default;
        }

        var effective = _default;
        for (var place = Levels<CachePolicy[]>.PlacesOf(walletIds) - 1; place >= 0; place--)
        {
            // From the widest to the most specific, so that each takes the place of what was said before.
            foreach (var policy in (_levels.At(place, _organisationId, userId, walletIds) ?? []).Reverse())
            {
                if (policy.Model is null || policy.Model == model || Wildcard.Matches(policy.Model, model))
                {
                    effective = Over(effective, policy);
                }
            }
        }

        return effective;
    }

    private static EffectiveCachePolicy Over(EffectiveCachePolicy said, CachePolicy policy) => said with
    {
        Mode = policy.Mode ?? said.Mode,
        TtlSeconds = policy.TtlSeconds ?? said.TtlSeconds,
        MaxTemperature = policy.MaxTemperature ?? said.MaxTemperature,
        AcceptsSeed = policy.AcceptsSeed ?? said.AcceptsSeed,
        Tools = policy.Tools ?? said.Tools,
        Share = policy.Share ?? said.Share,
        ShareSubject = policy.Share is null ? said.ShareSubject : policy.Level == Level.Team ? policy.Subject : null,
        MinSimilarity = policy.MinSimilarity ?? said.MinSimilarity,
        Embedding = policy.Embedding ?? said.Embedding,
        ChargePercent = policy.ChargePercent ?? said.ChargePercent,
        SingleFlight = policy.SingleFlight ?? said.SingleFlight,
    };

    /// <summary>A name before patterns, a longer pattern before a shorter one, no model last.</summary>
    private static int Specificity(CachePolicy policy) => policy.Model is not { } model ? 0
        : model.Contains('*', StringComparison.Ordinal) ? model.Length
        : int.MaxValue;
}

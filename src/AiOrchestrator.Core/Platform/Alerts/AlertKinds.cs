namespace AiOrchestrator.Core.Platform.Alerts;

/// <summary>The kinds of alerts there are. A filter by another would find nothing and say nothing, so it is refused.</summary>
public static class AlertKinds
{
    /// <summary>A free quota is used to 80 or 100 %.</summary>
    public const string QuotaThreshold = "quota_threshold";

    /// <summary>Calls are charged at the price of last resort.</summary>
    public const string LastResortPrice = "last_resort_price";

    /// <summary>An amount is in suspense.</summary>
    public const string UsageDisputed = "usage_disputed";

    /// <summary>A report was in doubt that left nothing to decide.</summary>
    public const string UsageAnomaly = "usage_anomaly";

    /// <summary>So many reviews are open that the rest is decided at once, by the rule.</summary>
    public const string ReviewsFull = "reviews_full";

    /// <summary>A wallet refuses what was decided about a review.</summary>
    public const string ReviewRefused = "review_refused";

    /// <summary>A re-rating gave up: wallets refuse its corrections.</summary>
    public const string ReratingFailed = "rerating_failed";

    /// <summary>A provider does not answer any more.</summary>
    public const string ProviderDown = "provider_down";

    /// <summary>A provider answers again.</summary>
    public const string ProviderRecovered = "provider_recovered";

    /// <summary>A provider answers worse or better than it did, or a model there does not answer any more, or again.</summary>
    public const string StatusChange = "status_change";

    /// <summary>A limit on a provider, or its places, is used to 80 %.</summary>
    public const string ProviderUtilisation = "provider_utilisation";

    /// <summary>A provider's own list of models lacks some that its row has.</summary>
    public const string ModelUnlisted = "model_unlisted";

    /// <summary>A model that is in use ends in 30 days or less.</summary>
    public const string ModelRetiring = "model_retiring";

    /// <summary>A model that was in use has ended.</summary>
    public const string ModelRetired = "model_retired";

    /// <summary>An experiment ended by itself, with a winner or without.</summary>
    public const string ExperimentConcluded = "experiment_concluded";

    /// <summary>An experiment was taken back: a guard rail is broken.</summary>
    public const string ExperimentRolledBack = "experiment_rolled_back";

    /// <summary>Prices or models have changed the order of a chain's routes.</summary>
    public const string RankingChanged = "ranking_changed";

    /// <summary>An answer that was kept was not as it had been put: it was not given to anybody.</summary>
    public const string CacheCorrupted = "cache_corrupted";

    /// <summary>All of them, in the order of the documentation.</summary>
    public static IReadOnlyList<string> All { get; } =
    [
        UsageDisputed, UsageAnomaly, LastResortPrice, QuotaThreshold, ReviewsFull, ReviewRefused, ReratingFailed,
        ProviderDown, ProviderRecovered, StatusChange, ProviderUtilisation, ModelUnlisted, ModelRetiring, ModelRetired, ExperimentConcluded, ExperimentRolledBack,
        RankingChanged, CacheCorrupted,
    ];
}

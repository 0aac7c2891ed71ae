namespace AiOrchestrator.Core.Metering;

/// <summary>How a call is billed, where a provider sells the same model at several prices.</summary>
/// <param name="ServiceTier">
/// The provider's word for it (<c>priority</c>, <c>flex</c>); null, <c>auto</c>, <c>default</c>, <c>standard</c> and <c>standard_only</c> are the
/// ordinary one, <c>batch</c> is the batch API.
/// </param>
/// <param name="IsBatch">Through the batch API.</param>
public readonly record struct PriceTerms(string? ServiceTier, bool IsBatch = false)
{
    /// <summary>The word for the batch API.</summary>
    internal const string Batch = "batch";

    /// <summary>Whether that is the ordinary way: through no batch, in no tier with prices of its own.</summary>
    public bool IsOrdinary => IsOrdinaryTier && !IsBatched;

    internal bool IsOrdinaryTier => ServiceTier is null or "" or "auto" or "default" or "standard" or "standard_only" or Batch;

    internal bool IsBatched => IsBatch || ServiceTier == Batch;
}

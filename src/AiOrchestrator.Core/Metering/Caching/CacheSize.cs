namespace AiOrchestrator.Core.Metering.Caching;

/// <summary>What is kept of answers in a namespace.</summary>
/// <param name="Namespace">By the name it has in the organisation.</param>
/// <param name="Entries">How many answers.</param>
/// <param name="Bytes">What they take where they are kept, packed.</param>
public readonly record struct CacheSize(string Namespace, long Entries, long Bytes);

/// <summary>What is kept of an organisation's answers, as it was counted last; in no order.</summary>
/// <param name="organisationId">Whose.</param>
/// <param name="cancellation">Gives up.</param>
public delegate Task<IReadOnlyList<CacheSize>> FindCacheSizes(string organisationId, CancellationToken cancellation);

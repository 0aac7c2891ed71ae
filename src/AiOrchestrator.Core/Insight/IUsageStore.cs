using AiOrchestrator.Core.Metering;
using AiOrchestrator.Core.Platform;

namespace AiOrchestrator.Core.Insight;

/// <summary>Which usage events are wanted, newest first. Null filters do not filter.</summary>
/// <param name="OrganisationId">Always: one organisation never sees another's.</param>
public sealed record UsageQuery(string OrganisationId)
{
    /// <summary>By the API key used.</summary>
    public string? KeyId { get; init; }

    /// <summary>By the model that was chosen.</summary>
    public string? Model { get; init; }

    /// <summary>By provider id.</summary>
    public string? Provider { get; init; }

    /// <summary>By how it ended.</summary>
    public UsageStatus? Status { get; init; }

    /// <summary>By the caller's label.</summary>
    public string? RequestId { get; init; }

    /// <summary>Created at or after, milliseconds since 1970.</summary>
    public long? FromUnixMs { get; init; }

    /// <summary>Created before, milliseconds since 1970.</summary>
    public long? UntilUnixMs { get; init; }

    /// <summary>Only events older than this one: the next page.</summary>
    public ExchangeId? Before { get; init; }

    /// <summary>1 to 1000.</summary>
    public int Limit { get; init; } = 100;
}

/// <summary>Usage events for queries: a projection of the stream, which can always be built again from it.</summary>
public interface IUsageStore
{
    /// <summary>The stream position up to which events are stored; 0 for none.</summary>
    ValueTask<long> PositionAsync(CancellationToken cancellation);

    /// <summary>Stores a run of batches and their last position together. An event that is stored already changes nothing.</summary>
    ValueTask StoreAsync(IReadOnlyList<UsageBatch> batches, CancellationToken cancellation);

    /// <summary>One event, or null.</summary>
    ValueTask<UsageEvent?> GetAsync(string organisationId, ExchangeId id, CancellationToken cancellation);

    /// <summary>Events that match, newest first, at most <see cref="UsageQuery.Limit"/>.</summary>
    ValueTask<IReadOnlyList<UsageEvent>> QueryAsync(UsageQuery query, CancellationToken cancellation);
}

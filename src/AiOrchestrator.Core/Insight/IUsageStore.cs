using AiOrchestrator.Core.Insight.Statistics;
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

/// <summary>Which lines of a wallet's statement are wanted, in the order in which they were written. Null filters do not filter.</summary>
/// <param name="WalletId">The wallet.</param>
public sealed record StatementQuery(string WalletId)
{
    /// <summary>The kind of a call among lines.</summary>
    public const string CallKind = "call";

    /// <summary>Only lines after this number: the next page.</summary>
    public long? AfterNumber { get; init; }

    /// <summary>Only lines before this number.</summary>
    public long? BeforeNumber { get; init; }

    /// <summary>Happened at or after, milliseconds since 1970.</summary>
    public long? FromUnixMs { get; init; }

    /// <summary>Happened before, milliseconds since 1970.</summary>
    public long? UntilUnixMs { get; init; }

    /// <summary>By what happened: a line's kind, or <see cref="CallKind"/> for calls alone.</summary>
    public string? Kind { get; init; }

    /// <summary>By the id of the wallet's period.</summary>
    public string? Period { get; init; }

    /// <summary>1 to 1000.</summary>
    public int Limit { get; init; } = 100;
}

/// <summary>A line of a statement and its number in the stream.</summary>
/// <param name="Number">Unique, and the same for ever.</param>
/// <param name="Line">What happened.</param>
public sealed record StatementLine(long Number, WalletLine Line);

/// <summary>A call, and which periods of its wallets it was charged to.</summary>
/// <param name="Usage">The event.</param>
/// <param name="Wallets">The wallets on its path, leaf to root; a period is 0 where it is not known.</param>
public sealed record ChargedCall(UsageEvent Usage, IReadOnlyList<WalletShare> Wallets);

/// <summary>
/// Usage events and statement lines for queries: a projection of the stream, which can always be built again from it.
/// </summary>
public interface IUsageStore
{
    /// <summary>The stream position up to which events are stored; 0 for none.</summary>
    ValueTask<long> PositionAsync(CancellationToken cancellation);

    /// <summary>
    /// Stores a run of batches and their last position together. What is stored already changes nothing: of two events with one id the first stays.
    /// The position never goes back: where events are delivered one by one, and nobody reads from a position, batches say 0 and move nothing.
    /// </summary>
    /// <exception cref="InvalidDataException">An entry can never be stored as it is; others of the run may be stored or not.</exception>
    ValueTask StoreAsync(IReadOnlyList<UsageBatch> batches, CancellationToken cancellation);

    /// <summary>One event, or null.</summary>
    ValueTask<UsageEvent?> GetAsync(string organisationId, ExchangeId id, CancellationToken cancellation);

    /// <summary>Events that match, newest first, at most <see cref="UsageQuery.Limit"/>.</summary>
    ValueTask<IReadOnlyList<UsageEvent>> QueryAsync(UsageQuery query, CancellationToken cancellation);

    /// <summary>The same events with what they were charged to.</summary>
    ValueTask<IReadOnlyList<ChargedCall>> ChargedAsync(UsageQuery query, CancellationToken cancellation);

    /// <summary>Lines that match, ascending by number, at most <see cref="StatementQuery.Limit"/>.</summary>
    ValueTask<IReadOnlyList<StatementLine>> LinesAsync(StatementQuery query, CancellationToken cancellation);

    /// <summary>
    /// The wallet's lines and the calls whose path holds it, as they are at one moment, ascending by number, at most
    /// <see cref="StatementQuery.Limit"/>. Calls find the id of their period by the <c>period_opened</c> lines, the first of which is number 1.
    /// </summary>
    ValueTask<IReadOnlyList<StatementEntry>> StatementAsync(StatementQuery query, CancellationToken cancellation);

    /// <summary>What calls came to in all, by what they are grouped by, in its order: read as it is asked for, never held as a whole.</summary>
    IAsyncEnumerable<ChargebackRow> ChargebackAsync(ChargebackQuery query, CancellationToken cancellation);

    /// <summary>How calls to models went, by the hour, in no order: each call counted once, however often it was stored. Read as it is asked for.</summary>
    IAsyncEnumerable<ModelHour> StatisticsAsync(StatisticsQuery query, CancellationToken cancellation);
}

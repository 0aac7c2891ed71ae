using System.Runtime.ExceptionServices;
using AiOrchestrator.Core.Insight;
using AiOrchestrator.Core.Insight.Statistics;
using AiOrchestrator.Core.Metering;
using AiOrchestrator.Core.Platform;
using Microsoft.Azure.Cosmos;

namespace AiOrchestrator.Azure;

/// <summary>
/// Usage events and statements in Cosmos DB: containers <c>usage</c> and <c>statements</c>. Every request goes to one partition (<see cref="UsageKeys"/>).
/// An event is stored first, together with what it adds to the groups and models of its hour; its statement entries follow, by names that are the same
/// however often it is tried. So a run that was cut off, or comes twice, is completed by coming again.
/// </summary>
/// <remarks>
/// What a call on three wallets costs, stored alone: four requests (one transaction, three entries). In request units, by the published figures for
/// writes (4.95 for 1 KB, 6.29 for 2 KB; learn.microsoft.com, "Understand request unit consumption") and an estimate of 0.3 for each member
/// that is indexed and of twice a write for a patch: event of 1.6 KB and seven members 8, group of 0.4 KB 10, its model's hour
/// likewise, three entries of 0.7 KB and four members 18, together 46. Calls that come in one run share transactions, groups and models: 26 to 30. Stored: 1.6 KB and 0.7 KB for each wallet, without the index.
/// Beside the id, queries count on indexes on: in <c>usage</c>, of <c>/event</c>, <c>key_id, model, provider, status, request_id,
/// created_unix_ms</c>; in <c>statements</c> <c>/at/?, /kind/?, /period/?, /lease/?</c> (infra/app/cosmosContainers.bicep).
/// </remarks>
internal sealed class CosmosUsageStore : IUsageStore
{
    private const int MaxLimit = 1000;
    private const int MostAtOnce = 16;

    /// <summary>Some 30 MB; a report with more groups is read once more for each further hundred thousand.</summary>
    private const int DefaultMostGroups = 100_000;

    private const string PositionName = "position";

    private readonly Marks _days;
    private readonly Marks _months;
    private readonly EventWriter _writer;
    private readonly EventReader _reader;
    private readonly StatementReader _statements;
    private readonly RollupReader _rollups;
    private readonly ModelReader _models;
    private readonly ItemContainer<CallItem> _calls;
    private readonly ItemContainer<LineItem> _lines;
    private readonly ItemContainer<PositionItem> _position;

    /// <summary>A store over two containers, both with the partition key <c>/pk</c>.</summary>
    /// <param name="usage">Container <c>usage</c>.</param>
    /// <param name="statements">Container <c>statements</c>.</param>
    public CosmosUsageStore(Container usage, Container statements)
        : this(usage, statements, DefaultMostGroups)
    {
    }

    /// <summary>The same with a bound of its own on what a report holds.</summary>
    internal CosmosUsageStore(Container usage, Container statements, int mostGroups)
    {
        _days = new Marks(usage);
        _months = new Marks(statements);
        _writer = new EventWriter(usage);
        _reader = new EventReader(usage, _days);
        _statements = new StatementReader(statements, _months);
        _rollups = new RollupReader(usage, _days, mostGroups);
        _models = new ModelReader(usage, _days);
        _calls = new ItemContainer<CallItem>(statements, UsageItemJson.Default.CallItem);
        _lines = new ItemContainer<LineItem>(statements, UsageItemJson.Default.LineItem);
        _position = new ItemContainer<PositionItem>(usage, UsageItemJson.Default.PositionItem);
    }

    /// <inheritdoc/>
    public async ValueTask<long> PositionAsync(CancellationToken cancellation) =>
        (await _position.FindAsync(PositionName, PositionName, cancellation))?.Item.Position ?? 0;

    /// <inheritdoc/>
    /// <remarks>One event that cannot be stored does not keep the others from being stored; then this throws.</remarks>
    public async ValueTask StoreAsync(IReadOnlyList<UsageBatch> batches, CancellationToken cancellation)
    {
        var failures = new List<Exception>();
        var events = new List<EventItem>();
        var lines = new List<LineItem>();
        foreach (var entry in batches.SelectMany(static b => b.Entries))
        {
            try
            {
                if (entry.Usage is { } usage)
                {
                    events.Add(UsageCalls.Event(entry, usage));
                }
            }
            catch (InvalidDataException e)
            {
                // Told once all others are stored.
                failures.Add(e);
            }

            if (entry.Line is { } line)
            {
                lines.Add(UsageCalls.Line(entry.Number, line));
            }
        }

        var stored = await StoreEventsAsync(events, failures, cancellation);
        await EachAsync(stored.DistinctBy(static e => e.Id).SelectMany(UsageCalls.Entries).GroupBy(static c => c.Partition), failures, StoreCallsAsync, cancellation);
        await EachAsync(
            lines.GroupBy(static l => l.Partition), failures, (some, c) => _lines.CreateMissingAsync([.. some], c), cancellation);
        if (failures.Count > 0)
        {
            // One kind of failure alone tells whoever called what to do.
            ExceptionDispatchInfo.Throw(failures.Count == 1 || failures.TrueForAll(static f => f is InvalidDataException) ? failures[0] : new AggregateException(failures));
        }

        if (batches.Count > 0)
        {
            await MoveAsync(batches[^1].Position, cancellation);
        }
    }

    /// <inheritdoc/>
    public async ValueTask<UsageEvent?> GetAsync(string organisationId, ExchangeId id, CancellationToken cancellation) =>
        await _reader.GetAsync(organisationId, id, cancellation);

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<UsageEvent>> QueryAsync(UsageQuery query, CancellationToken cancellation)
    {
        CheckLimit(query.Limit);
        return [.. (await _reader.QueryAsync(query, cancellation)).Select(static e => e.Event)];
    }

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<ChargedCall>> ChargedAsync(UsageQuery query, CancellationToken cancellation)
    {
        CheckLimit(query.Limit);
        return [.. (await _reader.QueryAsync(query, cancellation)).Select(static e => new ChargedCall(e.Event, [.. e.Shares.Select(static s => new WalletShare(s.Wallet, s.Period))]))];
    }

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<StatementLine>> LinesAsync(StatementQuery query, CancellationToken cancellation)
    {
        CheckLimit(query.Limit);
        return await _statements.LinesAsync(query, cancellation);
    }

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<StatementEntry>> StatementAsync(StatementQuery query, CancellationToken cancellation)
    {
        CheckLimit(query.Limit);

        var calls = query.Kind is null or StatementQuery.CallKind ? await _statements.CallsAsync(query, cancellation) : [];
        var lines = query.Kind == StatementQuery.CallKind ? [] : await _statements.LinesAsync(query, cancellation);
        return StatementEntry.Merge(lines.Select(StatementEntry.Of), calls, query.Limit);
    }

    /// <inheritdoc/>
    public IAsyncEnumerable<ChargebackRow> ChargebackAsync(ChargebackQuery query, CancellationToken cancellation) =>
        _rollups.QueryAsync(query, cancellation);

    /// <inheritdoc/>
    public IAsyncEnumerable<ModelHour> StatisticsAsync(StatisticsQuery query, CancellationToken cancellation) =>
        _models.QueryAsync(query, cancellation);

    private static void CheckLimit(int limit)
    {
        if (limit is < 1 or > MaxLimit)
        {
            throw new ArgumentOutOfRangeException(nameof(limit), limit, $"The limit is 1 to {MaxLimit}.");
        }
    }

    /// <summary>Does something with each, some at once; one that fails does not keep the others from being done.</summary>
    private static Task EachAsync<T>(IEnumerable<T> all, List<Exception> failures, Func<T, CancellationToken, Task> work, CancellationToken cancellation) =>
        Parallel.ForEachAsync(
            all,
            new ParallelOptions { MaxDegreeOfParallelism = MostAtOnce, CancellationToken = cancellation },
            async (one, c) => await TryAsync(() => work(one, c), failures, c));

    private static async Task TryAsync(Func<Task> work, List<Exception> failures, CancellationToken cancellation)
    {
        try
        {
            await work();
        }
        catch (Exception e) when (!cancellation.IsCancellationRequested)
        {
            // Thrown by whoever called, when all are done.
            lock (failures)
            {
                failures.Add(e);
            }
        }
    }

    /// <summary>The events as they are stored now.</summary>
    private async Task<List<EventItem>> StoreEventsAsync(List<EventItem> events, List<Exception> failures, CancellationToken cancellation)
    {
        var stored = new List<EventItem>(events.Count);
        await EachAsync(
            events.GroupBy(static e => e.Partition, static (_, of) => EventWriter.Runs(of)),
            failures,
            async (chunks, c) =>
            {
                // One after the other: of two with one id the first stays.
                foreach (var chunk in chunks)
                {
                    await _days.SetAsync(UsageKeys.Days(chunk[0].Event.OrganisationId), chunk[0].Day, c);
                    await StoreChunkAsync(chunk, stored, failures, c);
                }
            },
            cancellation);
        return stored;
    }

    private async Task StoreChunkAsync(EventItem[] chunk, List<EventItem> stored, List<Exception> failures, CancellationToken cancellation)
    {
        if (chunk.Length > 1 && await _writer.TryStoreAsync(chunk, cancellation))
        {
            lock (stored)
            {
                stored.AddRange(chunk);
            }

            return;
        }

        foreach (var item in chunk)
        {
            await TryAsync(
                async () =>
                {
                    var now = await _writer.StoreAsync(item, cancellation);
                    lock (stored)
                    {
                        stored.Add(now);
                    }
                },
                failures,
                cancellation);
        }
    }

    private async Task StoreCallsAsync(IEnumerable<CallItem> calls, CancellationToken cancellation)
    {
        CallItem[] some = [.. calls];
        foreach (var mark in some.Select(static c => (c.Months, c.Month)).Distinct())
        {
            await _months.SetAsync(mark.Months, mark.Month, cancellation);
        }

        await _calls.CreateMissingAsync(some, cancellation);
    }

    /// <summary>Moves the position forward; where batches say 0 nobody reads from one.</summary>
    private async Task MoveAsync(long position, CancellationToken cancellation)
    {
        while (position > 0)
        {
            var item = new PositionItem { Id = PositionName, Partition = PositionName, Position = position };
            if (await _position.FindAsync(PositionName, PositionName, cancellation) is not { } known
                ? await _position.CreateAsync(item, cancellation)
                : known.Item.Position >= position || await _position.ReplaceAsync(item, known.Tag, cancellation))
            {
                return;
            }
        }
    }
}

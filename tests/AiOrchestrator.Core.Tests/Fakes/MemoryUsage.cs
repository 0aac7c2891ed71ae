using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text.Json;
using AiOrchestrator.Core.Insight;
using AiOrchestrator.Core.Metering;
using AiOrchestrator.Core.Platform;

namespace AiOrchestrator.Core.Tests.Fakes;

/// <summary>A usage store in memory.</summary>
internal sealed class MemoryUsageStore : IUsageStore
{
    private readonly SortedDictionary<ExchangeId, UsageEvent> _events = [];
    private readonly SortedDictionary<long, WalletLine> _lines = [];
    private readonly Lock _lock = new();
    private long _position;

    public Func<IReadOnlyList<UsageBatch>, Task>? BeforeStore { get; set; }

    public int Count
    {
        get
        {
            lock (_lock)
            {
                return _events.Count;
            }
        }
    }

    public void Add(UsageEvent usage)
    {
        lock (_lock)
        {
            Assert.True(ExchangeId.TryParse(usage.Id, out var id));
            _events.TryAdd(id, usage);
        }
    }

    public ValueTask<long> PositionAsync(CancellationToken cancellation) => new(Interlocked.Read(ref _position));

    public async ValueTask StoreAsync(IReadOnlyList<UsageBatch> batches, CancellationToken cancellation)
    {
        if (BeforeStore is { } before)
        {
            await before(batches);
        }

        foreach (var entry in batches.SelectMany(static b => b.Entries))
        {
            if (entry.Usage is { } usage)
            {
                Add(usage);
            }

            if (entry.Line is { } line)
            {
                lock (_lock)
                {
                    _lines.TryAdd(entry.Number, line);
                }
            }
        }

        Interlocked.Exchange(ref _position, batches[^1].Position);
    }

    public ValueTask<UsageEvent?> GetAsync(string organisationId, ExchangeId id, CancellationToken cancellation)
    {
        lock (_lock)
        {
            return new(_events.TryGetValue(id, out var usage) && usage.OrganisationId == organisationId ? usage : null);
        }
    }

    public ValueTask<IReadOnlyList<UsageEvent>> QueryAsync(UsageQuery query, CancellationToken cancellation)
    {
        Assert.InRange(query.Limit, 1, 1000);
        lock (_lock)
        {
            return new(
            [
                .. _events.Reverse()
                    .Where(e => query.Before is not { } before || e.Key < before)
                    .Select(static e => e.Value)
                    .Where(e => e.OrganisationId == query.OrganisationId
                        && (query.KeyId is null || e.KeyId == query.KeyId)
                        && (query.Model is null || e.Model == query.Model)
                        && (query.Provider is null || e.Provider == query.Provider)
                        && (query.Status is null || e.Status == query.Status)
                        && (query.RequestId is null || e.RequestId == query.RequestId)
                        && (query.FromUnixMs is null || e.CreatedUnixMs >= query.FromUnixMs)
                        && (query.UntilUnixMs is null || e.CreatedUnixMs < query.UntilUnixMs))
                    .Take(query.Limit),
            ]);
        }
    }

    public ValueTask<IReadOnlyList<StatementLine>> LinesAsync(StatementQuery query, CancellationToken cancellation)
    {
        Assert.InRange(query.Limit, 1, 1000);
        lock (_lock)
        {
            return new(
            [
                .. _lines
                    .Where(l => l.Value.WalletId == query.WalletId
                        && (query.AfterNumber is null || l.Key > query.AfterNumber)
                        && (query.BeforeNumber is null || l.Key < query.BeforeNumber)
                        && (query.FromUnixMs is null || l.Value.AtUnixMs >= query.FromUnixMs)
                        && (query.UntilUnixMs is null || l.Value.AtUnixMs < query.UntilUnixMs)
                        && (query.Kind is null || l.Value.Kind == query.Kind))
                    .Take(query.Limit)
                    .Select(static l => new StatementLine(l.Key, l.Value)),
            ]);
        }
    }
}

/// <summary>A usage stream in memory: everything is durable at once.</summary>
internal sealed class MemoryUsageStream : IUsageStream
{
    private readonly List<UsageBatch> _batches = [];
    private readonly Lock _lock = new();
    private TaskCompletionSource _grown = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public void Append(params ReadOnlySpan<UsageEvent> events)
    {
        lock (_lock)
        {
            var position = _batches.Count + 1;
            var entries = new List<StreamEntry>();
            foreach (var usage in events)
            {
                entries.Add(new StreamEntry((position * 1000L) + entries.Count, Copy(usage), Line: null));
            }

            _batches.Add(new UsageBatch(position, entries));
            _grown.TrySetResult();
            _grown = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }
    }

    // The caller may go on using its event.
    private static UsageEvent Copy(UsageEvent usage) =>
        UsageEventJson.Read(JsonSerializer.SerializeToUtf8Bytes(usage, UsageEventJson.Default.UsageEvent));

    public ValueTask<bool> AppendStartAsync(in ExchangeStart start)
    {
        Append();
        return new(true);
    }

    public void AppendSettlement(in ExchangeSettlement settlement) => Append(settlement.Event);

    public ValueTask FlushAsync(CancellationToken cancellation) => ValueTask.CompletedTask;

    public async IAsyncEnumerable<UsageBatch> ReadAsync(long afterPosition, [EnumeratorCancellation] CancellationToken cancellation)
    {
        while (true)
        {
            UsageBatch? next;
            Task grown;
            lock (_lock)
            {
                next = _batches.FirstOrDefault(b => b.Position > afterPosition);
                grown = _grown.Task;
            }

            if (next is null)
            {
                await grown.WaitAsync(cancellation);
                continue;
            }

            afterPosition = next.Position;
            yield return next;
        }
    }
}

internal static class TestUsage
{
    public static UsageEvent Event(long number, string organisationId, string keyId, long createdUnixMs = 1_800_000_000_000) => new()
    {
        Id = new ExchangeId(((UInt128)(ulong)createdUnixMs << 80) | (UInt128)(ulong)number).ToString(),
        RequestId = string.Create(CultureInfo.InvariantCulture, $"req-{number}"),
        CreatedUnixMs = createdUnixMs,
        OrganisationId = organisationId,
        KeyId = keyId,
        WalletId = "wal_1",
        Model = "echo",
        Provider = "echo",
        HttpStatus = 200,
        PromptTokens = 12,
        CompletionTokens = 5,
        UsageSource = "reported",
        CostNanoUsd = 3_200,
        HoldNanoUsd = 1_638_500,
        DurationUs = 1_234,
        FirstByteUs = 900,
        FinishReason = "stop",
        Attempts = 1,
    };
}

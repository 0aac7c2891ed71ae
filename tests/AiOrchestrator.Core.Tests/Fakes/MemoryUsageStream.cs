using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text.Json;
using AiOrchestrator.Core.Metering;
using AiOrchestrator.Core.Platform;

namespace AiOrchestrator.Core.Tests.Fakes;

/// <summary>A usage stream in memory: everything is durable at once.</summary>
internal sealed class MemoryUsageStream : IUsageStream, IUsageFeed
{
    private readonly List<UsageBatch> _batches = [];
    private readonly Lock _lock = new();
    private TaskCompletionSource _grown = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>The newest event of a call.</summary>
    public UsageEvent Last
    {
        get
        {
            lock (_lock)
            {
                return _batches.SelectMany(static b => b.Entries).Last(static e => e.Usage is not null).Usage!;
            }
        }
    }

    /// <summary>The events of all calls, oldest first.</summary>
    public IReadOnlyList<UsageEvent> Events
    {
        get
        {
            lock (_lock)
            {
                return [.. _batches.SelectMany(static b => b.Entries).Where(static e => e.Usage is not null).Select(static e => e.Usage!)];
            }
        }
    }

    /// <summary>The event of the call that was answered: settlement may come a little after the answer; 30 s at most.</summary>
    public async Task<UsageEvent> OfAsync(HttpResponseMessage answer)
    {
        var requestId = Assert.Single(answer.Headers.GetValues("x-request-id"));
        while (true)
        {
            Task grown;
            lock (_lock)
            {
                if (_batches.SelectMany(static b => b.Entries).LastOrDefault(e => e.Usage?.RequestId == requestId).Usage is { } usage)
                {
                    return usage;
                }

                grown = _grown.Task;
            }

            await grown.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
        }
    }

    public void Append(params ReadOnlySpan<UsageEvent> events)
    {
        var entries = new List<StreamEntry>();
        foreach (var usage in events)
        {
            entries.Add(new StreamEntry(entries.Count, Copy(usage), Line: null));
        }

        Append(entries);
    }

    /// <summary>Appends lines, as whoever keeps the wallets does.</summary>
    public void Append(params ReadOnlySpan<WalletLine> lines)
    {
        var entries = new List<StreamEntry>();
        foreach (var line in lines)
        {
            entries.Add(new StreamEntry(entries.Count, Usage: null, line));
        }

        Append(entries);
    }

    private void Append(List<StreamEntry> entries)
    {
        lock (_lock)
        {
            var position = _batches.Count + 1;
            for (var i = 0; i < entries.Count; i++)
            {
                entries[i] = entries[i] with { Number = (position * 1000L) + i };
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
        Append(ReadOnlySpan<UsageEvent>.Empty);
        return new(true);
    }

    public void AppendSettlement(in ExchangeSettlement settlement) =>
        Append([new StreamEntry(0, Copy(settlement.Event), Line: null) { Wallets = settlement.Wallets }]);

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

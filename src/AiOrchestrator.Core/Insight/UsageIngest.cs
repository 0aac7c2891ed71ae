using AiOrchestrator.Core.Insight.Quotas;
using AiOrchestrator.Core.Insight.Reviews;
using AiOrchestrator.Core.Metering;
using AiOrchestrator.Core.Platform;
using Microsoft.Extensions.Logging;

namespace AiOrchestrator.Core.Insight;

/// <summary>An event as it was received.</summary>
/// <param name="Partition">Where from; with the number it names the event for ever.</param>
/// <param name="SequenceNumber">Grows within the partition.</param>
/// <param name="EnqueuedUnixMs">When it was accepted, milliseconds since 1970.</param>
/// <param name="Body">What was sent.</param>
public readonly record struct IncomingEvent(string Partition, long SequenceNumber, long EnqueuedUnixMs, ReadOnlyMemory<byte> Body);

/// <summary>What became of a run of events.</summary>
/// <param name="Stored">Are where they belong, or were there already.</param>
/// <param name="Poison">Can never be stored as they are: dead letters, for a person.</param>
/// <param name="Postponed">Could not be stored now: dead letters, for <see cref="ReplayDeadLetters"/>.</param>
public readonly record struct IngestResult(int Stored, int Poison, int Postponed);

/// <summary>
/// Takes in what an event hub delivers, at least once and in any order: ends of calls and lines go to the usage store, starts to the evidence. Every event is
/// handled by itself and may come again. What cannot be taken in becomes a dead letter before this returns: whoever delivers moves on
/// even when this throws, so nothing may depend on being delivered again.
/// </summary>
public sealed class UsageIngest
{
    private const int Attempts = 5;

    /// <summary>After so many in a row the store is down, and the others of the run are not tried.</summary>
    private const int MostFailures = 3;

    private static readonly TimeSpan FirstDelay = TimeSpan.FromMilliseconds(200);

    private readonly IUsageStore _store;
    private readonly ICallEvidence _evidence;
    private readonly IBlobStore _blobs;
    private readonly TakeDisputes _disputes;
    private readonly WarnOfLastResort _lastResort;
    private readonly TimeProvider _time;
    private readonly ILogger<UsageIngest> _log;

    internal UsageIngest(
        IUsageStore store,
        ICallEvidence evidence,
        IBlobStore blobs,
        TakeDisputes disputes,
        WarnOfLastResort lastResort,
        TimeProvider time,
        ILogger<UsageIngest> log) =>
        (_store, _evidence, _blobs, _disputes, _lastResort, _time, _log) = (store, evidence, blobs, disputes, lastResort, time, log);

    /// <summary>Takes in a run of events.</summary>
    /// <param name="events">From one partition or several, in their order; any of them may have been here before.</param>
    /// <param name="cancellation">The host stops: what is not stored by then is put aside.</param>
    /// <exception cref="AggregateException">Some are neither stored nor dead letters: deliver the run again. The others of it are done.</exception>
    public async Task<IngestResult> IngestAsync(IReadOnlyList<IncomingEvent> events, CancellationToken cancellation)
    {
        var run = await StoreAsync(events, cancellation);
        var lost = new List<Exception>();
        foreach (var item in run.Where(static i => i.Outcome != IngestOutcome.Stored))
        {
            try
            {
                // Not given up when the host stops: it is the last chance.
                await DeadLetter.WriteAsync(_blobs, item.Event, item.Outcome, item.Reason, CancellationToken.None);
            }
            catch (Exception e)
            {
                // Not safe: told to the caller, after the others have had their turn.
                lost.Add(e);
            }
        }

        var result = new IngestResult(
            run.Count(static i => i.Outcome == IngestOutcome.Stored),
            run.Count(static i => i.Outcome == IngestOutcome.Poison),
            run.Count(static i => i.Outcome == IngestOutcome.Postponed));
        if (lost.Count > 0)
        {
            throw new AggregateException($"{lost.Count} usage events could neither be stored nor put aside", lost);
        }

        if (result.Poison + result.Postponed > 0)
        {
            _log.LogError("{Poison} usage events are unusable and {Postponed} could not be stored: they are dead letters", result.Poison, result.Postponed);
        }

        return result;
    }

    /// <summary>Stores what can be stored, and says what became of each; nothing is put aside.</summary>
    internal async Task<IReadOnlyList<IngestItem>> StoreAsync(IReadOnlyList<IncomingEvent> events, CancellationToken cancellation)
    {
        var run = new List<IngestItem>(events.Count);
        foreach (var incoming in events)
        {
            run.Add(IngestItem.Read(incoming));
        }

        var entries = run.Where(static i => i.Entry is not null).ToList();
        await EachAsync(
            entries, some => StoreAsync([.. some.Select(static i => i.Entry!.Value)], cancellation), cancellation);

        // Of a call that has ended in this run nobody needs to know that it was started. Those that ended are forgotten only once their end
        // is stored: until then the start must speak for the call.
        var ended = entries.Where(static i => i is { Outcome: IngestOutcome.Stored, Ended: not null }).Select(static i => i.Ended!.Value).ToHashSet();
        var started = run.Where(static i => i.Start is not null).ToList();
        foreach (var item in started.Where(i => ended.Contains(i.Start!.Value.Id)))
        {
            item.Outcome = IngestOutcome.Stored;
        }

        // Most calls begin and end in one run: there is nothing noted of them. If a start was here before, its end is found in the store.
        ended.ExceptWith(started.Where(static i => i.Outcome == IngestOutcome.Stored).Select(static i => i.Start!.Value.Id));

        started.RemoveAll(static i => i.Outcome == IngestOutcome.Stored);
        await EachAsync(started, some => _evidence.NoteAsync([.. some.Select(static i => i.Start!.Value)], [], cancellation), cancellation);
        await ForgetAsync([.. ended], cancellation);
        return run;
    }

    /// <summary>What is in doubt or has no price of its own is noted first: an event that is stored is not delivered again.</summary>
    private async ValueTask StoreAsync(IReadOnlyList<StreamEntry> entries, CancellationToken cancellation)
    {
        await _disputes.ExecuteAsync(entries, cancellation);
        await _lastResort.ExecuteAsync(entries, cancellation);
        await _store.StoreAsync([new UsageBatch(Position: 0, entries)], cancellation);
    }

    private async Task ForgetAsync(IReadOnlyList<ExchangeId> ended, CancellationToken cancellation)
    {
        try
        {
            if (ended.Count > 0)
            {
                await _evidence.NoteAsync([], ended, cancellation);
            }
        }
        catch (Exception e)
        {
            // Safe: whoever asks about a start looks for its end in the usage store first, and starts are forgotten after some days.
            _log.LogWarning(e, "starts of calls that have ended could not be forgotten");
        }
    }

    /// <summary>Does something with all at once, again when it fails; then, where that does not help, with each alone.</summary>
    private async Task EachAsync(
        IReadOnlyList<IngestItem> items, Func<IReadOnlyList<IngestItem>, ValueTask> action, CancellationToken cancellation)
    {
        for (var attempt = 1; items.Count > 0 && attempt <= Attempts && !cancellation.IsCancellationRequested; attempt++)
        {
            var failure = await TryAsync(items, action);
            if (failure is null or InvalidDataException)
            {
                break;
            }

            _log.LogWarning(failure, "usage events could not be stored, attempt {Attempt} of {Attempts}", attempt, Attempts);
            if (attempt < Attempts)
            {
                await Task.Delay(FirstDelay * (1 << (attempt - 1)), _time, cancellation).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }

        var failures = 0;
        foreach (var item in items.Where(static i => i.Outcome == IngestOutcome.Open))
        {
            if (failures < MostFailures && !cancellation.IsCancellationRequested)
            {
                failures = await TryAsync([item], action) is null or InvalidDataException ? 0 : failures + 1;
            }

            if (item.Outcome == IngestOutcome.Open)
            {
                item.Outcome = IngestOutcome.Postponed;
                item.Reason ??= "it was not tried: the store failed for those before it, or the host stopped";
            }
        }
    }

    private static async Task<Exception?> TryAsync(IReadOnlyList<IngestItem> items, Func<IReadOnlyList<IngestItem>, ValueTask> action)
    {
        try
        {
            await action(items);
            foreach (var item in items)
            {
                item.Outcome = IngestOutcome.Stored;
            }

            return null;
        }
        catch (Exception e)
        {
            // Safe: what it means for these events is decided here, and none is forgotten.
            if (items is [var one])
            {
                one.Outcome = e is InvalidDataException ? IngestOutcome.Poison : IngestOutcome.Open;
                one.Reason = string.Create(null, $"{e.GetType().Name}: {e.Message}");
            }

            return e;
        }
    }
}

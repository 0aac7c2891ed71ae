using System.Text.Json;
using AiOrchestrator.Core.Platform;
using AiOrchestrator.Core.Platform.Jobs;
using Microsoft.Extensions.Logging;

namespace AiOrchestrator.Core.Insight;

/// <summary>What became of dead letters.</summary>
/// <param name="Stored">Taken in, and deleted.</param>
/// <param name="Poison">Unusable: they stay, or come to stay where a person looks.</param>
/// <param name="Postponed">Not reached, or not stored yet: they stay.</param>
public readonly record struct ReplayResult(int Stored, int Poison, int Postponed);

/// <summary>
/// Takes dead letters in again, as a job those that wait for the store, and by hand any others once what made them unusable is
/// mended. Idempotent: a letter is deleted only after its event is stored, and storing an event twice changes nothing.
/// </summary>
public sealed class ReplayDeadLetters(IBlobStore blobs, UsageIngest ingest, ILogger<ReplayDeadLetters> log)
{
    /// <summary>The letters that wait for the store.</summary>
    public const string RetryPrefix = DeadLetter.RetryPrefix;

    /// <summary>All letters.</summary>
    public const string AllPrefix = DeadLetter.Prefix;

    private const int RunLetters = 100;

    /// <summary>Every minute, those that wait for the store.</summary>
    public static Job AsJob(ReplayDeadLetters replay) =>
        new("replay-dead-letters", TimeSpan.FromMinutes(1), (_, cancellation) => replay.ExecuteAsync(RetryPrefix, cancellation));

    /// <summary>Takes in the letters whose name begins so, in order of name. Ends early when the store fails again.</summary>
    /// <param name="prefix">Begins with <see cref="AllPrefix"/>.</param>
    /// <param name="cancellation">Stops between two runs.</param>
    public async Task<ReplayResult> ExecuteAsync(string prefix, CancellationToken cancellation)
    {
        if (!prefix.StartsWith(AllPrefix, StringComparison.Ordinal))
        {
            throw new ArgumentException($"a dead letter's name begins with {AllPrefix}", nameof(prefix));
        }

        var result = default(ReplayResult);
        var names = new List<string>();
        await foreach (var blob in blobs.ListAsync(prefix, cancellation))
        {
            names.Add(blob.Name);
        }

        foreach (var run in names.Chunk(RunLetters))
        {
            if (result.Postponed > 0)
            {
                result = result with { Postponed = result.Postponed + run.Length };
                continue;
            }

            result = await RunAsync(run, result, cancellation);
        }

        return result;
    }

    private async Task<ReplayResult> RunAsync(string[] names, ReplayResult result, CancellationToken cancellation)
    {
        var letters = new List<(string Name, IncomingEvent Event)>();
        foreach (var name in names)
        {
            try
            {
                if (await DeadLetter.ReadAsync(blobs, name, cancellation) is { } incoming)
                {
                    letters.Add((name, incoming));
                }
            }
            catch (JsonException e)
            {
                // Safe: it stays for a person to look at, and the others have their turn.
                log.LogError(e, "{Name} is no dead letter", name);
                result = result with { Poison = result.Poison + 1 };
            }
        }

        var items = await ingest.StoreAsync([.. letters.Select(static l => l.Event)], cancellation);
        for (var i = 0; i < items.Count; i++)
        {
            var item = items[i];
            if (item.Outcome == IngestOutcome.Poison)
            {
                // Where it is found by whoever looks for it, with the reason it has now.
                await DeadLetter.WriteAsync(blobs, item.Event, item.Outcome, item.Reason, cancellation);
            }

            if (item.Outcome == IngestOutcome.Stored
                || (item.Outcome == IngestOutcome.Poison && letters[i].Name != DeadLetter.NameOf(item.Event, item.Outcome)))
            {
                _ = await blobs.DeleteAsync(letters[i].Name, cancellation);
            }

            result = item.Outcome switch
            {
                IngestOutcome.Stored => result with { Stored = result.Stored + 1 },
                IngestOutcome.Poison => result with { Poison = result.Poison + 1 },
                _ => result with { Postponed = result.Postponed + 1 },
            };
        }

        return result;
    }
}

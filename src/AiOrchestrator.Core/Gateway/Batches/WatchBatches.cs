using AiOrchestrator.Core.Platform;
using AiOrchestrator.Core.Platform.Jobs;
using Microsoft.Extensions.Logging;

namespace AiOrchestrator.Core.Gateway.Batches;

/// <summary>
/// Every minute: looks at open batches, so that one nobody asks about is settled as well. In its first hour each minute, then each quarter of an hour for two
/// days, then each hour. One whose results cannot be had for 30 days is given up: its price is the reserve. Forgets files that were put aside and left.
/// </summary>
internal sealed class WatchBatches(BatchBook book, LookAtBatch look, IBlobStore blobs, TimeProvider time, ILogger<WatchBatches> log)
{
    private const int PageSize = 200, AtOnce = 4;
    private const int OftenMinutes = 60, SeldomMinutes = 15, RarelyMinutes = 60, SeldomUntilMinutes = 48 * 60;

    private static readonly TimeSpan Patience = TimeSpan.FromDays(30);
    private static readonly TimeSpan LeftAfter = TimeSpan.FromDays(1);

    /// <summary>As a job. Results may be large: it may take its time.</summary>
    public static Job AsJob(WatchBatches batches) =>
        new("watch-batches", TimeSpan.FromMinutes(1), (period, cancellation) => batches.ExecuteAsync(period, cancellation)) { Patience = TimeSpan.FromHours(1) };

    /// <summary>One round.</summary>
    public async Task ExecuteAsync(JobPeriod period, CancellationToken cancellation)
    {
        string? after = null;
        while (await book.OpenAsync(after, PageSize, cancellation) is { Count: > 0 } page)
        {
            await Parallel.ForEachAsync(
                page, new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = cancellation }, (open, token) => TryAsync(period, open.Id, open.Note, token));
            after = page[^1].Id;
        }

        if (period.Number % RarelyMinutes == 0)
        {
            await SweepAsync(cancellation);
        }
    }

    private static bool IsDue(JobPeriod period, long ageMs) =>
        period.Number % (ageMs < OftenMinutes * 60_000L ? 1 : ageMs < SeldomUntilMinutes * 60_000L ? SeldomMinutes : RarelyMinutes) == 0;

    private async ValueTask TryAsync(JobPeriod period, string id, OpenNote note, CancellationToken cancellation)
    {
        try
        {
            var (job, etag) = await book.FindAsync(note.OrganisationId, note.KeyId, id, cancellation);
            var now = time.GetUtcNow().ToUnixTimeMilliseconds();
            var isLate = string.CompareOrdinal(id, BatchJob.FirstAt(now - (long)Patience.TotalMilliseconds)) < 0;
            if (job is null or { IsClosed: true })
            {
                // What was noted and never came to be, or is closed: the note may be left of one that died between the two.
                await (isLate || job is not null ? book.ForgetOpenAsync(id, cancellation) : Task.CompletedTask);
            }
            else if (IsDue(period, now - job.CreatedUnixMs) && (await look.ExecuteAsync(job, etag!, cancellation)).Failure is { } failure)
            {
                log.LogWarning("{BatchId} could not be looked at: {Failure}", id, failure.Code);
                if (isLate && job.Outcome is null)
                {
                    log.LogError("{BatchId} is given up: its price is what was reserved for it", id);
                    _ = await book.TryReplaceAsync(job with { IsGivenUp = true }, etag!, cancellation);
                }
            }
        }
        catch (Exception failure) when (failure is not OperationCanceledException || !cancellation.IsCancellationRequested)
        {
            // Safe: it stays noted as open, and the next round looks again.
            log.LogError(failure, "{BatchId} could not be looked at", id);
        }
    }

    /// <summary>Whoever put a file aside takes it away again, unless they died.</summary>
    private async Task SweepAsync(CancellationToken cancellation)
    {
        var end = time.GetUtcNow().ToUnixTimeMilliseconds() - (long)LeftAfter.TotalMilliseconds;
        var left = new List<string>();
        await foreach (var blob in blobs.ListAsync(ReadUpload.BlobPrefix, cancellation))
        {
            if (blob.ChangedUnixMs < end)
            {
                left.Add(blob.Name);
            }
        }

        foreach (var name in left)
        {
            _ = await blobs.DeleteAsync(name, cancellation);
        }
    }
}

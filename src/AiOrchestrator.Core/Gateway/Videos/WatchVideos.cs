using AiOrchestrator.Core.Platform.Jobs;
using Microsoft.Extensions.Logging;

namespace AiOrchestrator.Core.Gateway.Videos;

/// <summary>
/// Every minute: looks at open jobs, so that one nobody asks about is given back as well when it fails. In its first hour each minute, then each quarter of
/// an hour, for a day; what nobody knows by then stays charged, until its owner asks.
/// </summary>
internal sealed class WatchVideos(VideoBook book, LookAtVideo look, TimeProvider time, ILogger<WatchVideos> log)
{
    private const int PageSize = 200, AtOnce = 8;
    private const int OftenMinutes = 60, SeldomMinutes = 15;

    private static readonly TimeSpan Patience = TimeSpan.FromHours(24);

    /// <summary>As a job.</summary>
    public static Job AsJob(WatchVideos videos) => new("watch-videos", TimeSpan.FromMinutes(1), (period, cancellation) => videos.ExecuteAsync(period, cancellation));

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
    }

    private async ValueTask TryAsync(JobPeriod period, string id, OpenNote note, CancellationToken cancellation)
    {
        try
        {
            var (job, etag) = await book.FindAsync(note.OrganisationId, note.KeyId, id, cancellation);
            var now = time.GetUtcNow().ToUnixTimeMilliseconds();
            if (string.CompareOrdinal(id, VideoJob.FirstAt(now - (long)Patience.TotalMilliseconds)) < 0)
            {
                // Also what was noted and never came to be.
                await book.ForgetOpenAsync(id, cancellation);
            }
            else if (job is not null && (now - job.CreatedUnixMs < OftenMinutes * 60_000L || period.Number % SeldomMinutes == 0)
                && (await look.ExecuteAsync(job, etag!, cancellation)).Failure is { } failure)
            {
                log.LogWarning("{VideoId} could not be looked at: {Failure}", id, failure.Code);
            }
        }
        catch (Exception failure) when (failure is not OperationCanceledException || !cancellation.IsCancellationRequested)
        {
            // Safe: it stays noted as open, and the next round looks again.
            log.LogError(failure, "{VideoId} could not be looked at", id);
        }
    }
}

using AiOrchestrator.Core.Metering;
using AiOrchestrator.Core.Platform;
using Microsoft.Extensions.Logging;

namespace AiOrchestrator.Core.Gateway.Videos;

/// <summary>
/// Asks how far a job is, and writes that down. One that failed made no second of video, so its price is given back: asked for before the job counts as
/// closed, and known by the call that began it, so that it is neither forgotten nor done twice, whoever dies or looks at the same time.
/// </summary>
internal sealed class LookAtVideo(VideoBook book, AskProvider provider, CallRefund refund, ILogger<LookAtVideo> log)
{
    private const string Reason = "the provider could not make the video";

    /// <summary>The job as it stands.</summary>
    /// <param name="job">As it was found.</param>
    /// <param name="etag">Its tag.</param>
    /// <param name="cancellation">Nobody waits any more.</param>
    public async Task<Result<VideoJob>> ExecuteAsync(VideoJob job, string etag, CancellationToken cancellation)
    {
        if (job.IsClosed)
        {
            return job;
        }

        var next = job;
        if (!job.HasEnded)
        {
            var asked = await provider.ReadAsync(job.Ask(HttpMethod.Get), cancellation);
            if (asked.Failed)
            {
                return asked.Failure;
            }

            using var answer = asked.Value;
            next = job.Seen(answer.RootElement);
        }

        next = next.HasFailed ? next with { IsRefunded = await TryRefundAsync(next, cancellation) } : next;
        _ = await book.TryReplaceAsync(next, etag, cancellation);
        return next;
    }

    private async Task<bool> TryRefundAsync(VideoJob job, CancellationToken cancellation)
    {
        try
        {
            return await refund(job.OrganisationId, job.Exchange, Reason, keptNanoUsd: 0, cancellation);
        }
        catch (Exception failure) when (failure is not OperationCanceledException || !cancellation.IsCancellationRequested)
        {
            // Safe: the job stays open, and whoever looks next asks again.
            log.LogError(failure, "what {VideoId} was charged could not be given back yet", job.Id);
            return false;
        }
    }
}

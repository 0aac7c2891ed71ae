using AiOrchestrator.Core.Platform;

namespace AiOrchestrator.Core.Gateway.Videos;

/// <summary>Has a job deleted where it lies, and forgets it. What it came to is asked once more before: one that failed is given back.</summary>
internal sealed class DeleteVideo(VideoBook book, LookAtVideo look, AskProvider provider)
{
    /// <summary>Null when it is gone, by this or before.</summary>
    public async Task<ApiFailure?> ExecuteAsync(VideoJob job, string etag, CancellationToken cancellation)
    {
        var failure = (await look.ExecuteAsync(job, etag, cancellation)).Failure;
        if (failure is null)
        {
            var deleted = await provider.ReadAsync(job.Ask(HttpMethod.Delete), cancellation);
            failure = deleted.Failure;
            deleted.Value?.Dispose();
        }

        if (failure is not (null or VideoNotFound))
        {
            return failure;
        }

        await book.DeleteAsync(job, cancellation);
        return null;
    }
}

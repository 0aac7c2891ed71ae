using AiOrchestrator.Core.Platform;
using AiOrchestrator.Core.Platform.Jobs;

namespace AiOrchestrator.Core.Insight.Feedback;

/// <summary>Finds the calls of feedback that waits for them. What is of somebody else's call, or of none, is forgotten.</summary>
internal sealed class PlaceFeedback(IUsageStore usage, FeedbackBook book, TimeProvider time)
{
    private const int PageSize = 200;

    /// <summary>The job that does it, in whichever head.</summary>
    public static Job AsJob(PlaceFeedback place) => new("place-feedback", TimeSpan.FromMinutes(1), (_, cancellation) => place.RunAsync(cancellation));

    /// <summary>One round over what waits.</summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        string? after = null;
        while (await book.WaitingAsync(after, PageSize, cancellation) is { Count: > 0 } page)
        {
            foreach (var (feedback, etag) in page)
            {
                if (await IsDoneAsync(feedback, cancellation))
                {
                    await book.ForgetWaitingAsync(feedback, etag, cancellation);
                }
            }

            after = page[^1].Feedback.Id;
        }
    }

    private async Task<bool> IsDoneAsync(StoredFeedback feedback, CancellationToken cancellation)
    {
        _ = ExchangeId.TryParse(feedback.ExchangeId, out var exchange);
        if (await usage.GetAsync(feedback.OrganisationId, exchange, cancellation) is not { } call)
        {
            return time.GetUtcNow().ToUnixTimeMilliseconds() - feedback.GivenUnixMs > GiveFeedback.WaitMs;
        }

        return call.KeyId != feedback.KeyId || await book.PutAsync(feedback.About(call), cancellation);
    }
}

using AiOrchestrator.Core.Platform;
using AiOrchestrator.Core.Platform.Jobs;
using Microsoft.Extensions.Logging;

namespace AiOrchestrator.Core.Insight.Feedback;

/// <summary>Finds the calls of feedback that waits for them. What is of somebody else's call, or of none, is forgotten.</summary>
internal sealed class PlaceFeedback(IUsageStore usage, FeedbackBook book, TimeProvider time, ILogger<PlaceFeedback> log)
{
    private const int PageSize = 200;

    /// <summary>The job that does it, in whichever head.</summary>
    public static Job AsJob(PlaceFeedback place) => new("place-feedback", TimeSpan.FromMinutes(1), (_, cancellation) => place.RunAsync(cancellation));

    /// <summary>One round over what waits.</summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        string? after = null;
        var failures = new List<Exception>();
        while (await book.WaitingAsync(after, PageSize, cancellation) is { Count: > 0 } page)
        {
            foreach (var document in page)
            {
                try
                {
                    if (await IsDoneAsync(FeedbackBook.ReadWaiting(document), cancellation))
                    {
                        await book.ForgetWaitingAsync(document, cancellation);
                    }
                }
                catch (Exception failure) when (failure is not OperationCanceledException || !cancellation.IsCancellationRequested)
                {
                    // Safe: it waits on as it did, and is looked at again in a minute; the others, of other organisations too, have their turn.
                    failures.Add(failure);
                }
            }

            after = page[^1].Id;
        }

        if (failures.Count > 0)
        {
            log.LogError(failures[0], "Feedback about {Count} calls could not be placed; the first failure is this", failures.Count);
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

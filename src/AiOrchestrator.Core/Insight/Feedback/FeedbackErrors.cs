using AiOrchestrator.Core.Platform;

namespace AiOrchestrator.Core.Insight.Feedback;

/// <summary>As much feedback of the key, or of its organisation, waits for calls that are not known yet as may.</summary>
public sealed record FeedbackQueueFull : ApiFailure
{
    private const int RetrySeconds = 60;

    /// <summary>Tells how much that is, and when to say it again.</summary>
    public FeedbackQueueFull()
        : base(
            429,
            "rate_limit_error",
            "feedback_queue_full",
            $"Feedback about {FeedbackBook.MostOfKey} calls of this key, or {FeedbackBook.MostOfOrganisation} of the organisation, waits until those calls are known. "
            + "Say it again in a minute, or once the call has ended.") => RetryAfterSeconds = RetrySeconds;
}

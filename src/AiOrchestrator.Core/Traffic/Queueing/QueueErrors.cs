using System.Globalization;
using System.Text.Json;
using AiOrchestrator.Core.Platform;

namespace AiOrchestrator.Core.Traffic.Queueing;

/// <summary>As many calls wait for the provider as may, or their requests are as large as may be.</summary>
public sealed record QueueFull : ApiFailure
{
    /// <summary>Names the provider and says when to come back.</summary>
    public QueueFull(string provider, int retryAfterSeconds)
        : base(429, "rate_limit_error", "queue_full", $"Too many calls wait for the provider '{provider}' already; this one was not taken in.") =>
        RetryAfterSeconds = retryAfterSeconds;
}

/// <summary>The call waited as long as it said it would.</summary>
public sealed record QueueTimeout : ApiFailure
{
    private readonly long _waitedMs;
    private readonly int _position;

    /// <summary>Says how long it waited, where it stood then, and when to come back.</summary>
    public QueueTimeout(string provider, long waitedMs, int position, int retryAfterSeconds)
        : base(
            429,
            "rate_limit_error",
            "queue_timeout",
            string.Create(CultureInfo.InvariantCulture, $"The call waited {waitedMs} ms for the provider '{provider}', as long as x-max-wait-ms allows, and was not sent."))
    {
        (_waitedMs, _position) = (waitedMs, position);
        RetryAfterSeconds = retryAfterSeconds;
    }

    /// <inheritdoc/>
    public override bool HasMetadata => true;

    /// <inheritdoc/>
    public override void WriteMetadata(Utf8JsonWriter writer)
    {
        writer.WriteNumber("waited_ms"u8, _waitedMs);
        writer.WriteNumber("joined_at_position"u8, _position);
    }
}

/// <summary>Somebody took the call out of the line.</summary>
public sealed record QueueCancelled : ApiFailure
{
    /// <summary>Tells clients not to repeat it.</summary>
    public QueueCancelled()
        : base(409, "cancelled", "queue_cancelled", "The call was taken out of the queue (DELETE /v1/queue/{id}) before it was sent.") => MayRetry = false;
}

/// <summary>Others wait for the provider, and this call does not say that it would.</summary>
public sealed record ProviderBusy : ApiFailure
{
    /// <summary>Names the provider and says when to come back.</summary>
    public ProviderBusy(string provider, int retryAfterSeconds)
        : base(
            429,
            "rate_limit_error",
            "provider_busy",
            $"Other calls wait for the provider '{provider}', and none passes them. Send x-max-wait-ms to wait in line.") =>
        RetryAfterSeconds = retryAfterSeconds;
}

/// <summary>The key may not put its calls before others.</summary>
public sealed record PriorityNotAllowed() : ApiFailure(
    403, "permission_error", "priority_not_allowed", "Keys with the role member may say x-priority: low or normal; high is for keys with another role.");

/// <summary>No call of this id waits, or none the caller may cancel.</summary>
public sealed record QueuedCallNotFound() : ApiFailure(
    404, "invalid_request_error", "queued_call_not_found", "No call with this id waits in the queue: it was sent, it has ended, or it is somebody else's.");

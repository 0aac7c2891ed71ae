using System.Text.Json;
using AiOrchestrator.Core.Insight;
using Azure.Messaging.EventHubs;
using Microsoft.Azure.Functions.Worker;

namespace AiOrchestrator.Functions.Usage;

/// <summary>
/// Takes in what the usage hub delivers: at least once, and the checkpoint moves on even when this fails. Each event is Core's to handle, and
/// what it could neither store nor put aside is delivered again for as long as it takes.
/// </summary>
public sealed class IngestUsage(UsageIngest ingest)
{
    /// <summary>A run of events of one partition.</summary>
    [Function("IngestUsage")]
    [ExponentialBackoffRetry(-1, "00:00:02", "00:01:00")]
    public Task RunAsync(
        [EventHubTrigger("%AO_Azure__UsageHub%", Connection = "EventHubConnection", ConsumerGroup = "analytics")] EventData[] events,
        FunctionContext context,
        CancellationToken cancellation)
    {
        var partition = PartitionOf(context.BindingContext.BindingData);
        return ingest.IngestAsync([.. events.Select(e => IncomingOf(partition, e))], cancellation);
    }

    internal static IncomingEvent IncomingOf(string partition, EventData received) =>
        new(partition, received.SequenceNumber, received.EnqueuedTime.ToUnixTimeMilliseconds(), received.EventBody.ToMemory());

    /// <summary>The partition, as the host tells it beside the events; they do not say it themselves.</summary>
    internal static string PartitionOf(IReadOnlyDictionary<string, object?> binding)
    {
        try
        {
            return binding.GetValueOrDefault("PartitionContext") is string text
                && JsonDocument.Parse(text).RootElement.TryGetProperty("PartitionId", out var id)
                && id.GetString() is { Length: > 0 } partition
                    ? partition
                    : Unknown;
        }
        catch (Exception failure) when (failure is JsonException or InvalidOperationException)
        {
            // Safe: it names dead letters, and only those of different partitions with the same number could then be taken for one.
            return Unknown;
        }
    }

    private const string Unknown = "unknown";
}

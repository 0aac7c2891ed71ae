using System.Globalization;
using AiOrchestrator.Core.Metering;
using Azure.Messaging.EventHubs;
using Azure.Messaging.EventHubs.Producer;

namespace AiOrchestrator.Azure.Events;

/// <summary>Events to one hub. The events of a call share a partition, and stay in order there.</summary>
/// <param name="producer">The hub's client, whose connection is opened by the first call; closed with this.</param>
internal sealed class EventHubSender(EventHubProducerClient producer) : IEventSender, IAsyncDisposable
{
    /// <inheritdoc/>
    /// <exception cref="ArgumentException">One event is larger than the hub takes; the message tells its size. Those before it may be in.</exception>
    /// <exception cref="EventHubsException">The hub does not answer or refuses, after the client's own repetitions; some events may be in.</exception>
    public async ValueTask SendAsync(string partitionKey, IReadOnlyList<ReadOnlyMemory<byte>> bodies, CancellationToken cancellation)
    {
        var options = new CreateBatchOptions { PartitionKey = partitionKey };
        for (var next = 0; next < bodies.Count;)
        {
            using var batch = await producer.CreateBatchAsync(options, cancellation);
            while (next < bodies.Count && batch.TryAdd(new EventData(bodies[next])))
            {
                next++;
            }

            if (batch.Count == 0)
            {
                throw new ArgumentException(
                    string.Create(
                        CultureInfo.InvariantCulture,
                        $"event {next} has {bodies[next].Length} bytes; the hub takes {batch.MaximumSizeInBytes} at once, its own overhead included"),
                    nameof(bodies));
            }

            await producer.SendAsync(batch, cancellation);
        }
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => producer.DisposeAsync();
}

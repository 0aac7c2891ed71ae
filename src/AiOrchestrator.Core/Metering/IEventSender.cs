namespace AiOrchestrator.Core.Metering;

/// <summary>The way to an event hub.</summary>
public interface IEventSender
{
    /// <summary>
    /// Sends one or more events; each is durable when it returns, those of one key are received in the order in which they were sent. Throws
    /// when it is not so: some of them may be in all the same, and whoever receives them must bear each twice.
    /// </summary>
    /// <param name="partitionKey">Events of one key stay in order.</param>
    /// <param name="bodies">Each at most <see cref="UsageEnvelope.MaxBytes"/>; not read after the call has returned.</param>
    /// <param name="cancellation">Gives up waiting; the events may be in.</param>
    ValueTask SendAsync(string partitionKey, IReadOnlyList<ReadOnlyMemory<byte>> bodies, CancellationToken cancellation);
}

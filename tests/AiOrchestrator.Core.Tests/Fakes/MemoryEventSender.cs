using AiOrchestrator.Core.Metering;

namespace AiOrchestrator.Core.Tests.Fakes;

/// <summary>An event hub in memory: what was sent, under which key, in order. It can be made to fail, or to stand still.</summary>
internal sealed class MemoryEventSender : IEventSender
{
    private readonly Lock _lock = new();
    private readonly List<(string Key, byte[] Body)> _sent = [];

    /// <summary>Runs before each sending, with the number of its events; it may fail or take its time.</summary>
    public Func<int, CancellationToken, Task>? BeforeSend { get; set; }

    public IReadOnlyList<(string Key, byte[] Body)> Sent
    {
        get
        {
            lock (_lock)
            {
                return [.. _sent];
            }
        }
    }

    public IEnumerable<UsageMessage> Messages => Sent.Select(static s =>
    {
        Assert.True(UsageEnvelope.TryRead(s.Body, out var message, out var reason), reason);
        return message;
    });

    public async ValueTask SendAsync(string partitionKey, IReadOnlyList<ReadOnlyMemory<byte>> bodies, CancellationToken cancellation)
    {
        Assert.NotEmpty(bodies);
        if (BeforeSend is { } before)
        {
            await before(bodies.Count, cancellation);
        }

        lock (_lock)
        {
            _sent.AddRange(bodies.Select(b => (partitionKey, b.ToArray())));
        }
    }
}

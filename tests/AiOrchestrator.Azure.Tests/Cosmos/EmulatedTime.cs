using AiOrchestrator.Conformance;

namespace AiOrchestrator.Azure.Tests.Cosmos;

/// <summary>A wall clock that stands still until it is moved. Begins at eight in the morning.</summary>
internal sealed class EmulatedTime : TimeProvider
{
    private long _unixMs = Usage.Noon;

    public override DateTimeOffset GetUtcNow() => DateTimeOffset.FromUnixTimeMilliseconds(Interlocked.Read(ref _unixMs));

    public void Advance(TimeSpan by) => Interlocked.Add(ref _unixMs, (long)by.TotalMilliseconds);
}

using AiOrchestrator.Core.Platform;

namespace AiOrchestrator.Core.Tests.Fakes;

/// <summary>Secrets from a dictionary of environment variables.</summary>
internal sealed class MemorySecretStore : ISecretStore
{
    public Dictionary<string, string> Variables { get; } = new(StringComparer.Ordinal);

    public bool Broken { get; set; }

    public bool Understands(string reference) =>
        reference.StartsWith("env:", StringComparison.Ordinal) || reference.StartsWith("file:", StringComparison.Ordinal);

    public ValueTask<string?> GetAsync(string reference, CancellationToken cancellation) => Broken
        ? throw new IOException("the store does not answer")
        : new(reference.StartsWith("env:", StringComparison.Ordinal) ? Variables.GetValueOrDefault(reference[4..]) : null);
}

/// <summary>A wall clock and a monotonic one that a test moves together. Timers go by real time.</summary>
internal sealed class ManualTime : TimeProvider
{
    private long _unixMs = 1_800_000_000_000;

    public long UnixMs => Interlocked.Read(ref _unixMs);

    public override long TimestampFrequency => 1_000_000;

    public override long GetTimestamp() => UnixMs * 1000;

    public override DateTimeOffset GetUtcNow() => DateTimeOffset.FromUnixTimeMilliseconds(UnixMs);

    public void Advance(TimeSpan by) => Interlocked.Add(ref _unixMs, (long)by.TotalMilliseconds);
}

/// <summary>A readiness check that says what it is told.</summary>
internal sealed class FixedCheck(string name) : IReadinessCheck
{
    public Readiness Readiness { get; set; }

    public ReadinessReport Check() => new(name, Readiness, Readiness == Readiness.Ready ? null : "something is wrong");
}

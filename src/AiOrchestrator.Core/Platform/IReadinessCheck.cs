namespace AiOrchestrator.Core.Platform;

/// <summary>How well a dependency does.</summary>
public enum Readiness
{
    /// <summary>As it should be.</summary>
    Ready,

    /// <summary>Calls are served, something is missing or late.</summary>
    Degraded,

    /// <summary>Calls cannot be served.</summary>
    NotReady,
}

/// <summary>One line of <c>GET /ready</c>.</summary>
/// <param name="Name">What was looked at.</param>
/// <param name="Readiness">How it does.</param>
/// <param name="Detail">What is wrong and what to do, for the person woken up by it; null when ready.</param>
public sealed record ReadinessReport(string Name, Readiness Readiness, string? Detail);

/// <summary>Something <c>GET /ready</c> asks. Answers from memory: never blocks, never does I/O.</summary>
public interface IReadinessCheck
{
    /// <summary>How it is now.</summary>
    ReadinessReport Check();
}

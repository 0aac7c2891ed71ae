namespace AiOrchestrator.Core.Platform;

/// <summary>This process, in usage events: a new one at every start.</summary>
/// <param name="Id"><c>in_…</c>.</param>
public sealed record InstanceIdentity(string Id);

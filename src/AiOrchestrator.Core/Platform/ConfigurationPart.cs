namespace AiOrchestrator.Core.Platform;

/// <summary>
/// A part of the configuration that an area holds in memory: what <see cref="ConfigurationRefresh"/> keeps up with what other instances write.
/// Each area registers its own.
/// </summary>
/// <param name="Name">For people: <c>keys</c>, <c>limits</c>.</param>
/// <param name="Covers">Whether documents of a partition are part of it.</param>
/// <param name="ReloadAsync">Reads it anew, in turn with changes made through this instance; fails without changing anything.</param>
/// <param name="Every">After which time it is read even if no document changed, because it rests on more than documents; null: never.</param>
public sealed record ConfigurationPart(
    string Name, Func<string, bool> Covers, Func<CancellationToken, Task> ReloadAsync, TimeSpan? Every = null);

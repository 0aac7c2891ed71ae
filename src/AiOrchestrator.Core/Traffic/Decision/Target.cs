using AiOrchestrator.Core.Traffic.Chains;

namespace AiOrchestrator.Core.Traffic.Decision;

/// <summary>Which models a call goes to, before anybody has looked who serves them.</summary>
/// <param name="Entries">The models, in order.</param>
/// <param name="Reason">What decided it.</param>
internal sealed record Target(IReadOnlyList<ChainEntry> Entries, string Reason)
{
    /// <summary>The chain they stand in; null for none.</summary>
    public Chain? Chain { get; init; }

    /// <summary>Whether one that cannot be called is passed over and not told: the choice was not the caller's.</summary>
    public bool IsChosenHere { get; init; }

    /// <summary>A chain as a target.</summary>
    public static Target Of(Chain chain, string reason) => new(chain.Entries, reason) { Chain = chain, IsChosenHere = true };
}

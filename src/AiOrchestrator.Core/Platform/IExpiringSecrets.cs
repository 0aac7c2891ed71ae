namespace AiOrchestrator.Core.Platform;

/// <summary>A store of secrets of which some end by themselves, as tokens do.</summary>
public interface IExpiringSecrets
{
    /// <summary>Whether one that was handed out ends so soon that it has to be asked for again.</summary>
    bool AreEnding { get; }
}

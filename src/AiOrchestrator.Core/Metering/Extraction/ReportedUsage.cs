namespace AiOrchestrator.Core.Metering.Extraction;

/// <summary>What a provider says an answer used, as far as it can be read.</summary>
/// <param name="Tokens">The counts that could be read; what could not is 0.</param>
/// <param name="HasPrompt">Whether the total of prompt tokens could be read.</param>
/// <param name="HasCompletion">Whether the total of completion tokens could be read. Without, where nothing is wrong, there are none (embeddings).</param>
/// <param name="Anomaly">What is wrong with it.</param>
public readonly record struct ReportedUsage(TokenUsage Tokens, bool HasPrompt, bool HasCompletion, UsageAnomaly Anomaly)
{
    /// <summary>Units other than tokens; usually none.</summary>
    public IReadOnlyList<UnitQuantity>? Units { get; init; }

    /// <summary>Whether there is anything to charge by, and nothing is wrong.</summary>
    public bool IsSound => Anomaly == UsageAnomaly.None && (HasPrompt || Units is not null);
}

using AiOrchestrator.Core.Metering;

namespace AiOrchestrator.Core.Providers.OpenAi;

/// <summary>What the gateway learns from an answer as it passes.</summary>
public sealed class AnswerFacts
{
    /// <summary>The usage the provider reported last; only with <see cref="HasUsage"/>.</summary>
    public TokenUsage Usage { get; internal set; }

    /// <summary>Whether the provider reported usage.</summary>
    public bool HasUsage { get; internal set; }

    /// <summary>Completion tokens counted in what was received.</summary>
    public long CountedTokens { get; internal set; }

    /// <summary>The model the provider says answered.</summary>
    public string? Model { get; internal set; }

    /// <summary>The first finish reason.</summary>
    public string? FinishReason { get; internal set; }

    /// <summary>As the provider says.</summary>
    public string? ServiceTier { get; internal set; }

    /// <summary>Whether an error was reported inside the answer.</summary>
    public bool HasError { get; internal set; }
}

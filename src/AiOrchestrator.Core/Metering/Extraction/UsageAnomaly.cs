namespace AiOrchestrator.Core.Metering.Extraction;

/// <summary>What is wrong with a reported usage; of several the first in this order. Counts that can be read stay readable.</summary>
public enum UsageAnomaly
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>There is none, or not one count in it, and nothing else is wrong.</summary>
    Missing,

    /// <summary>No object, or a count that is no whole number; one in quotes is read and flagged.</summary>
    Malformed,

    /// <summary>A count below zero; it is not read.</summary>
    Negative,

    /// <summary>A count above <see cref="TokenUsage.MaxTokens"/>; it is not read.</summary>
    Absurd,

    /// <summary>A part above its total, which is then taken to stand beside it, or a total below the sum of its parts, which stands.</summary>
    Inconsistent,

    /// <summary>No prompt tokens, where tokens are what is charged.</summary>
    ZeroPrompt,

    /// <summary>No completion tokens, and text was delivered. Only who counted the text can tell.</summary>
    ZeroOutput,
}

/// <summary>How anomalies are written in events, alerts and reviews.</summary>
public static class UsageAnomalies
{
    private static readonly string?[] Words =
        [null, "missing", "malformed", "negative", "absurd", "inconsistent", "zero_prompt", "zero_output"];

    /// <summary>Snake case; null for <see cref="UsageAnomaly.None"/>.</summary>
    /// <param name="anomaly">One of the enum's.</param>
    public static string? Word(this UsageAnomaly anomaly) => Words[(int)anomaly];

    /// <summary>The graver of two.</summary>
    /// <param name="one">One.</param>
    /// <param name="other">The other.</param>
    public static UsageAnomaly And(this UsageAnomaly one, UsageAnomaly other) =>
        one == UsageAnomaly.None || (other != UsageAnomaly.None && other < one) ? other : one;
}

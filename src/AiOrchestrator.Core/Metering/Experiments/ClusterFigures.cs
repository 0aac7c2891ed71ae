namespace AiOrchestrator.Core.Metering.Experiments;

/// <summary>
/// What the calls of one group of key values came to. An experiment shares key values out, not calls: calls of one user are alike. Groups are drawn by lot
/// and hold all calls of their users, so groups differ by chance alone, and there are no more of them however many users there are.
/// </summary>
/// <param name="Number">1 to <see cref="Most"/>; 0 for calls of which it is not known.</param>
public sealed record ClusterFigures(int Number)
{
    /// <summary>How many groups there are of each variant.</summary>
    public const int Most = 64;

    /// <summary>As <see cref="VariantFigures.Calls"/>.</summary>
    public long Calls { get; init; }

    /// <summary>Of them, answered in full.</summary>
    public long Succeeded { get; init; }

    /// <summary>Of them, ended by an error, a timeout or a cut.</summary>
    public long Failed { get; init; }

    /// <summary>What those that succeeded cost, nano-dollars.</summary>
    public Int128 CostNanoUsd { get; init; }

    /// <summary>How long those that succeeded took, microseconds.</summary>
    public Int128 DurationUs { get; init; }

    /// <summary>What users thought of answers, thousandths.</summary>
    public Moments FeedbackMilli { get; init; }
}

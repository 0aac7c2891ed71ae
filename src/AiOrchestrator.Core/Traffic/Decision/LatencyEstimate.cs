using AiOrchestrator.Core.Providers.Registry;

namespace AiOrchestrator.Core.Traffic.Decision;

/// <summary>About how long a route takes until its first byte: what was seen of it, or else what is usual for a model of its tier.</summary>
internal static class LatencyEstimate
{
    /// <summary>Milliseconds, 1 or more.</summary>
    public static long Of(in Candidate candidate) => candidate.Cell.MedianUs is var seen and > 0 ? Math.Max(1, seen / 1000)
        : candidate.Found.Serving?.Tier switch
        {
            ModelTier.Economy => 500,
            ModelTier.Flagship => 1500,
            _ => 1000,
        };
}

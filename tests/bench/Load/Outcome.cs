namespace AiOrchestrator.Bench.Load;

/// <summary>What one run of load saw.</summary>
internal sealed class Outcome
{
    public Samples Latency { get; } = new();

    /// <summary>From the due time to the first word of a stream.</summary>
    public Samples FirstToken { get; } = new();

    /// <summary>Between words of one stream; words that came in one read are 0 apart.</summary>
    public Samples Gaps { get; } = new();

    /// <summary>How late the generator itself sent: its own share of the latency.</summary>
    public Samples SendLag { get; } = new();

    public long Completed { get; set; }

    public double Seconds { get; set; }

    public int Wrong { get; set; }

    public string? FirstWrong { get; set; }

    public double PerSecond => Completed / Seconds;

    public void TakeFaults(LaneSet lanes)
    {
        Wrong += lanes.Wrong;
        FirstWrong ??= lanes.FirstWrong;
    }
}

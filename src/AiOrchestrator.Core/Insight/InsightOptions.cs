using AiOrchestrator.Core.Insight.Exports;
using AiOrchestrator.Core.Insight.Reviews;

namespace AiOrchestrator.Core.Insight;

/// <summary>How usage events become queryable.</summary>
public sealed class InsightOptions
{
    /// <summary>Most events stored in one run. Default 1000, 1 to 100 000.</summary>
    public int RunEvents { get; set; } = 1000;

    /// <summary>Wait after the first failure, doubled by each further one up to 32 times itself. Default 1000, 10 to 60 000; milliseconds.</summary>
    public int RetryDelayMs { get; set; } = 1000;

    /// <summary><c>GET /ready</c> says degraded once an event waits this long to be stored. Default 10 000, 100 to 3 600 000; milliseconds.</summary>
    public int LagMs { get; set; } = 10_000;

    /// <summary>How often chargeback is written out as CSV: none, daily or monthly. Default none.</summary>
    public ExportSchedule ChargebackExport { get; set; } = ExportSchedule.None;

    /// <summary>What becomes of an amount in dispute that nobody decides on within 24 hours: charge or release. Default charge.</summary>
    public DisputeRule DisputedUsage { get; set; } = DisputeRule.Charge;

    /// <summary>
    /// A re-rating takes calls in that arrived so long ago: a call may run for an hour, and its event arrive later. Default 90, 0 to 1440; minutes.
    /// </summary>
    public int ReratingSettleMinutes { get; set; } = 90;

    /// <summary>Everything that is out of bounds, one line each.</summary>
    public IReadOnlyList<string> Validate()
    {
        var errors = new List<string>();
        Check(nameof(RunEvents), RunEvents, 1, 100_000);
        Check(nameof(RetryDelayMs), RetryDelayMs, 10, 60_000);
        Check(nameof(LagMs), LagMs, 100, 3_600_000);
        Check(nameof(ReratingSettleMinutes), ReratingSettleMinutes, 0, 1440);
        return errors;

        void Check(string name, int value, int min, int max)
        {
            if (value < min || value > max)
            {
                errors.Add(string.Create(null, $"Insight:{name} is {value}: it must be {min} to {max}"));
            }
        }
    }
}

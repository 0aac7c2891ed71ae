namespace AiOrchestrator.Core.Insight.Exports;

/// <summary>How often chargeback is written out by itself.</summary>
public enum ExportSchedule
{
    /// <summary>Never.</summary>
    None,

    /// <summary>Every day of UTC, an hour after its end.</summary>
    Daily,

    /// <summary>Every month of UTC, an hour after its end.</summary>
    Monthly,
}

/// <summary>One report to be written.</summary>
/// <param name="OrganisationId">Whose.</param>
/// <param name="Period"><c>2026-11-24</c> or <c>2026-11</c>.</param>
/// <param name="FromHour">The first hour since 1970 it covers.</param>
/// <param name="UntilHour">The first it does not.</param>
public sealed record ExportTask(string OrganisationId, string Period, long FromHour, long UntilHour)
{
    /// <summary>The blob it becomes.</summary>
    public string BlobName => $"{ScheduledExports.Root(OrganisationId)}chargeback/{Period}.csv";
}

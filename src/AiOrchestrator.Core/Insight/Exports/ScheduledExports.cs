using System.Globalization;
using System.IO.Pipelines;
using AiOrchestrator.Core.Identity;
using AiOrchestrator.Core.Platform;
using Microsoft.Extensions.Options;

namespace AiOrchestrator.Core.Insight.Exports;

/// <summary>
/// Writes chargeback out, a blob for each organisation and period (WL-13). A blob that is there is done: whoever dies in the middle leaves
/// none, and an outage of some days is caught up with.
/// </summary>
public sealed class ScheduledExports
{
    /// <summary>The name of the job, whoever carries it out.</summary>
    public const string JobName = "chargeback-exports";

    /// <summary>How often it is looked at what is due.</summary>
    public static readonly TimeSpan Every = TimeSpan.FromHours(1);

    /// <summary>So long after its end a period is written: what was called at its end has arrived by then.</summary>
    private static readonly TimeSpan Settled = TimeSpan.FromHours(1);

    /// <summary>How many periods back are caught up with.</summary>
    private const int MostDays = 7;
    private const int MostMonths = 2;

    private const int FlushBytes = 16 * 1024;

    private static readonly ChargebackGroup[] Groups =
    [
        ChargebackGroup.CostCentre, ChargebackGroup.Team, ChargebackGroup.Wallet, ChargebackGroup.Key, ChargebackGroup.Model, ChargebackGroup.Provider,
        ChargebackGroup.Day,
    ];

    private readonly Chargeback _chargeback;
    private readonly IBlobStore _blobs;
    private readonly IDocumentStore _documents;
    private readonly TimeProvider _time;
    private readonly ExportSchedule _schedule;

    internal ScheduledExports(Chargeback chargeback, IBlobStore blobs, IDocumentStore documents, IOptions<InsightOptions> options, TimeProvider time) =>
        (_chargeback, _blobs, _documents, _schedule, _time) = (chargeback, blobs, documents, options.Value.ChargebackExport, time);

    /// <summary>Whether anything is ever due.</summary>
    public bool IsOn => _schedule != ExportSchedule.None;

    /// <summary>What is to be written now, oldest first.</summary>
    public async Task<IReadOnlyList<ExportTask>> DueAsync(CancellationToken cancellation)
    {
        var due = new List<ExportTask>();
        await foreach (var (organisation, _) in _documents.AllAsync(
            IdentityPartitions.Organisations, IdentityJson.Default.StoredOrganisation, cancellation))
        {
            var written = new HashSet<string>(StringComparer.Ordinal);
            await foreach (var blob in _blobs.ListAsync(Root(organisation.Id), cancellation))
            {
                written.Add(blob.Name);
            }

            due.AddRange(Periods(organisation).Where(task => !written.Contains(task.BlobName)));
        }

        return due;
    }

    /// <summary>Writes one report. Doing it again writes the same, or what has become known since.</summary>
    public async Task WriteAsync(ExportTask task, CancellationToken cancellation)
    {
        var pipe = new Pipe();
        var writing = FillAsync(pipe.Writer, task, cancellation);
        var content = pipe.Reader.AsStream();
        await using (content.ConfigureAwait(false))
        {
            await _blobs.WriteAsync(task.BlobName, content, cancellation);
        }

        await writing;
    }

    /// <summary>All of it, one after the other, in this process.</summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        foreach (var task in await DueAsync(cancellation))
        {
            await WriteAsync(task, cancellation);
        }
    }

    /// <summary>Where an organisation's exports lie.</summary>
    internal static string Root(string organisationId) => $"exports/{organisationId}/";

    private IEnumerable<ExportTask> Periods(StoredOrganisation organisation)
    {
        var settled = _time.GetUtcNow() - Settled;
        var today = new DateTimeOffset(settled.Year, settled.Month, settled.Day, 0, 0, 0, TimeSpan.Zero);
        var month = today.AddDays(1 - today.Day);
        var periods = _schedule switch
        {
            ExportSchedule.Daily => Enumerable.Range(1, MostDays).Select(back => (From: today.AddDays(-back), Until: today.AddDays(1 - back), Format: "yyyy-MM-dd")),
            ExportSchedule.Monthly => Enumerable.Range(1, MostMonths).Select(back => (From: month.AddMonths(-back), Until: month.AddMonths(1 - back), Format: "yyyy-MM")),
            _ => [],
        };
        return periods
            .Where(p => p.Until.ToUnixTimeMilliseconds() > organisation.CreatedUnixMs)
            .Reverse()
            .Select(p => new ExportTask(
                organisation.Id, p.From.ToString(p.Format, CultureInfo.InvariantCulture), Hour(p.From), Hour(p.Until)));
    }

    private static long Hour(DateTimeOffset time) => ChargebackQuery.HourOf(time.ToUnixTimeMilliseconds());

    /// <summary>Row by row into the pipe. What fails here fails whoever reads, and no blob comes to be.</summary>
    private async Task FillAsync(PipeWriter output, ExportTask task, CancellationToken cancellation)
    {
        Exception? failure = null;
        try
        {
            var report = _chargeback.Report(task.OrganisationId, Groups, task.FromHour, task.UntilHour, walletId: null, isCsv: true);
            var text = new ChargebackCsv(report.Columns);
            text.Begin(output);
            await foreach (var row in _chargeback.RowsAsync(report, cancellation))
            {
                text.Write(output, row);
                if (output.UnflushedBytes >= FlushBytes)
                {
                    _ = await output.FlushAsync(cancellation);
                }
            }

            text.End(output);
            _ = await output.FlushAsync(cancellation);
        }
        catch (Exception e)
        {
            // Handed on: the blob store that reads the pipe throws it.
            failure = e;
        }

        await output.CompleteAsync(failure);
    }
}

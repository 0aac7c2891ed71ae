using System.Text.Json.Serialization;
using Microsoft.Extensions.Logging;

namespace AiOrchestrator.Core.Platform.Jobs;

/// <summary>How far a job got, as it is stored.</summary>
/// <param name="Period">The period it was begun for.</param>
/// <param name="StartedUnixMs">When it was last begun.</param>
/// <param name="EndedUnixMs">When that ended; null while it runs.</param>
/// <param name="Failures">How often in a row it has failed.</param>
/// <param name="Done">Whether the period's work is done.</param>
internal sealed record StoredJob(long Period, long StartedUnixMs, long? EndedUnixMs, int Failures, bool Done);

/// <summary>
/// Runs what is due, each job once in a period: one document for each says how far it got, and whoever replaces it under its tag does the
/// work. Jobs do not wait for each other.
/// </summary>
public sealed partial class JobRunner : IReadinessCheck
{
    /// <summary>Failures in a row that readiness tells of.</summary>
    private const int TellAfter = 3;

    internal const string Partition = "jobs";

    private readonly Job[] _jobs;
    private readonly IDocumentStore _documents;
    private readonly TimeProvider _time;
    private readonly ILogger<JobRunner> _logger;
    private volatile IReadOnlyList<string> _failing = [];

    /// <summary>The registry of a head: every <see cref="Job"/> it registered.</summary>
    /// <exception cref="ArgumentException">Two jobs have one name.</exception>
    public JobRunner(IEnumerable<Job> jobs, IDocumentStore documents, TimeProvider time, ILogger<JobRunner> logger)
    {
        _jobs = [.. jobs.OrderBy(static j => j.Name, StringComparer.Ordinal)];
        (_documents, _time, _logger) = (documents, time, logger);
        if (_jobs.CountBy(static j => j.Name, StringComparer.Ordinal).FirstOrDefault(static n => n.Value > 1) is { Key: { } name })
        {
            throw new ArgumentException($"two jobs are called '{name}'", nameof(jobs));
        }
    }

    /// <summary>All jobs, in order of name.</summary>
    public IReadOnlyList<Job> Jobs => _jobs;

    /// <summary>Does what is due and nobody else is doing.</summary>
    /// <param name="cancellation">Cuts the jobs off: another call begins them anew.</param>
    public async Task RunDueAsync(CancellationToken cancellation)
    {
        var failing = await Task.WhenAll(_jobs.Select(job => RunSafelyAsync(job, cancellation)));
        _failing = [.. failing.OfType<string>()];
    }

    /// <inheritdoc/>
    public ReadinessReport Check() => _failing is { Count: > 0 } failing
        ? new ReadinessReport("jobs", Readiness.Degraded, $"failing again and again: {string.Join(", ", failing)}; the log says why. Calls are served and charged.")
        : new ReadinessReport("jobs", Readiness.Ready, null);

    /// <summary>How far a job got; null when it was never begun.</summary>
    internal async Task<StoredJob?> FindAsync(Job job, CancellationToken cancellation) =>
        (await _documents.FindAsync(Partition, job.Name, JobsJson.Default.StoredJob, cancellation)).Value;

    /// <returns>The job's name when it fails again and again.</returns>
    private async Task<string?> RunSafelyAsync(Job job, CancellationToken cancellation)
    {
        try
        {
            return await RunAsync(job, cancellation) >= TellAfter ? job.Name : null;
        }
        catch (Exception failure) when (failure is not OperationCanceledException || !cancellation.IsCancellationRequested)
        {
            // Safe: the store does not answer, so nothing was begun or nothing written down; the next call begins anew.
            LogUnreachable(failure, job.Name);
            return null;
        }
    }

    /// <returns>How often in a row it has failed.</returns>
    private async Task<int> RunAsync(Job job, CancellationToken cancellation)
    {
        var now = NowUnixMs;
        var period = job.PeriodAt(now);
        var (stored, tag) = await _documents.FindAsync(Partition, job.Name, JobsJson.Default.StoredJob, cancellation);
        if (stored is not null && !IsDue(job, stored, period, now))
        {
            return stored.Failures;
        }

        var begun = new StoredJob(period.Number, now, null, stored?.Failures ?? 0, Done: false);
        var claim = tag is null
            ? await _documents.CreateAsync(Partition, job.Name, StoredDocuments.Bytes(begun, JobsJson.Default.StoredJob), cancellation)
            : await _documents.ReplaceAsync(Partition, job.Name, StoredDocuments.Bytes(begun, JobsJson.Default.StoredJob), tag, cancellation);
        if (claim.ETag is null)
        {
            // Somebody else does it.
            return 0;
        }

        var ended = await DoAsync(job, period, begun, cancellation);
        _ = await _documents.ReplaceAsync(Partition, job.Name, StoredDocuments.Bytes(ended, JobsJson.Default.StoredJob), claim.ETag, cancellation);
        return ended.Failures;
    }

    private static bool IsDue(Job job, StoredJob stored, JobPeriod period, long nowUnixMs)
    {
        if (stored.Period > period.Number || (stored.Period == period.Number && stored.Done))
        {
            return false;
        }

        return stored.EndedUnixMs is not null || nowUnixMs - stored.StartedUnixMs >= (long)job.Patience.TotalMilliseconds;
    }

    private async Task<StoredJob> DoAsync(Job job, JobPeriod period, StoredJob begun, CancellationToken cancellation)
    {
        try
        {
            // One that hangs, even one that does not listen, must not keep the others from their next turn.
            using var patience = new CancellationTokenSource(job.Patience, _time);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, cancellation);
            await job.Run(period, either.Token).WaitAsync(either.Token);
            return begun with { EndedUnixMs = NowUnixMs, Failures = 0, Done = true };
        }
        catch (Exception failure) when (failure is not OperationCanceledException || !cancellation.IsCancellationRequested)
        {
            // Safe: its work can be repeated, and is with the next call; readiness tells when that goes on.
            LogFailed(failure, job.Name, period.Number);
            return begun with { EndedUnixMs = NowUnixMs, Failures = begun.Failures + 1 };
        }
    }

    private long NowUnixMs => _time.GetUtcNow().ToUnixTimeMilliseconds();

    [LoggerMessage(1, LogLevel.Error, "The job {Job} failed in its period {Period}; it is tried again")]
    private partial void LogFailed(Exception failure, string job, long period);

    [LoggerMessage(2, LogLevel.Error, "How far the job {Job} got could not be read or written; it is tried again")]
    private partial void LogUnreachable(Exception failure, string job);
}

/// <summary>The written form of jobs.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(StoredJob))]
[JsonSerializable(typeof(Page<JobView>))]
internal sealed partial class JobsJson : JsonSerializerContext;

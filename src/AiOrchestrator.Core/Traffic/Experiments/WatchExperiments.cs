using AiOrchestrator.Core.Metering.Experiments;
using AiOrchestrator.Core.Platform.Alerts;
using AiOrchestrator.Core.Platform.Jobs;
using AiOrchestrator.Core.Traffic.Configuration;
using Microsoft.Extensions.Logging;

namespace AiOrchestrator.Core.Traffic.Experiments;

/// <summary>
/// Looks at experiments that run: a broken guard rail takes one back, a winner takes all calls where that is wanted, and what has run as long as it may is
/// over. Tells a person of each.
/// </summary>
internal sealed class WatchExperiments(
    PartDirectory<StoredExperiment, ExperimentSet> directory,
    MoveExperiment move,
    FindVariantFigures figures,
    AlertBook alerts,
    TimeProvider time,
    ILogger<WatchExperiments> log)
{
    /// <summary>How long what has ended is still told of, should whoever ended it have died before.</summary>
    private const long LateMs = 86_400_000;

    /// <summary>The job that does it, in whichever head.</summary>
    public static Job AsJob(WatchExperiments watch) => new("watch-experiments", TimeSpan.FromMinutes(1), (_, cancellation) => watch.RunAsync(cancellation));

    /// <summary>Looks at each once. Doing it again ends and tells nothing twice.</summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        foreach (var organisationId in directory.Organisations)
        {
            foreach (var part in directory.All(organisationId))
            {
                try
                {
                    await LookAsync(organisationId, part.Value, cancellation);
                }
                catch (Exception failure) when (failure is not OperationCanceledException || !cancellation.IsCancellationRequested)
                {
                    // Safe: it runs on as it did, and is looked at again in a minute; the others have their turn.
                    log.LogError(failure, "The experiment {ExperimentId} could not be looked at", part.Value.Id);
                }
            }
        }
    }

    private async Task LookAsync(string organisationId, StoredExperiment stored, CancellationToken cancellation)
    {
        var now = time.GetUtcNow().ToUnixTimeMilliseconds();
        if (stored is { State: ExperimentState.Running, StartedUnixMs: { } started })
        {
            var found = await figures(organisationId, stored.Id, started, stored.Experiment.NeedsFeedback, cancellation);
            var verdict = Verdict.Of(stored, found, now);
            var ended = verdict.Finding switch
            {
                Finding.GuardRail => await EndAsync(ExperimentState.RolledBack, ExperimentEnding.GuardRail),
                Finding.Winner when stored.Experiment.AutoPromote => await EndAsync(ExperimentState.Concluded, ExperimentEnding.Promoted),
                _ when Verdict.HasExpired(stored, now) => await EndAsync(ExperimentState.Concluded, ExperimentEnding.MaxDuration),
                _ => null,
            };
            stored = ended ?? stored;

            async Task<StoredExperiment?> EndAsync(ExperimentState state, ExperimentEnding ending) =>
                (await move.EndAsync(
                    organisationId, stored.Id, state, ending, ending == ExperimentEnding.Promoted ? verdict.Winner : null, verdict.Note, cancellation)).Value?.Value;
        }

        if (stored is { EndedByItself: true, EndedUnixMs: { } endedUnixMs } && now - endedUnixMs <= LateMs)
        {
            await alerts.RaiseAsync(AlertOf(organisationId, stored, endedUnixMs), cancellation);
        }
    }

    private static Alert AlertOf(string organisationId, StoredExperiment stored, long endedUnixMs)
    {
        var (kind, severity, what) = stored.Ending switch
        {
            ExperimentEnding.GuardRail => (AlertKinds.ExperimentRolledBack, AlertSeverity.Warning, "was taken back: a guard rail is broken"),
            ExperimentEnding.Promoted => (AlertKinds.ExperimentConcluded, AlertSeverity.Info, $"is concluded: all its calls go to '{stored.Winner}'"),
            _ => (AlertKinds.ExperimentConcluded, AlertSeverity.Info, "is over without a winner"),
        };
        return new Alert(
            $"{kind.Replace('_', '-')}:{stored.Id}",
            organisationId,
            kind,
            severity,
            $"The experiment '{stored.Experiment.Name}' {what}",
            $"{stored.Note} GET /control/v1/experiments/{stored.Id}/results shows the figures.",
            new Dictionary<string, string>(StringComparer.Ordinal)
            {
                ["experiment_id"] = stored.Id,
                ["winner"] = stored.Winner ?? "",
            },
            endedUnixMs);
    }
}

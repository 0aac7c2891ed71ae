using AiOrchestrator.Core.Metering.Experiments;
using AiOrchestrator.Core.Platform;
using AiOrchestrator.Core.Traffic.Configuration;

namespace AiOrchestrator.Core.Traffic.Experiments;

/// <summary>Takes an experiment from one state to the next, if it still is where that can be done.</summary>
internal sealed class MoveExperiment(PartDirectory<StoredExperiment, ExperimentSet> directory, FindVariantFigures figures, TimeProvider time)
{
    private const int MaxNoteLength = 500;

    /// <summary>Who wants what of which experiment.</summary>
    /// <param name="OrganisationId">Whose.</param>
    /// <param name="Id">Which.</param>
    /// <param name="PrincipalId">Who asks.</param>
    /// <param name="Allows">Whether a document with this tag is meant.</param>
    public sealed record Ask(string OrganisationId, string Id, string PrincipalId, Func<string, bool> Allows);

    /// <summary>Begins to share calls out.</summary>
    public Task<Result<Part<StoredExperiment>>> StartAsync(Ask ask, MemberReader body, CancellationToken cancellation) => MoveAsync(
        ask,
        body,
        (now, note) => now.State == ExperimentState.Draft
            ? now with { State = ExperimentState.Running, StartedUnixMs = NowUnixMs, Note = note, By = ask.PrincipalId }
            : ExperimentStateConflict.Of(now.State, "a draft"),
        cancellation);

    /// <summary>Ends it without a winner.</summary>
    public Task<Result<Part<StoredExperiment>>> StopAsync(Ask ask, MemberReader body, CancellationToken cancellation) => MoveAsync(
        ask,
        body,
        (now, note) => now.State == ExperimentState.Running
            ? Ended(now, ExperimentState.Concluded, ExperimentEnding.Stopped, null, note, ask.PrincipalId)
            : ExperimentStateConflict.Of(now.State, "running"),
        cancellation);

    /// <summary>Takes it back: nobody is touched any more, for good.</summary>
    public Task<Result<Part<StoredExperiment>>> RollBackAsync(Ask ask, MemberReader body, CancellationToken cancellation) => MoveAsync(
        ask,
        body,
        (now, note) => now.State is ExperimentState.Running or ExperimentState.Concluded
            ? Ended(now, ExperimentState.RolledBack, ExperimentEnding.RolledBack, null, note, ask.PrincipalId)
            : ExperimentStateConflict.Of(now.State, "running or concluded"),
        cancellation);

    /// <summary>Ends it with a winner: the one that is named, or the one the figures say is better. One that ended without gets its winner so.</summary>
    public async Task<Result<Part<StoredExperiment>>> ConcludeAsync(Ask ask, MemberReader body, CancellationToken cancellation)
    {
        var winner = body.Text("winner", MaxNoteLength);
        if (directory.Find(ask.OrganisationId, ask.Id)?.Value is not { } known)
        {
            return new ExperimentNotFound();
        }

        if (winner is not null && known.Experiment.Variants.All(v => v.Name != winner))
        {
            body.Problem("winner", "is no variant of the experiment");
        }

        if (winner is null && known.StartedUnixMs is { } started)
        {
            var found = await figures(ask.OrganisationId, ask.Id, started, known.Experiment.NeedsFeedback, cancellation);
            winner = Verdict.Of(known, found, NowUnixMs).Winner;
        }

        return await MoveAsync(
            ask,
            body,
            (now, note) => now.State is ExperimentState.Running or ExperimentState.Concluded
                ? Ended(now, ExperimentState.Concluded, ExperimentEnding.Concluded, winner, note, ask.PrincipalId)
                : ExperimentStateConflict.Of(now.State, "running or concluded"),
            cancellation);
    }

    /// <summary>Ends one that runs, by itself.</summary>
    public Task<Result<Part<StoredExperiment>>> EndAsync(
        string organisationId, string id, ExperimentState state, ExperimentEnding ending, string? winner, string note, CancellationToken cancellation) =>
        directory.ReplaceAsync(
            organisationId,
            id,
            now => now.State == ExperimentState.Running
                ? Ended(now, state, ending, winner, note, null)
                : ExperimentStateConflict.Of(now.State, "running"),
            static _ => true,
            cancellation);

    private async Task<Result<Part<StoredExperiment>>> MoveAsync(
        Ask ask, MemberReader body, Func<StoredExperiment, string?, Result<StoredExperiment>> move, CancellationToken cancellation)
    {
        var note = body.Text("note", MaxNoteLength);
        return body.Finish() is { } invalid
            ? invalid
            : await directory.ReplaceAsync(ask.OrganisationId, ask.Id, now => move(now, note), ask.Allows, cancellation);
    }

    /// <summary>When it was over first stays.</summary>
    private StoredExperiment Ended(StoredExperiment now, ExperimentState state, ExperimentEnding ending, string? winner, string? note, string? by) => now with
    {
        State = state,
        EndedUnixMs = now.EndedUnixMs ?? NowUnixMs,
        Ending = ending,
        Winner = winner,
        Note = note,
        By = by,
    };

    private long NowUnixMs => time.GetUtcNow().ToUnixTimeMilliseconds();
}

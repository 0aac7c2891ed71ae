using AiOrchestrator.Core.Platform;

namespace AiOrchestrator.Core.Traffic.Experiments;

/// <summary>There is no experiment with this id.</summary>
public sealed record ExperimentNotFound() : ApiFailure(404, "invalid_request_error", "experiment_not_found", "There is no experiment with this id.");

/// <summary>What is measured cannot be changed once it has been started.</summary>
public sealed record ExperimentStarted : ApiFailure
{
    /// <summary>Says what can.</summary>
    public ExperimentStarted()
        : base(
            409,
            "invalid_request_error",
            "experiment_started",
            "What an experiment measures is not changed once it has been started: only name, min_samples, max_days and auto_promote are. Make another experiment.") =>
        MayRetry = false;
}

/// <summary>The experiment is not where this could be done with it.</summary>
public sealed record ExperimentStateConflict : ApiFailure
{
    /// <summary>Names what it is and what it would have to be, in words.</summary>
    public ExperimentStateConflict(string state, string needed)
        : base(409, "invalid_request_error", "experiment_state", $"The experiment is {state}: for this it must be {needed}.") => MayRetry = false;

    /// <summary>Of an experiment as it is.</summary>
    internal static ExperimentStateConflict Of(ExperimentState state, string needed) => new(
        state switch
        {
            ExperimentState.Draft => "a draft",
            ExperimentState.Running => "running",
            ExperimentState.Concluded => "concluded",
            _ => "rolled back",
        },
        needed);
}

using System.Text.Json.Serialization;
using AiOrchestrator.Core.Platform;

namespace AiOrchestrator.Core.Traffic.Experiments;

/// <summary>Why an experiment is over.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<ExperimentEnding>))]
public enum ExperimentEnding
{
    /// <summary>Somebody stopped it.</summary>
    [JsonStringEnumMemberName("stopped")] Stopped,

    /// <summary>Somebody concluded it.</summary>
    [JsonStringEnumMemberName("concluded")] Concluded,

    /// <summary>Somebody took it back.</summary>
    [JsonStringEnumMemberName("rolled_back")] RolledBack,

    /// <summary>A variant was better beyond chance.</summary>
    [JsonStringEnumMemberName("promoted")] Promoted,

    /// <summary>A guard rail was broken.</summary>
    [JsonStringEnumMemberName("guard_rail")] GuardRail,

    /// <summary>It ran as long as it may.</summary>
    [JsonStringEnumMemberName("max_duration")] MaxDuration,
}

/// <summary>An experiment as it is stored.</summary>
/// <param name="Id"><c>exp_…</c>.</param>
/// <param name="Experiment">What is compared, and how.</param>
/// <param name="CreatedUnixMs">When it was made, milliseconds since 1970.</param>
internal sealed record StoredExperiment(string Id, Experiment Experiment, long CreatedUnixMs)
{
    /// <summary>How far it is.</summary>
    public ExperimentState State { get; init; }

    /// <summary>When it was started.</summary>
    public long? StartedUnixMs { get; init; }

    /// <summary>When it was over.</summary>
    public long? EndedUnixMs { get; init; }

    /// <summary>Why it is over.</summary>
    public ExperimentEnding? Ending { get; init; }

    /// <summary>What whoever moved it last said; or, where it ended by itself, what was measured.</summary>
    public string? Note { get; init; }

    /// <summary>Who started or ended it last; null where it ended by itself.</summary>
    public string? By { get; init; }

    /// <summary>The variant that takes all calls; null for none.</summary>
    public string? Winner { get; init; }

    /// <summary>Whether it ended without anybody's doing.</summary>
    [JsonIgnore]
    public bool EndedByItself => Ending is ExperimentEnding.Promoted or ExperimentEnding.GuardRail or ExperimentEnding.MaxDuration;
}

/// <summary>The written form of experiments and of answers about them.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(StoredExperiment))]
[JsonSerializable(typeof(Experiment))]
[JsonSerializable(typeof(ExperimentRequest))]
[JsonSerializable(typeof(ExperimentMove))]
[JsonSerializable(typeof(ConcludeExperiment))]
[JsonSerializable(typeof(ExperimentView))]
[JsonSerializable(typeof(Page<ExperimentView>))]
[JsonSerializable(typeof(ExperimentResultsView))]
internal sealed partial class ExperimentsJson : JsonSerializerContext;

using AiOrchestrator.Core.Metering.Experiments;
using AiOrchestrator.Core.Traffic.Experiments;
using AiOrchestrator.Core.Traffic.Facts;

namespace AiOrchestrator.Core.Tests.Traffic.Experiments;

/// <summary>Experiments as tests need them.</summary>
internal static class Trials
{
    public static Experiment Experiment(string id = "exp_1", params Variant[] variants) => new()
    {
        Id = id,
        Name = id,
        AppliesTo = "gpt",
        Key = ExperimentKey.User,
        Salt = "",
        Audience = new Audience(),
        Variants = variants.Length > 0 ? variants : [new Variant("control", 1, "old"), new Variant("new", 1, "new")],
        Metric = ExperimentMetric.ErrorRate,
        Better = BetterWhen.Lower,
        Alpha = 0.05,
        Power = 0.8,
        MinimumEffect = new MinimumEffect(Absolute: 0.05),
        MinSamples = 100,
        MaxDays = 30,
        AutoPromote = true,
        GuardRails = [],
    };

    public static StoredExperiment Running(Experiment? experiment = null, long createdUnixMs = 0)
    {
        experiment ??= Experiment();
        return new StoredExperiment(experiment.Id, experiment, createdUnixMs) { State = ExperimentState.Running, StartedUnixMs = createdUnixMs };
    }

    public static ExperimentSet Set(params StoredExperiment[] stored) => new(stored);

    public static CallFacts By(string user, string model = "gpt") => new() { Model = model, UserId = user };

    public static VariantFigures Rate(long failed, long of) => new() { Calls = of, Succeeded = of - failed, Failed = failed };

    public static Dictionary<string, VariantFigures> Figures(params (string Variant, VariantFigures Figures)[] figures) =>
        figures.ToDictionary(static f => f.Variant, static f => f.Figures, StringComparer.Ordinal);
}

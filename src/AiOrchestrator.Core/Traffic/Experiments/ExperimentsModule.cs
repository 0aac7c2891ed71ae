using AiOrchestrator.Core.Platform;
using AiOrchestrator.Core.Traffic.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace AiOrchestrator.Core.Traffic.Experiments;

/// <summary>Experiments with models, as organisations make them.</summary>
internal static class ExperimentsModule
{
    /// <summary>Registers them and the job that looks at them. Needs what finds their figures (<see cref="Metering.Experiments.FindVariantFigures"/>).</summary>
    public static IServiceCollection AddExperiments(this IServiceCollection services)
    {
        services.AddJson(ExperimentsJson.Default);
        services.AddSingleton<MoveExperiment>();
        services.AddSingleton<WatchExperiments>();
        services.AddSingleton(static s => WatchExperiments.AsJob(s.GetRequiredService<WatchExperiments>()));
        return services.AddParts(static _ => new PartKind<StoredExperiment, ExperimentSet>(
            "experiments", ExperimentsJson.Default.StoredExperiment, static e => e.Id, static (_, stored) => new ExperimentSet(stored), static () => new ExperimentNotFound()));
    }
}

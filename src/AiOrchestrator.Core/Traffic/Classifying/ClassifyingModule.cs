using AiOrchestrator.Core.Platform;
using AiOrchestrator.Core.Traffic.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace AiOrchestrator.Core.Traffic.Classifying;

/// <summary>What kind of work a call is.</summary>
internal static class ClassifyingModule
{
    /// <summary>Registers it. Without an <see cref="AskModel"/> no model is asked.</summary>
    public static IServiceCollection AddClassifying(this IServiceCollection services)
    {
        services.AddJson(ClassifyingJson.Default);
        services.AddSingleton(static s => new ModelClassifier(
            s.GetRequiredService<PartDirectory<StoredClassifier, ClassifierSettings>>(),
            s.GetRequiredService<TimeProvider>(),
            s.GetService<AskModel>(),
            s.GetRequiredService<ILogger<ModelClassifier>>()));
        return services.AddParts(static _ => new PartKind<StoredClassifier, ClassifierSettings>(
            "classifier",
            ClassifyingJson.Default.StoredClassifier,
            static _ => StoredClassifier.Id,
            static (_, own) => own.Count == 0 ? Unsaid : own[0].Settings,
            static () => new ClassifierNotSet()));
    }

    private static ClassifierSettings Unsaid { get; } = new();
}

using System.Text.Json.Serialization;

namespace AiOrchestrator.Core.Traffic.Classifying;

/// <summary>Whether an organisation has a model asked where the classifier that ships is unsure.</summary>
/// <param name="Enabled">Whether it is asked at all, while the call waits.</param>
/// <param name="Model">Which; a name callers use.</param>
/// <param name="MinConfidence">Below this the model is asked; 0 to 1.</param>
/// <param name="TimeoutMs">Longest a call waits for it; milliseconds, 50 to 10000.</param>
/// <param name="CacheTtlSeconds">How long its word holds for the same text; 0 to 86400.</param>
/// <param name="CacheEntries">Texts whose category is kept; 0 to 100000.</param>
internal sealed record ClassifierSettings(
    bool Enabled = false,
    string Model = ClassifierSettings.DefaultModel,
    double MinConfidence = ClassifierSettings.DefaultMinConfidence,
    int TimeoutMs = ClassifierSettings.DefaultTimeoutMs,
    int CacheTtlSeconds = ClassifierSettings.DefaultCacheTtlSeconds,
    int CacheEntries = ClassifierSettings.DefaultCacheEntries)
{
    /// <summary>Groq's Llama 3.2 3B, as the registry names it; what takes its place when it has ended takes its place here.</summary>
    public const string DefaultModel = "llama-3.2-3b-preview";

    /// <summary>About where the classifier that ships is wrong as often as right.</summary>
    public const double DefaultMinConfidence = 0.5;

    /// <summary>What a small model needs for thirty tokens, and some.</summary>
    public const int DefaultTimeoutMs = 1500;

    /// <summary>An hour.</summary>
    public const int DefaultCacheTtlSeconds = 3600;

    /// <summary>About a megabyte.</summary>
    public const int DefaultCacheEntries = 5000;
}

/// <summary>The settings as they are stored: one for each organisation.</summary>
internal sealed record StoredClassifier(ClassifierSettings Settings, long UpdatedUnixMs)
{
    /// <summary>The id of the only one.</summary>
    public const string Id = "classifier";
}

/// <summary>The written form of the settings and of answers.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(StoredClassifier))]
[JsonSerializable(typeof(ClassifierRequest))]
[JsonSerializable(typeof(ClassifierView))]
[JsonSerializable(typeof(ClassifyRequest))]
[JsonSerializable(typeof(ClassificationView))]
internal sealed partial class ClassifyingJson : JsonSerializerContext;

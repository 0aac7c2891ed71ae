using System.Text.Json.Serialization;

namespace AiOrchestrator.Core.Traffic.Facts;

/// <summary>How much work a call asks for.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<TaskComplexity>))]
public enum TaskComplexity
{
    /// <summary>Little.</summary>
    [JsonStringEnumMemberName("LOW")] Low,

    /// <summary>Some.</summary>
    [JsonStringEnumMemberName("MEDIUM")] Medium,

    /// <summary>Much.</summary>
    [JsonStringEnumMemberName("HIGH")] High,
}

/// <summary>What is needed of a model beside conversing in text.</summary>
[Flags]
public enum CallNeeds
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>It is shown images.</summary>
    Vision = 1,

    /// <summary>It is given sound.</summary>
    AudioIn = 1 << 1,

    /// <summary>It is to speak.</summary>
    AudioOut = 1 << 2,

    /// <summary>It is shown video.</summary>
    VideoIn = 1 << 3,

    /// <summary>It is given documents that are no text.</summary>
    Documents = 1 << 4,

    /// <summary>It is offered tools.</summary>
    Tools = 1 << 5,

    /// <summary>It is to answer in JSON.</summary>
    Json = 1 << 6,

    /// <summary>It is to draw.</summary>
    ImageGen = 1 << 7,

    /// <summary>It is to film.</summary>
    VideoGen = 1 << 8,
}

/// <summary>What a classifier says of a call.</summary>
/// <param name="Category">What it is.</param>
/// <param name="Confidence">0 to 1.</param>
/// <param name="Reason">Why, in a few words; never empty.</param>
/// <param name="Complexity">How much work it is.</param>
/// <param name="Language">ISO 639-1 in small letters; <c>und</c> where it cannot be told.</param>
/// <param name="Tokens">About how many tokens the prompt is; 1 or more.</param>
/// <param name="Needs">What a model must be able to do.</param>
public sealed record Classification(
    TaskCategory Category, double Confidence, string Reason, TaskComplexity Complexity, string Language, long Tokens, CallNeeds Needs);

using System.Text.Json.Serialization;

namespace AiOrchestrator.Core.Traffic.Facts;

/// <summary>What a call asks a model to do (RT-08): every call is exactly one of these.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<TaskCategory>))]
public enum TaskCategory
{
    /// <summary>A short question or a small edit.</summary>
    [JsonStringEnumMemberName("simple")] Simple,

    /// <summary>Ordinary writing and answering.</summary>
    [JsonStringEnumMemberName("medium")] Medium,

    /// <summary>Long or many-sided work.</summary>
    [JsonStringEnumMemberName("complex")] Complex,

    /// <summary>Writing or reading code.</summary>
    [JsonStringEnumMemberName("coding")] Coding,

    /// <summary>Proofs, puzzles, analysis step by step.</summary>
    [JsonStringEnumMemberName("reasoning")] Reasoning,

    /// <summary>Looks at images.</summary>
    [JsonStringEnumMemberName("vision_in")] VisionIn,

    /// <summary>Draws.</summary>
    [JsonStringEnumMemberName("image_gen")] ImageGen,

    /// <summary>Films.</summary>
    [JsonStringEnumMemberName("video_gen")] VideoGen,

    /// <summary>Between languages, or in one other than English.</summary>
    [JsonStringEnumMemberName("multilingual")] Multilingual,

    /// <summary>Acts by tools over several steps.</summary>
    [JsonStringEnumMemberName("agentic")] Agentic,

    /// <summary>More text than ordinary windows hold.</summary>
    [JsonStringEnumMemberName("long_context")] LongContext,
}

/// <summary>Categories as they are written.</summary>
public static class TaskCategories
{
    private static readonly string[] WordsInOrder =
        ["simple", "medium", "complex", "coding", "reasoning", "vision_in", "image_gen", "video_gen", "multilingual", "agentic", "long_context"];

    /// <summary>All words, in the order of the values.</summary>
    public static IReadOnlyList<string> Words => WordsInOrder;

    /// <summary>The word of one.</summary>
    public static string Word(this TaskCategory category) => WordsInOrder[(int)category];

    /// <summary>The category a word names, whatever the case; null for none.</summary>
    public static TaskCategory? Parse(string word) =>
        Array.FindIndex(WordsInOrder, w => w.Equals(word, StringComparison.OrdinalIgnoreCase)) is var index and >= 0 ? (TaskCategory)index : null;
}

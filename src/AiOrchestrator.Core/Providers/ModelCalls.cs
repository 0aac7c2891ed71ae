using AiOrchestrator.Core.Metering;

namespace AiOrchestrator.Core.Providers;

/// <summary>The calls there are, most of them of OpenAI's wire format. What each of them is: <see cref="ModelCalls"/>.</summary>
public enum ModelCall
{
    /// <summary><c>POST chat/completions</c>.</summary>
    ChatCompletions,

    /// <summary><c>POST embeddings</c>.</summary>
    Embeddings,

    /// <summary><c>POST images/generations</c>.</summary>
    ImageGenerations,

    /// <summary><c>POST audio/speech</c>.</summary>
    Speech,

    /// <summary><c>POST audio/transcriptions</c>.</summary>
    Transcriptions,

    /// <summary><c>POST videos</c>: begins a job.</summary>
    Videos,

    /// <summary><c>POST videos/{id}/remix</c>: begins a job from one that is done.</summary>
    VideoRemixes,

    /// <summary><c>POST messages</c>: Anthropic's, which every provider of conversations serves.</summary>
    Messages,

    /// <summary><c>POST responses</c>, which every provider of conversations serves.</summary>
    Responses,

    /// <summary><c>POST completions</c>: what chat completions replaced, which every provider of conversations serves.</summary>
    Completions,

    /// <summary><c>POST moderations</c>.</summary>
    Moderations,

    /// <summary><c>POST rerank</c>: Cohere's and others', not OpenAI's.</summary>
    Rerank,
    /// <summary><c>POST batches</c>: begins a job of many calls that lie in a file.</summary>
    Batches,
}

/// <summary>One of the calls.</summary>
/// <param name="Path">Where it is served: below <c>/v1/</c> here, below its base URL at a provider.</param>
/// <param name="Name">What usage events call it.</param>
/// <param name="Kind">The kind of model it is for.</param>
/// <param name="Needs">The same in a sentence: a model for …</param>
/// <param name="IsMedia">Whether it makes or hears images, sound or video: charged by units other than tokens, or by tokens that are no text.</param>
public sealed record ModelCallTraits(string Path, string Name, ModelKind Kind, string Needs, bool IsMedia)
{
    /// <summary>Whether it begins a job that films.</summary>
    public bool IsVideo => Kind == ModelKind.Video;
}

/// <summary>The table of the calls.</summary>
public static class ModelCalls
{
    private static readonly ModelCallTraits[] Table =
    [
        new("chat/completions", "chat.completions", ModelKind.Chat, "chat", IsMedia: false),
        new("embeddings", "embeddings", ModelKind.Embedding, "embeddings", IsMedia: false),
        new("images/generations", "images.generations", ModelKind.Image, "images", IsMedia: true),
        new("audio/speech", "audio.speech", ModelKind.Speech, "speech", IsMedia: true),
        new("audio/transcriptions", "audio.transcriptions", ModelKind.Transcription, "transcriptions", IsMedia: true),
        new("videos", "videos", ModelKind.Video, "videos", IsMedia: true),
        new("videos/remix", "videos.remix", ModelKind.Video, "videos", IsMedia: true),
        new("messages", "messages", ModelKind.Chat, "chat", IsMedia: false),
        new("responses", "responses", ModelKind.Chat, "chat", IsMedia: false),
        new("completions", "completions", ModelKind.Chat, "chat", IsMedia: false),
        new("moderations", "moderations", ModelKind.Moderation, "moderations", IsMedia: false),
        new("rerank", "rerank", ModelKind.Rerank, "reranking", IsMedia: false),
        new("batches", "batches", ModelKind.Chat, "batches", IsMedia: false),
    ];

    /// <summary>All of them, by <see cref="ModelCall"/>.</summary>
    public static ReadOnlySpan<ModelCallTraits> All => Table;

    /// <summary>A model's bounds as they hold for a call: of legacy completions each prompt is one by itself.</summary>
    /// <param name="model">The model.</param>
    /// <param name="call">The call.</param>
    public static ModelLimits LimitsFor(this ServedModel model, ModelCall call)
    {
        ArgumentNullException.ThrowIfNull(model);
        return call == ModelCall.Completions && !model.Limits.WindowIsPerInput ? model.Limits with { WindowIsPerInput = true } : model.Limits;
    }

    /// <summary>What is known of one.</summary>
    /// <param name="call">Which.</param>
    public static ModelCallTraits Traits(this ModelCall call) => Table[(int)call];
}

namespace AiOrchestrator.Core.Metering;

/// <summary>What a model is called for. The price file's words for it: <see cref="ModelKinds"/>.</summary>
public enum ModelKind
{
    /// <summary>Answers a conversation: prompt tokens and completion tokens.</summary>
    Chat,

    /// <summary>Turns inputs into vectors: prompt tokens only; the context window holds for each input, not for the request.</summary>
    Embedding,

    /// <summary>Draws: images, or tokens.</summary>
    Image,

    /// <summary>Speaks a text: characters, or tokens.</summary>
    Speech,

    /// <summary>Writes down or translates speech: seconds of audio, or tokens.</summary>
    Transcription,

    /// <summary>Films: seconds of video, or tokens.</summary>
    Video,

    /// <summary>Reads documents: pages.</summary>
    Ocr,

    /// <summary>Judges whether a text may be shown.</summary>
    Moderation,

    /// <summary>Orders documents by how well they answer a query: tokens, or searches; the context window holds for the query with each document.</summary>
    Rerank,

    /// <summary>Converses over an open connection: tokens, or seconds of audio.</summary>
    Realtime,
}

/// <summary>The kinds of model as the price file and <c>GET /v1/models</c> name them.</summary>
public static class ModelKinds
{
    private static readonly string[] NamesInOrder =
        ["chat", "embedding", "image", "speech", "transcription", "video", "ocr", "moderation", "rerank", "realtime"];

    /// <summary>The words, by <see cref="ModelKind"/>.</summary>
    public static ReadOnlySpan<string> Names => NamesInOrder;

    /// <summary>A kind's word.</summary>
    /// <param name="kind">The kind.</param>
    public static string Name(ModelKind kind) => NamesInOrder[(int)kind];

    /// <summary>The kind a word names; null for none.</summary>
    /// <param name="name">The word.</param>
    public static ModelKind? Parse(string? name) => Array.IndexOf(NamesInOrder, name) is var index and >= 0 ? (ModelKind)index : null;
}

using System.Collections.Frozen;

namespace AiOrchestrator.Core.Metering;

/// <summary>The classes of tokens that can carry a price of their own. The order is that of <see cref="PriceComponents.Names"/>.</summary>
internal enum PriceComponent
{
    Input,
    CacheRead,
    InputAudio,
    Output,
    OutputAudio,
    Reasoning,
}

/// <summary>The price file's vocabulary (docs/operations/price-file.md): what this version charges, and what only the format knows.</summary>
internal static class PriceComponents
{
    public const string Request = "request";

    private static readonly string[] NamesInOrder = ["input", "cache_read", "input_audio", "output", "output_audio", "reasoning"];

    /// <summary>Names of token classes the engine charges, indexed by <see cref="PriceComponent"/>.</summary>
    public static ReadOnlySpan<string> Names => NamesInOrder;

    /// <summary>Token classes of the format that this version cannot charge. A row that names one is refused: its tokens would be free or too cheap.</summary>
    public static FrozenSet<string> ReservedTokenNames { get; } = FrozenSet.Create(
        StringComparer.Ordinal,
        "cache_write_5m", "cache_write_1h", "cache_read_audio", "cache_read_image", "cache_write_audio", "cache_write_image",
        "input_image", "output_image", "input_video", "output_video", "output_citation", "input_character", "output_character");

    /// <summary>Units other than tokens that this version cannot charge, before any '/' qualifier.</summary>
    public static FrozenSet<string> ReservedUnitNames { get; } = FrozenSet.Create(
        StringComparer.Ordinal,
        "image", "video_second", "audio_second", "audio_hour", "web_search", "file_search", "page", "annotated_page", "container");

    /// <summary>Members of a price period that this version cannot charge by.</summary>
    public static FrozenSet<string> ReservedPeriodMembers { get; } = FrozenSet.Create(StringComparer.Ordinal, "batch_factor", "service_tiers");

    /// <summary>Kinds of model that this version cannot charge.</summary>
    public static FrozenSet<string> ReservedKinds { get; } = FrozenSet.Create(
        StringComparer.Ordinal, "image", "video", "speech", "transcription", "moderation", "rerank", "ocr", "realtime");

    /// <summary>What a model can do; the words of GET /v1/models.</summary>
    public static FrozenSet<string> Capabilities { get; } = FrozenSet.Create(
        StringComparer.Ordinal,
        "text", "vision", "audio_in", "audio_out", "image_gen", "video_gen", "computer_use", "embedding", "tools", "reasoning");
}

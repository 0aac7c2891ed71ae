using System.Collections.Frozen;

namespace AiOrchestrator.Core.Metering;

/// <summary>The classes of tokens that can carry a price of their own. The order is that of <see cref="PriceComponents.Names"/>.</summary>
internal enum PriceComponent
{
    Input,
    CacheRead,
    CacheWrite5m,
    CacheWrite1h,
    InputAudio,
    InputImage,
    InputVideo,
    CacheReadAudio,
    CacheReadImage,
    Output,
    OutputAudio,
    OutputImage,
    OutputVideo,
    OutputCitation,
    Reasoning,
}

/// <summary>The price file's vocabulary (docs/operations/price-file.md).</summary>
internal static class PriceComponents
{
    /// <summary>How many there are.</summary>
    public const int Count = 15;

    private static readonly string[] NamesInOrder =
    [
        "input", "cache_read", "cache_write_5m", "cache_write_1h", "input_audio", "input_image", "input_video", "cache_read_audio",
        "cache_read_image", "output", "output_audio", "output_image", "output_video", "output_citation", "reasoning",
    ];

    /// <summary>Names of token classes, indexed by <see cref="PriceComponent"/>.</summary>
    public static ReadOnlySpan<string> Names => NamesInOrder;

    /// <summary>What a model can do; the words of GET /v1/models.</summary>
    public static FrozenSet<string> Capabilities { get; } = FrozenSet.Create(
        StringComparer.Ordinal,
        "text", "vision", "audio_in", "audio_out", "image_gen", "video_gen", "computer_use", "embedding", "completion", "tools", "reasoning");
}

namespace AiOrchestrator.Core.Metering.Counting;

/// <summary>
/// The prompt tokens of an image by its size, as vendors publish it: OpenAI (https://platform.openai.com/docs/guides/images-vision), Anthropic
/// (https://docs.anthropic.com/en/docs/build-with-claude/vision), Google (https://ai.google.dev/gemini-api/docs/tokens). Immutable.
/// </summary>
public sealed class ImageRule
{
    private const int TilePixels = 512;
    private const int PatchPixels = 32;
    private const int MaxPatches = 1536;

    // Gemini 3 spends up to this on an image it looks at closely.
    private const long MostOfOneCrop = 2240;

    private readonly Kind _kind;
    private readonly long _base;
    private readonly long _each;

    private ImageRule(Kind kind, long once, long each, long? maxTokens) => (_kind, _base, _each, MaxTokens) = (kind, once, each, maxTokens);

    private enum Kind
    {
        Tiles,
        Patches,
        Area,
        Crops,
    }

    /// <summary>The most an image of any size costs; null where no such bound is published.</summary>
    public long? MaxTokens { get; }

    /// <summary>A base, and so much for each 512 pixel tile of the image fitted into 2048 x 2048 and scaled down to 768 on its shorter side.</summary>
    internal static ImageRule Tiles(long once, long each) => new(Kind.Tiles, once, each, once + (8 * each));

    /// <summary>So many thousandths for each 32 pixel patch, of which there are at most 1536.</summary>
    internal static ImageRule Patches(long eachPermille) => new(Kind.Patches, 0, eachPermille, ((MaxPatches * eachPermille) + 999) / 1000);

    /// <summary>A token for each 750 pixels, at most so many.</summary>
    internal static ImageRule Area(long maxTokens) => new(Kind.Area, 0, 750, maxTokens);

    /// <summary>So much for an image of at most 384 x 384, and for each 768 pixel crop of a larger one.</summary>
    internal static ImageRule Crops(long each) => new(Kind.Crops, 0, each, null);

    /// <summary>What an image is expected to cost.</summary>
    /// <param name="size">Its size in pixels.</param>
    /// <param name="lowDetail">Whether the request asks for low detail.</param>
    public long Tokens(ImageSize size, bool lowDetail) => _kind switch
    {
        Kind.Tiles => lowDetail ? _base : _base + (_each * TilesOf(size)),
        Kind.Patches => ((PatchesOf(size) * _each) + 999) / 1000,
        Kind.Area => Math.Min(MaxTokens!.Value, Ceiling((long)size.Width * size.Height, _each)),
        _ => size is { Width: <= 384, Height: <= 384 } ? _each : _each * Ceiling(size.Width, 768) * Ceiling(size.Height, 768),
    };

    /// <summary>
    /// What an image can cost at most: where vendors round, or count smaller crops for some of their models, the dearer way.
    /// </summary>
    /// <param name="size">Its size in pixels.</param>
    public long TokensMax(ImageSize size) => _kind switch
    {
        Kind.Tiles => Math.Min(MaxTokens!.Value, _base + (_each * TilesOf(size, spare: 1))),
        Kind.Patches => Ceiling(size.Width, PatchPixels) * Ceiling(size.Height, PatchPixels) > MaxPatches ? MaxTokens!.Value : Tokens(size, lowDetail: false),
        Kind.Area => Math.Min(MaxTokens!.Value, Math.Max(Tokens(size, lowDetail: false), Ceiling(size.Width, 28) * Ceiling(size.Height, 28))),
        _ => Math.Max(MostOfOneCrop, Math.Max(Tokens(size, lowDetail: false), _each * SmallCropsOf(size))),
    };

    /// <summary>Crops as some of Google's pages have them: two thirds of the shorter side, 256 to 768 pixels.</summary>
    private static long SmallCropsOf(ImageSize size)
    {
        var unit = Math.Clamp((long)(Math.Min(size.Width, size.Height) / 1.5), 256, 768);
        return Ceiling(size.Width, unit) * Ceiling(size.Height, unit);
    }

    private static long TilesOf(ImageSize size, double spare = -1e-6)
    {
        double width = size.Width, height = size.Height;
        var scale = Math.Min(1, 2048 / Math.Max(width, height));
        scale *= Math.Min(1, 768 / (Math.Min(width, height) * scale));
        spare = scale < 1 ? spare : 0;
        return Ceiling((long)Math.Ceiling((width * scale) + spare), TilePixels) * Ceiling((long)Math.Ceiling((height * scale) + spare), TilePixels);
    }

    private static long PatchesOf(ImageSize size)
    {
        var patches = Ceiling(size.Width, PatchPixels) * Ceiling(size.Height, PatchPixels);
        if (patches <= MaxPatches)
        {
            return patches;
        }

        // Shrunk until it is covered by so many, then so that whole patches fit one of its sides.
        double width = size.Width, height = size.Height;
        var shrink = Math.Sqrt((double)MaxPatches * PatchPixels * PatchPixels / (width * height));
        var (across, down) = (width * shrink / PatchPixels, height * shrink / PatchPixels);
        shrink *= Math.Min(Math.Floor(across) / across, Math.Floor(down) / down);
        (across, down) = (width * shrink / PatchPixels, height * shrink / PatchPixels);
        var fitted = Math.Max(1, (long)Math.Ceiling(across - 1e-6)) * Math.Max(1, (long)Math.Ceiling(down - 1e-6));
        return fitted is > 0 and <= MaxPatches ? fitted : MaxPatches;
    }

    private static long Ceiling(long value, long by) => (value + by - 1) / by;
}

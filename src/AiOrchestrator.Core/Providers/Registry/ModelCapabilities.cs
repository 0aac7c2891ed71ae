using System.Numerics;
using AiOrchestrator.Core.Metering;

namespace AiOrchestrator.Core.Providers.Registry;

/// <summary>What a model can do, as PV-23 names it. What else it can (tools, reasoning) the price file says.</summary>
[Flags]
public enum ModelCapabilities
{
    /// <summary>Nothing of this is known.</summary>
    None = 0,

    /// <summary>Converses in text.</summary>
    Text = 1,

    /// <summary>Takes images.</summary>
    Vision = 1 << 1,

    /// <summary>Hears.</summary>
    AudioIn = 1 << 2,

    /// <summary>Speaks.</summary>
    AudioOut = 1 << 3,

    /// <summary>Draws.</summary>
    ImageGen = 1 << 4,

    /// <summary>Films.</summary>
    VideoGen = 1 << 5,

    /// <summary>Works a computer by what it sees of the screen.</summary>
    ComputerUse = 1 << 6,

    /// <summary>Turns inputs into vectors.</summary>
    Embedding = 1 << 7,
}

/// <summary>The words for capabilities, and what is known of models that stand in no registry.</summary>
public static class CapabilityWords
{
    private static readonly string[] WordsInOrder =
        ["TEXT", "VISION", "AUDIO_IN", "AUDIO_OUT", "IMAGE_GEN", "VIDEO_GEN", "COMPUTER_USE", "EMBEDDING"];

    /// <summary>All of them, from the lowest bit.</summary>
    public static IReadOnlyList<string> All => WordsInOrder;

    /// <summary>The words of a set, in order.</summary>
    public static IReadOnlyList<string> Of(ModelCapabilities set) => [.. WordsInOrder.Where((_, bit) => ((int)set >> bit & 1) != 0)];

    /// <summary>The capability a word names, in capitals or not; null for none.</summary>
    public static ModelCapabilities? Parse(string word) =>
        Array.FindIndex(WordsInOrder, w => w.Equals(word, StringComparison.OrdinalIgnoreCase)) is var bit and >= 0 ? (ModelCapabilities)(1 << bit) : null;

    /// <summary>How many there are in a set.</summary>
    public static int Count(ModelCapabilities set) => BitOperations.PopCount((uint)set);

    /// <summary>Whether a set has all of another.</summary>
    public static bool Cover(this ModelCapabilities set, ModelCapabilities others) => (set & others) == others;

    /// <summary>What the price file says of a model, and what being called for something means; nothing is guessed beyond that.</summary>
    /// <param name="entry">The model's row.</param>
    public static ModelCapabilities Of(PriceEntry entry)
    {
        var set = entry.Kind switch
        {
            ModelKind.Chat => ModelCapabilities.Text,
            ModelKind.Embedding => ModelCapabilities.Embedding,
            ModelKind.Image => ModelCapabilities.ImageGen,
            ModelKind.Speech => ModelCapabilities.AudioOut,
            ModelKind.Transcription => ModelCapabilities.AudioIn,
            ModelKind.Video => ModelCapabilities.VideoGen,
            ModelKind.Ocr => ModelCapabilities.Vision,
            ModelKind.Realtime => ModelCapabilities.AudioIn | ModelCapabilities.AudioOut,
            _ => ModelCapabilities.None,
        };
        foreach (var word in entry.Capabilities)
        {
            set |= Parse(word) ?? ModelCapabilities.None;
        }

        return set;
    }
}

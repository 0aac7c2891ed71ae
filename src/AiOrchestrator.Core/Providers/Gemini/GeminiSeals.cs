using System.Text.Json;

namespace AiOrchestrator.Core.Providers.Gemini;

/// <summary>
/// Gemini seals the text that came of a thought; callers keep the seal of a thought, whoever thought it. So that another provider's seal is
/// never given to Gemini, which refuses the whole request for it, its own carry a mark on the callers' side.
/// </summary>
internal static class GeminiSeals
{
    /// <summary>No base64 has a colon.</summary>
    private const string Mark = "gemini:";

    /// <summary>A seal as callers see it.</summary>
    /// <param name="seal">The inside of a JSON string.</param>
    public static byte[] Close(ReadOnlySpan<byte> seal) => [.. "gemini:"u8, .. seal];

    /// <summary>The seal in what a caller sends back; null where it is not Gemini's.</summary>
    public static string? Open(JsonElement? signature) =>
        signature?.GetString() is { } text && text.StartsWith(Mark, StringComparison.Ordinal) ? text[Mark.Length..] : null;
}

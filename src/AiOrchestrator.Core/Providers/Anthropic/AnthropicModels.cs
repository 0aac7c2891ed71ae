using System.Globalization;

namespace AiOrchestrator.Core.Providers.Anthropic;

/// <summary>What differs between Anthropic's models and shows in requests.</summary>
internal static class AnthropicModels
{
    /// <summary>
    /// Whether a model decides by itself how much it thinks and is told an effort; older ones are given a budget of tokens
    /// (https://docs.claude.com/en/docs/build-with-claude/adaptive-thinking: from Opus and Sonnet 4.6 on).
    /// </summary>
    /// <param name="model">As the provider knows it, whatever stands around: <c>us.anthropic.claude-opus-4-6-v1</c>.</param>
    public static bool ThinksAdaptively(string model)
    {
        var at = model.IndexOf("claude-", StringComparison.Ordinal);
        if (at < 0)
        {
            return false;
        }

        var words = model[(at + "claude-".Length)..].Split('-', '.', '@', ':');
        if (words.Length < 2 || TryNumber(words[0], out _) || !TryNumber(words[1], out var major))
        {
            // claude-3-7-sonnet and older put the number first.
            return false;
        }

        var minor = words.Length > 2 && TryNumber(words[2], out var second) ? second : 0;
        return major > 4 || (major == 4 && minor >= 6);
    }

    /// <summary>A version, which has two digits at most; a date has more.</summary>
    private static bool TryNumber(string word, out int number) =>
        int.TryParse(word, NumberStyles.None, CultureInfo.InvariantCulture, out number) && number < 100;
}

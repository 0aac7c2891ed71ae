namespace AiOrchestrator.Core.Platform;

/// <summary>Patterns in which <c>*</c> stands for any run of characters, none included. Compared byte for byte.</summary>
internal static class Wildcard
{
    /// <summary>Whether a text is a pattern at all, and not only a name.</summary>
    public static bool IsPattern(string text) => text.Contains('*', StringComparison.Ordinal);

    /// <summary>
    /// Walks both once, and on a mismatch goes back to the last star and lets it take one character more: at most pattern times name steps.
    /// </summary>
    public static bool Matches(ReadOnlySpan<char> pattern, ReadOnlySpan<char> name)
    {
        int p = 0, n = 0, star = -1, taken = 0;
        while (n < name.Length)
        {
            if (p < pattern.Length && pattern[p] == '*')
            {
                star = p++;
                taken = n;
            }
            else if (p < pattern.Length && pattern[p] == name[n])
            {
                p++;
                n++;
            }
            else if (star >= 0)
            {
                p = star + 1;
                n = ++taken;
            }
            else
            {
                return false;
            }
        }

        return pattern[p..].IndexOfAnyExcept('*') < 0;
    }
}

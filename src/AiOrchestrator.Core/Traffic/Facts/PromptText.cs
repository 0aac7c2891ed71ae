namespace AiOrchestrator.Core.Traffic.Facts;

/// <summary>The words of a prompt as far as rules and classifiers look at them: JSON's escapes undone, at most <see cref="MaxChars"/> characters.</summary>
/// <param name="All">What the system and the user say, turn after turn, a line feed between two.</param>
/// <param name="LastUserStart">Where in it the user's last turn begins; the length of <paramref name="All"/> where there is none.</param>
/// <param name="Turns">Turns of the conversation, the assistant's included.</param>
/// <param name="IsCut">Whether there was more.</param>
public readonly record struct PromptText(ReadOnlyMemory<char> All, int LastUserStart, int Turns, bool IsCut)
{
    /// <summary>Most characters that are looked at.</summary>
    public const int MaxChars = 128 * 1024;

    /// <summary>Of no words.</summary>
    public static PromptText Empty { get; } = new(ReadOnlyMemory<char>.Empty, 0, 0, false);

    /// <summary>Of a call whose words are not read, such as a form: it may have any.</summary>
    public static PromptText Unread { get; } = Empty with { IsUnread = true };

    /// <summary>Whether it has words that nobody has read.</summary>
    public bool IsUnread { get; init; }

    /// <summary>Whether there was more of the user's last turn itself.</summary>
    public bool IsLastUserCut { get; init; }

    /// <summary>The user's last turn.</summary>
    public ReadOnlySpan<char> LastUser => All.Span[LastUserStart..];
}

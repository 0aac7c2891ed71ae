namespace AiOrchestrator.Core.Traffic.Classifying;

/// <summary>
/// A turn in its parts: what is asked stands at the beginning or at the end, between them lies what was pasted: a letter, a file, notes. What is pasted says little of
/// what is asked, however long it is. A short turn is all beginning.
/// </summary>
internal readonly ref struct RequestParts
{
    /// <summary>How much the middle weighs; what is asked weighs 1.</summary>
    public const float MiddleWeight = 0.05f;

    /// <summary>How much an end weighs that is rather pasted than asked.</summary>
    private const float PastedWeight = 0.2f;

    /// <summary>Longest turn that is not taken apart, of one line and of more; characters.</summary>
    private const int MostWhole = 700, MostShort = 200;

    /// <summary>Longest beginning and end, where no line ends before.</summary>
    private const int MostHead = 600, MostTail = 300;

    /// <summary>A line of fewer characters ("Hello,") asks for nothing.</summary>
    private const int LeastLine = 12;

    /// <summary>The most that is looked at of the middle, half of it at either end; characters.</summary>
    private const int MostMiddle = 15 * 1024;

    private RequestParts(ReadOnlySpan<char> head, ReadOnlySpan<char> middle, ReadOnlySpan<char> tail)
    {
        Head = head;
        Tail = tail;
        (HeadWeight, TailWeight) = (1, PastedWeight);
        Middle = middle.Length <= MostMiddle ? middle : middle[..(MostMiddle / 2)];
        MiddleEnd = middle.Length <= MostMiddle ? [] : middle[^(MostMiddle / 2)..];
    }

    /// <summary>The first line or so.</summary>
    public ReadOnlySpan<char> Head { get; }

    /// <summary>How much the first line weighs.</summary>
    public float HeadWeight { get; private init; }

    /// <summary>How much the last line weighs.</summary>
    public float TailWeight { get; private init; }

    /// <summary>Whether what is asked stands at the end.</summary>
    public bool IsAskedLast => TailWeight > HeadWeight;

    /// <summary>What lies between, or the first of it.</summary>
    public ReadOnlySpan<char> Middle { get; }

    /// <summary>The last of what lies between, where not all is looked at.</summary>
    public ReadOnlySpan<char> MiddleEnd { get; }

    /// <summary>The last line or so.</summary>
    public ReadOnlySpan<char> Tail { get; }

    /// <summary>Takes a turn apart.</summary>
    public static RequestParts Of(ReadOnlySpan<char> text)
    {
        var trimmed = text.TrimEnd();
        if (trimmed.Length <= MostShort || (trimmed.Length <= MostWhole && !trimmed.Contains('\n')))
        {
            return new RequestParts(trimmed, [], []);
        }

        var most = Math.Min(MostHead, trimmed.Length);
        var line = trimmed[LeastLine..most].IndexOf('\n');
        var head = line < 0 ? most : LeastLine + line;
        var rest = trimmed[head..];
        var least = Math.Min(rest.Length, LeastLine);
        var lastLine = rest[^Math.Min(rest.Length, MostTail)..^least].LastIndexOf('\n');
        var tail = Math.Min(rest.Length, MostTail) - (lastLine < 0 ? 0 : lastLine + 1);
        var (isLine, isLastLine) = (line >= 0 && head <= MostTail, lastLine >= 0);
        return new RequestParts(trimmed[..head], rest[..^tail], rest[^tail..])
        {
            // A line of its own is asked; a paragraph, or the piece of one, is so only where there is no such line at the other end.
            HeadWeight = isLine || !isLastLine ? 1 : PastedWeight,
            TailWeight = isLastLine ? 1 : PastedWeight,
        };
    }
}

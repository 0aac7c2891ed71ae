namespace AiOrchestrator.MockUpstream;

/// <summary>What each choice will say: pieces of one token, already escaped for a JSON string.</summary>
internal readonly record struct AnswerPlan(byte[][] Pieces, int Count, string? Tool, AnswerPlan.End Finish)
{
    public enum End
    {
        Stop,
        Length,
        ToolCalls,
    }

    private const int Cached = 4096;

    /// <summary>More tokens than this in one answer are refused: a test that wants size asks for garbage.</summary>
    public const int MaxTokens = 10_000_000;

    // Each is one token in cl100k_base and in o200k_base, whatever stands before it: what is counted is what was sent.
    private static readonly byte[][] Spoken = [.. new[] { " tok", " token", " tokens", " tokenize", " tokenizer" }.Select(Escape)];

    private static readonly byte[][] Words = [.. Enumerable.Range(0, Cached).Select(Word)];

    private static readonly byte[][] ToolArguments =
        [.. new[] { "{\"ci", "ty\":", "\"Par", "is\",\"", "days\":", "3}" }.Select(Escape)];

    public ReadOnlySpan<byte> FinishReason => Finish switch
    {
        End.Length => "length"u8,
        End.ToolCalls => "tool_calls"u8,
        _ => "stop"u8,
    };

    public static AnswerPlan For(ChatRequest request)
    {
        var behaviour = request.Behaviour;
        if (behaviour.Tokens is < 0 or > MaxTokens) throw new BadRequestException("x_mock.tokens must be 0 to 10000000");
        var pieces = request.Tool is not null ? ToolArguments
            : behaviour.Text is { } text ? [.. Split(text).Select(Escape)]
            : Words;
        var wanted = ReferenceEquals(pieces, Words) ? behaviour.Tokens : pieces.Length;
        var count = Math.Min(wanted, request.MaxTokens);
        if (count > pieces.Length) pieces = [.. Enumerable.Range(0, count).Select(Word)];
        var end = count < wanted ? End.Length : request.Tool is not null ? End.ToolCalls : End.Stop;
        return new AnswerPlan(pieces, count, request.Tool, end);
    }

    private static byte[] Word(int i) => Spoken[i % Spoken.Length];

    /// <summary>The word of this number, one token.</summary>
    public static ReadOnlySpan<byte> Said(int number) => Word(number);

    private static byte[] Escape(string text) => new Utf8Out((text.Length * 6) + 6).Text(text).Written.ToArray();

    private static IEnumerable<string> Split(string text)
    {
        var start = 0;
        for (var i = 1; i < text.Length; i++)
        {
            if (!char.IsWhiteSpace(text[i]) || char.IsWhiteSpace(text[i - 1])) continue;
            yield return text[start..i];
            start = i;
        }

        if (start < text.Length) yield return text[start..];
    }
}

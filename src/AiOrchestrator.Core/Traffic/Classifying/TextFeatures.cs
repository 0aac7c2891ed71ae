using System.Runtime.CompilerServices;

namespace AiOrchestrator.Core.Traffic.Classifying;

/// <summary>Takes the features of a text as they are met.</summary>
internal interface IFeatureSink
{
    /// <summary>A feature was met once more.</summary>
    /// <param name="group">Which kind: <see cref="TextFeatures.Words"/>, <see cref="TextFeatures.Pairs"/> or <see cref="TextFeatures.Grams"/>.</param>
    /// <param name="bucket">Below <see cref="TextFeatures.Buckets"/>.</param>
    void Add(int group, int bucket);
}

/// <summary>What is counted of a text.</summary>
internal struct TextCounts
{
    public int Chars, Words, Lines, Questions, Digits, CodeMarks, Capitals, NonAscii, Items, Fences, Commas, Sentences;

    /// <summary>Adds what was counted elsewhere.</summary>
    public void Add(in TextCounts other)
    {
        Chars += other.Chars;
        Words += other.Words;
        Lines += other.Lines;
        Questions += other.Questions;
        Digits += other.Digits;
        CodeMarks += other.CodeMarks;
        Capitals += other.Capitals;
        NonAscii += other.NonAscii;
        Items += other.Items;
        Fences += other.Fences;
        Commas += other.Commas;
        Sentences += other.Sentences;
    }
}

/// <summary>
/// The features of a text: words, pairs of words and runs of four characters, hashed into buckets
/// (Weinberger et al., "Feature Hashing for Large Scale Multitask Learning", ICML 2009), and a few figures of its shape. The trainer and the classifier both read by this.
/// </summary>
internal static class TextFeatures
{
    /// <summary>Groups of hashed features.</summary>
    public const int Words = 0, Pairs = 1, Grams = 2, Groups = 3;

    /// <summary>Buckets that all groups share.</summary>
    public const int Buckets = 1 << BucketBits;

    /// <summary>Figures of a text's shape.</summary>
    public const int Dense = 17;

    /// <summary>Beyond these a text is no longer longer: the corpus knows nothing of what that would mean.</summary>
    private const int MostChars = 700, MostLines = 40;

    private const int BucketBits = 14;
    private const uint FnvOffset = 2166136261, FnvPrime = 16777619;

    [Flags]
    private enum Mark : byte
    {
        None = 0,
        Letter = 1,
        Digit = 2,
        Code = 4,
        Capital = 8,
        Space = 16,
    }

    private static readonly Mark[] Marks = MakeMarks();

    /// <summary>Reads a text, or one part of it more.</summary>
    /// <typeparam name="TSink">Takes the hashed features.</typeparam>
    public static void Read<TSink>(ReadOnlySpan<char> text, ref TSink sink, ref TextCounts counts)
        where TSink : struct, IFeatureSink, allows ref struct
    {
        var state = new State { Word = FnvOffset, Last = ' ', AtLineStart = true };
        counts.Chars += text.Length;
        counts.Lines++;
        foreach (var letter in text)
        {
            var mark = letter < Marks.Length ? Marks[letter] : char.IsLetter(letter) ? Mark.Letter : char.IsWhiteSpace(letter) ? Mark.Space : Mark.None;
            var lower = (mark & Mark.Capital) != Mark.None ? (char)(letter | 0x20) : letter < 0x80 ? letter : char.ToLowerInvariant(letter);
            if ((mark & (Mark.Letter | Mark.Digit)) != Mark.None)
            {
                state.Word = unchecked((state.Word ^ ((mark & Mark.Digit) != Mark.None ? '0' : lower)) * FnvPrime);
                state.InWord = true;
            }
            else if (state.InWord)
            {
                EndWord(ref state, ref sink, ref counts);
            }

            Count(letter, mark, ref state, ref counts);
            Gram((mark & Mark.Digit) != Mark.None ? '0' : (mark & Mark.Space) != Mark.None ? ' ' : lower, ref state, ref sink);
        }

        if (state.InWord)
        {
            EndWord(ref state, ref sink, ref counts);
        }
    }

    /// <summary>The figures of a turn's shape, each about 0 to 1.</summary>
    /// <param name="asked">Of the end where what is asked stands.</param>
    /// <param name="all">Of all of it.</param>
    /// <param name="isOtherLanguage">Whether it is in another language than English.</param>
    /// <param name="dense">The figures.</param>
    public static void Shape(in TextCounts asked, in TextCounts all, bool isOtherLanguage, Span<float> dense)
    {
        float words = asked.Words, askedChars = Math.Max(1, asked.Chars), chars = Math.Max(1, all.Chars);
        dense[0] = MathF.Log(1 + MathF.Min(askedChars, MostChars)) / 10;
        dense[1] = MathF.Log(1 + words) / 8;
        dense[2] = words <= 8 ? 1 : 0;
        dense[3] = words <= 20 ? 1 : 0;
        dense[4] = words >= 45 ? 1 : 0;
        dense[5] = all.Words >= 120 ? 1 : 0;
        dense[6] = asked.Questions > 0 ? 1 : 0;
        dense[7] = MathF.Log(Math.Min(all.Lines, MostLines)) / 5;
        dense[8] = MathF.Min(1, asked.Digits / askedChars * 5);
        dense[9] = MathF.Min(1, all.CodeMarks / chars * 10);
        dense[10] = all.Fences > 0 ? 1 : 0;
        dense[11] = MathF.Min(1, MathF.Log(1 + all.Items) / 3);
        dense[12] = MathF.Min(1, asked.Capitals / askedChars * 5);
        dense[13] = MathF.Min(1, asked.NonAscii / askedChars * 3);
        dense[14] = MathF.Min(1, asked.Commas / Math.Max(1, words) * 5);
        dense[15] = isOtherLanguage ? 1 : 0;
        dense[16] = MathF.Min(1, MathF.Log(1 + asked.Sentences) / 3);
    }

    private static void EndWord<TSink>(ref State state, ref TSink sink, ref TextCounts counts)
        where TSink : struct, IFeatureSink, allows ref struct
    {
        sink.Add(Words, Bucket(state.Word));
        if (state.PreviousWord != 0)
        {
            sink.Add(Pairs, Bucket(((ulong)state.PreviousWord << 32) | state.Word));
        }

        state.PreviousWord = state.Word;
        state.Word = FnvOffset;
        state.InWord = false;
        counts.Words++;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Gram<TSink>(char unit, ref State state, ref TSink sink)
        where TSink : struct, IFeatureSink, allows ref struct
    {
        if (unit == ' ' && state.Last == ' ')
        {
            return;
        }

        state.Last = unit;
        state.Gram = (state.Gram << 16) | unit;
        if (state.Gram >> 48 != 0)
        {
            sink.Add(Grams, Bucket(state.Gram ^ 0x5555));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Count(char letter, Mark mark, ref State state, ref TextCounts counts)
    {
        counts.Digits += (mark & Mark.Digit) != Mark.None ? 1 : 0;
        counts.CodeMarks += (mark & Mark.Code) != Mark.None ? 1 : 0;
        counts.Capitals += (mark & Mark.Capital) != Mark.None ? 1 : 0;
        counts.NonAscii += letter > 0x7F ? 1 : 0;
        switch (letter)
        {
            case '\n':
                counts.Lines++;
                state.AtLineStart = true;
                return;
            case '?' or '？' or '؟':
                counts.Questions++;
                break;
            case ',' or '、' or '，':
                counts.Commas++;
                break;
            case '.' or '!' or '。' or ';':
                counts.Sentences++;
                break;
            case '-' or '*' or '•' when state.AtLineStart:
            case ')' when state.Last == '0':
                counts.Items++;
                break;
            case '`' when state.Last == '`':
                counts.Fences++;
                break;
        }

        state.AtLineStart &= (mark & Mark.Space) != Mark.None;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int Bucket(ulong key) => (int)(unchecked(key * 0x9E3779B97F4A7C15) >> (64 - BucketBits));

    private static Mark[] MakeMarks()
    {
        var marks = new Mark[128];
        for (var at = 0; at < marks.Length; at++)
        {
            var letter = (char)at;
            marks[at] = (char.IsAsciiLetter(letter) ? Mark.Letter : Mark.None)
                | (char.IsAsciiLetterUpper(letter) ? Mark.Capital : Mark.None)
                | (char.IsAsciiDigit(letter) ? Mark.Digit : Mark.None)
                | (char.IsWhiteSpace(letter) ? Mark.Space : Mark.None)
                | ("{}[]();=<>_&|+*/\\#$".Contains(letter, StringComparison.Ordinal) ? Mark.Code : Mark.None);
        }

        return marks;
    }

    /// <summary>Where a reading stands.</summary>
    private struct State
    {
        public uint Word, PreviousWord;
        public ulong Gram;
        public char Last;
        public bool InWord, AtLineStart;
    }
}

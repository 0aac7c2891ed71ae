using System.Buffers;
using AiOrchestrator.Core.Caching.Embedding;

namespace AiOrchestrator.Core.Caching.Matching;

/// <summary>
/// Takes a question apart into words, numbers, quotations and what looks like code. Only marks of sentences are left out; whatever it does not understand
/// is kept as code, so that two texts which differ in it are not the same.
/// </summary>
internal ref struct QuestionSplitter
{
    private const string Enders = ".!?\u2026\u3002\uFF01\uFF1F\u061F\u0964";
    private const string Breakers = ",;:()\u2013\u2014\u00BF\u00A1\u060C\u061B\u3001\u30FB";
    private const string Openers = "\"\u201C\u201D\u201E\u00AB\u300C\u300E";

    private static readonly SearchValues<char> OfCode = SearchValues.Create("_/\\@#$^=<>{}[]|~*+&%()`");
    private static readonly SearchValues<char> SurelyOfCode = SearchValues.Create("_\\=<>{}[]|*#@");

    private readonly ReadOnlySpan<char> _text;
    private readonly Pieces _pieces;
    private PieceMarks _next;

    private QuestionSplitter(ReadOnlySpan<char> text, Pieces pieces)
    {
        _text = text;
        _pieces = pieces;
        _next = PieceMarks.StartsClause | PieceMarks.StartsSentence;
    }

    /// <summary>The pieces of a text in their order.</summary>
    public static Pieces Split(ReadOnlySpan<char> text)
    {
        var pieces = new Pieces();
        var splitter = new QuestionSplitter(text, pieces);
        for (var at = 0; at < text.Length;)
        {
            at = splitter.Next(at);
        }

        return pieces;
    }

    private int Next(int at)
    {
        var letter = TextFold.Width(_text[at]);
        if (letter is '\n' or '\r')
        {
            return NewLine(at);
        }

        if (char.IsWhiteSpace(letter))
        {
            return at + 1;
        }

        if (letter == '`' || Openers.Contains(_text[at]))
        {
            return Quoted(at);
        }

        if (TextFold.IsUnspaced(letter) && char.IsLetter(letter))
        {
            Take(PieceKind.Unspaced, [letter]);
            return at + 1;
        }

        var end = at;
        while (end < _text.Length && !IsEnd(end))
        {
            end++;
        }

        if (end == at)
        {
            Break(_text[at]);
            return at + 1;
        }

        Chunk(at, end);
        return end;
    }

    /// <summary>Where a run of characters ends that is looked at as a whole.</summary>
    private readonly bool IsEnd(int at)
    {
        var letter = _text[at];
        return char.IsWhiteSpace(letter) || letter is '`' or '\u2013' or '\u2014' or '\u2026' or '\u060C' or '\u061B' or '\u061F' or '\u0964' or '\u3001' or '\u3002' or '\u30FB'
            || Openers.Contains(letter) || (TextFold.IsUnspaced(letter) && char.IsLetter(letter));
    }

    /// <summary>A line that is set in is kept as one: it may be code, whose meaning hangs on it.</summary>
    private int NewLine(int at)
    {
        var end = at;
        while (end < _text.Length && char.IsWhiteSpace(_text[end]))
        {
            end++;
        }

        var isSetIn = end < _text.Length && _text[end - 1] is ' ' or '\t';
        _next |= PieceMarks.StartsClause | PieceMarks.StartsSentence;
        if (isSetIn)
        {
            var line = end - 1;
            while (_text[line] is not ('\n' or '\r'))
            {
                line--;
            }

            Take(PieceKind.Code, _text[line..end]);
        }

        return end;
    }

    private int Quoted(int at)
    {
        var opener = _text[at];
        var fence = opener == '`' && _text[at..].StartsWith("```") ? "```" : opener == '`' ? "`" : Closer(opener);
        var from = at + (fence[0] == '`' ? fence.Length : 1);
        var length = fence[0] == '`' ? _text[from..].IndexOf(fence) : _text[from..].IndexOfAny(fence);
        if (length < 0)
        {
            Take(PieceKind.Code, _text.Slice(at, 1));
            return at + 1;
        }

        Take(opener == '`' ? PieceKind.Code : PieceKind.Quotation, _text.Slice(from, length).Trim());
        return from + length + (fence[0] == '`' ? fence.Length : 1);
    }

    private static string Closer(char opener) => opener switch
    {
        '\u00AB' => "\u00BB",
        '\u300C' => "\u300D",
        '\u300E' => "\u300F",
        '\u201E' => "\u201C\u201D\"",
        _ => "\u201D\"",
    };

    private void Chunk(int start, int end)
    {
        while (start < end && Breakers.Contains(_text[start]) && !(_text[start] == '(' && IsBalanced(start, end) && _text[(start + 1)..end].ContainsAny(SurelyOfCode)))
        {
            Break(_text[start++]);
        }

        var stop = end;
        while (stop > start && (_text[stop - 1] == '\'' || _text[stop - 1] == '\u2019' || Enders.Contains(_text[stop - 1]) || Breakers.Contains(_text[stop - 1])))
        {
            if (_text[stop - 1] == ')' && IsBalanced(start, stop))
            {
                break;
            }

            stop--;
        }

        while (start < stop && _text[start] is '\'' or '\u2019' or '\u2018')
        {
            start++;
        }

        if (start < stop)
        {
            Body(_text[start..stop]);
        }

        for (var at = stop; at < end; at++)
        {
            Break(_text[at]);
        }
    }

    /// <summary>Whether each bracket of a run has its other half in it.</summary>
    private readonly bool IsBalanced(int start, int end) => _text[start..end].Count('(') == _text[start..end].Count(')');

    private void Body(ReadOnlySpan<char> body)
    {
        if (body is "-" or "\u2212")
        {
            _next |= PieceMarks.StartsClause;
        }
        else if (!NumberSplitter.TrySplit(body, ref this))
        {
            var isName = KnownNames.TryFold(body, out var folded);
            if (IsCode(body) && !(isName && !body.ContainsAny(OfCode) && !body.Contains('.')))
            {
                Take(PieceKind.Code, folded);
            }
            else
            {
                Compound(body);
            }
        }
    }

    private static bool IsCode(ReadOnlySpan<char> body)
    {
        if (body.ContainsAny(OfCode) || body[0] is '-' or '.')
        {
            return true;
        }

        for (var at = 1; at < body.Length; at++)
        {
            var isInner = at + 1 < body.Length;
            if (body[at] is '.' or ':' or ',' or ';' or '!' or '?' && isInner && !IsAbbreviation(body))
            {
                return true;
            }

            if (char.IsLower(body[at - 1]) && char.IsUpper(body[at]))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Single letters with dots between them: <c>e.g</c>, <c>U.S</c>, <c>p.m</c>.</summary>
    private static bool IsAbbreviation(ReadOnlySpan<char> body)
    {
        for (var at = 0; at < body.Length; at++)
        {
            if (at % 2 == 0 ? !char.IsLetter(body[at]) : body[at] != '.')
            {
                return false;
            }
        }

        return true;
    }

    private void Compound(ReadOnlySpan<char> body)
    {
        var isFirst = true;
        foreach (var range in body.SplitAny('-', '\u2010', '\u2011'))
        {
            var part = body[range];
            if (!part.IsEmpty && (isFirst || !NumberSplitter.TrySplit(part, ref this)))
            {
                TakeWord(part, isFirst ? PieceMarks.None : PieceMarks.IsPart);
            }

            isFirst = false;
        }
    }

    /// <summary>Takes a word that has letters, digits and apostrophes; of anything else in it, it is taken as code.</summary>
    public void TakeWord(scoped ReadOnlySpan<char> part, PieceMarks marks)
    {
        Span<char> word = stackalloc char[Math.Min(part.Length, 64)];
        var (length, capitals, letters) = (0, 0, 0);
        foreach (var raw in part)
        {
            var letter = TextFold.Width(raw);
            var isLetter = char.IsLetter(letter);
            if (length == word.Length || !(isLetter || char.IsDigit(letter) || letter is '\'' or '.' || char.IsSurrogate(letter) || char.GetUnicodeCategory(letter) is
                System.Globalization.UnicodeCategory.NonSpacingMark or System.Globalization.UnicodeCategory.SpacingCombiningMark or System.Globalization.UnicodeCategory.Format))
            {
                if (length < word.Length || part.Length > word.Length)
                {
                    Take(PieceKind.Code, part);
                    return;
                }
            }

            letters += isLetter ? 1 : 0;
            capitals += char.IsUpper(letter) ? 1 : 0;
            if (letter != '.')
            {
                word[length++] = char.ToLowerInvariant(letter);
            }
        }

        marks |= (char.IsUpper(TextFold.Width(part[0])) ? PieceMarks.Capital : PieceMarks.None) | (capitals > 1 && capitals == letters ? PieceMarks.AllCapitals : PieceMarks.None);
        Contractions.Take(word[..length], marks, ref this);
    }

    /// <summary>Takes a piece.</summary>
    public void Take(PieceKind kind, scoped ReadOnlySpan<char> text, PieceMarks marks = PieceMarks.None)
    {
        _pieces.Add(kind, text, marks | _next);
        _next = PieceMarks.None;
    }

    private void Break(char mark)
    {
        var isEnd = Enders.Contains(mark);
        if (isEnd || Breakers.Contains(mark))
        {
            _next |= PieceMarks.StartsClause | (isEnd || mark == ':' ? PieceMarks.StartsSentence : PieceMarks.None);
        }
        else if (mark is not ('\u300D' or '\u300F' or '\u00BB'))
        {
            Take(PieceKind.Code, [mark]);
        }
    }
}

namespace AiOrchestrator.Tests.House;

/// <summary>A comment: where it begins and what it says, its slashes included.</summary>
/// <param name="Line">From 1.</param>
/// <param name="Text">As written.</param>
internal readonly record struct SourceComment(int Line, string Text);

/// <summary>
/// C# source with comments, the contents of strings and preprocessor lines blanked out, every remaining character in its place. A small
/// lexer, not a parser: enough to tell code from text, and with it to count braces.
/// </summary>
internal sealed class CSharpText
{
    private readonly string _source;
    private readonly char[] _code;
    private readonly List<SourceComment> _comments = [];
    private readonly List<SourceComment> _directives = [];

    private CSharpText(string source)
    {
        _source = source;
        _code = source.ToCharArray();
        _ = ScanCode(0, closingBraces: 0);
    }

    /// <summary>Same length as the source; what is not code is spaces, line ends stand.</summary>
    public string Code => new(_code);

    public string Source => _source;

    public IReadOnlyList<SourceComment> Comments => _comments;

    /// <summary>Preprocessor lines.</summary>
    public IReadOnlyList<SourceComment> Directives => _directives;

    public static CSharpText Read(string file) => new(Repository.Read(file));

    public static CSharpText Of(string source) => new(source);

    /// <summary>The line of a character, from 1.</summary>
    public int LineOf(int index) => _source.AsSpan(0, index).Count('\n') + 1;

    /// <summary>Scans code; inside an interpolation, until as many braces close it. Returns where it ended.</summary>
    private int ScanCode(int at, int closingBraces)
    {
        var depth = 0;
        while (at < _source.Length)
        {
            var c = _source[at];
            if (c is '/' && Next(at) is '/')
            {
                at = Blank(at, EndOfLine(at), _comments);
            }
            else if (c is '/' && Next(at) is '*')
            {
                var end = _source.IndexOf("*/", at + 2, StringComparison.Ordinal);
                at = Blank(at, end < 0 ? _source.Length : end + 2, _comments);
            }
            else if (c is '#' && closingBraces == 0 && IsFirstOfLine(at))
            {
                at = Blank(at, EndOfLine(at), _directives);
            }
            else if (c is '\'')
            {
                at = ScanCharacter(at);
            }
            else if (c is '"' or '@' or '$' && TryScanString(at, out var end))
            {
                at = end;
            }
            else if (closingBraces > 0 && c is '}' && depth == 0)
            {
                return at + closingBraces;
            }
            else
            {
                depth += c is '{' ? 1 : c is '}' ? -1 : 0;
                at++;
            }
        }

        return at;
    }

    private int ScanCharacter(int at)
    {
        var end = at + 1;
        while (end < _source.Length && _source[end] is not ('\'' or '\n'))
        {
            end += _source[end] is '\\' ? 2 : 1;
        }

        return Blank(at + 1, end) + 1;
    }

    /// <summary>A string of any kind: regular, verbatim, raw, interpolated.</summary>
    private bool TryScanString(int at, out int end)
    {
        var dollars = 0;
        var verbatim = false;
        var quote = at;
        for (; quote < _source.Length && _source[quote] is '$' or '@'; quote++)
        {
            dollars += _source[quote] is '$' ? 1 : 0;
            verbatim |= _source[quote] is '@';
        }

        end = at;
        if (quote >= _source.Length || _source[quote] is not '"')
        {
            return false;
        }

        var quotes = Run(quote, '"');
        end = quotes >= 3 && !verbatim
            ? ScanText(quote + quotes, new Text(quotes, dollars, Escapes: false, Doubles: false))
            : ScanText(quote + 1, new Text(1, dollars, Escapes: !verbatim, Doubles: verbatim));
        return true;
    }

    private int ScanText(int at, Text text)
    {
        while (at < _source.Length)
        {
            var c = _source[at];
            if (c is '"' && text.Doubles && Next(at) is '"')
            {
                at = Blank(at, at + 2);
            }
            else if (c is '"' && Run(at, '"') >= text.Quotes)
            {
                // A raw string may end in quotes of its own before the closing ones.
                var run = text.Quotes == 1 ? 1 : Run(at, '"');
                return Blank(at, at + run);
            }
            else if (c is '\\' && text.Escapes)
            {
                at = Blank(at, at + 2);
            }
            else if (c is '{' && text.Dollars > 0)
            {
                var run = Run(at, '{');
                var opens = text.Quotes > 1 ? run >= text.Dollars : run % 2 == 1;
                at = Blank(at, at + run);
                at = opens ? EndOfHole(at, text.Quotes > 1 ? text.Dollars : 1) : at;
            }
            else
            {
                at = Blank(at, at + 1);
            }
        }

        return at;
    }

    /// <summary>A hole is code, but of no statement of its own: it is blanked like the string around it.</summary>
    private int EndOfHole(int at, int braces) => Blank(at, ScanCode(at, braces));

    private int Blank(int from, int to, List<SourceComment>? into = null)
    {
        to = Math.Min(to, _source.Length);
        into?.Add(new SourceComment(LineOf(from), _source[from..to]));
        for (var i = from; i < to; i++)
        {
            _code[i] = _code[i] is '\n' or '\r' ? _code[i] : ' ';
        }

        return to;
    }

    private char Next(int at) => at + 1 < _source.Length ? _source[at + 1] : '\0';

    private int Run(int at, char c)
    {
        var end = at;
        while (end < _source.Length && _source[end] == c)
        {
            end++;
        }

        return end - at;
    }

    private int EndOfLine(int at)
    {
        var end = _source.IndexOf('\n', at);
        return end < 0 ? _source.Length : end;
    }

    private bool IsFirstOfLine(int at) =>
        string.IsNullOrWhiteSpace(_source[(_source.LastIndexOf('\n', Math.Max(0, at - 1)) + 1)..at]);

    private readonly record struct Text(int Quotes, int Dollars, bool Escapes, bool Doubles);
}

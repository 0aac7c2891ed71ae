using System.Text.RegularExpressions;

namespace AiOrchestrator.Tests.House;

/// <summary>A member of a type (or a statement at the top of a file), from its first attribute to its end.</summary>
/// <param name="Name">Its first line, for a person.</param>
/// <param name="FirstLine">From 1.</param>
/// <param name="Lines">How many.</param>
internal readonly record struct SourceMember(string Name, int FirstLine, int Lines);

/// <summary>
/// Cuts source into members by braces and semicolons. What stands directly in a type is a member; types and namespaces are opened. A
/// member that holds data (a field with an initialiser) is not a method and not among the answers.
/// </summary>
internal static partial class Members
{
    public static IReadOnlyList<SourceMember> Of(CSharpText text)
    {
        var members = new List<SourceMember>();
        _ = Scan(text, text.Code, 0, members);
        return members;
    }

    /// <summary>Scans the inside of a type or of the file; returns where its closing brace is.</summary>
    private static int Scan(CSharpText text, string code, int at, List<SourceMember> members)
    {
        while (true)
        {
            at = Skip(code, at);
            if (at >= code.Length || code[at] is '}')
            {
                return at;
            }

            var stop = HeaderEnd(code, at);
            var header = code[at..Math.Min(stop, code.Length)];
            if (stop < code.Length && code[stop] is '{' && Enumeration().IsMatch(header))
            {
                at = AfterBlock(code, stop);
                continue;
            }

            if (stop < code.Length && code[stop] is '{' && TypeOrNamespace().IsMatch(header))
            {
                at = Scan(text, code, stop + 1, members) + 1;
                continue;
            }

            var end = stop < code.Length && code[stop] is '{' ? AfterBlock(code, stop) : End(code, stop);
            if (!IsData(code, stop))
            {
                members.Add(Member(text, at, end));
            }

            at = end;
        }
    }

    private static SourceMember Member(CSharpText text, int at, int end)
    {
        var first = text.LineOf(at);
        var last = text.LineOf(Math.Max(at, Math.Min(end, text.Source.Length) - 1));
        var name = text.Source[at..].Split('\n')[0].Trim();
        return new SourceMember(name, first, last - first + 1);
    }

    /// <summary>Where the header ends: at a brace, a semicolon, or an arrow or equals sign, outside parentheses and brackets.</summary>
    private static int HeaderEnd(string code, int at)
    {
        var depth = 0;
        for (; at < code.Length; at++)
        {
            var c = code[at];
            depth += c is '(' or '[' ? 1 : c is ')' or ']' ? -1 : 0;
            if (depth > 0)
            {
                continue;
            }

            if (c is '{' or ';' or '}' || (c is '=' && !IsOperatorName(code, at)))
            {
                return at;
            }
        }

        return at;
    }

    private static bool IsOperatorName(string code, int at) => OperatorName().IsMatch(code[Math.Max(0, at - 24)..(at + 1)]);

    /// <summary>After a block, and after what a property may have behind it (<c>= value;</c>).</summary>
    private static int AfterBlock(string code, int open)
    {
        var end = Close(code, open) + 1;
        var next = Skip(code, end);
        return next < code.Length && code[next] is '=' ? End(code, next) : end;
    }

    /// <summary>Behind the semicolon that ends an expression.</summary>
    private static int End(string code, int at)
    {
        var depth = 0;
        for (; at < code.Length; at++)
        {
            var c = code[at];
            depth += c is '(' or '[' or '{' ? 1 : c is ')' or ']' or '}' ? -1 : 0;
            if (depth < 0)
            {
                // An enum's last value has no semicolon.
                return at;
            }

            if (c is ';' && depth == 0)
            {
                return at + 1;
            }
        }

        return at;
    }

    private static int Close(string code, int open)
    {
        var depth = 0;
        for (var at = open; at < code.Length; at++)
        {
            depth += code[at] is '{' ? 1 : code[at] is '}' ? -1 : 0;
            if (depth == 0)
            {
                return at;
            }
        }

        return code.Length - 1;
    }

    private static bool IsData(string code, int stop) => stop + 1 < code.Length && code[stop] is '=' && code[stop + 1] is not '>';

    private static int Skip(string code, int at)
    {
        while (at < code.Length && (char.IsWhiteSpace(code[at]) || code[at] is ';'))
        {
            at++;
        }

        return at;
    }

    [GeneratedRegex(@"(?<![:,]\s*)\b(class|struct|interface|enum|record|namespace)\s+[A-Za-z_]", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex TypeOrNamespace();

    /// <summary>Its values are data.</summary>
    [GeneratedRegex(@"\benum\s", RegexOptions.None, 1000)]
    private static partial Regex Enumeration();

    [GeneratedRegex(@"\boperator\s*(=|==|!=|<=|>=|!|<|>)$", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex OperatorName();
}

using System.Globalization;
using System.Text.RegularExpressions;

namespace AiOrchestrator.Core.Traffic.Rules;

/// <summary>
/// Expressions of rules. They run in time linear in the text, by .NET's automaton without backtracking; how much each character then takes grows with the
/// expression, its repetitions written out, so that is bounded too.
/// </summary>
internal static class RulePattern
{
    /// <summary>Most characters of an expression.</summary>
    public const int MaxLength = 500;

    /// <summary>Most characters and classes of an expression whose repetitions are written out: <c>(ab){3}</c> has six.</summary>
    public const int MaxSize = 2_000;

    private const RegexOptions Options = RegexOptions.NonBacktracking | RegexOptions.CultureInvariant;

    /// <summary>What is wrong with an expression, as the end of a sentence; null for nothing.</summary>
    public static string? ProblemOf(string expression)
    {
        if (SizeOf(expression) > MaxSize)
        {
            return string.Create(CultureInfo.InvariantCulture, $"repeats too much: written out it has more than {MaxSize} characters");
        }

        try
        {
            _ = Compile(expression);
            return null;
        }
        catch (NotSupportedException)
        {
            // Safe: the caller is told; nothing was made.
            return "uses what cannot be matched in linear time: lookaround, backreferences, conditionals, atomic groups or \\G";
        }
        catch (RegexParseException e)
        {
            // Safe: likewise.
            return string.Create(CultureInfo.InvariantCulture, $"is no regular expression: {e.Error} at offset {e.Offset}");
        }
    }

    /// <summary>Makes one that was checked.</summary>
    public static Regex Compile(string expression) => new(expression, Options);

    /// <summary>
    /// Characters and classes with all repetitions written out; one that is no expression has any size. Groups nest on a stack: what is behind
    /// the last one that opened is summed there, and multiplied when it closes and a quantifier follows.
    /// </summary>
    internal static long SizeOf(string expression)
    {
        var open = new Stack<(long Sum, long Last)>();
        var (sum, last) = (0L, 0L);
        for (var i = 0; i < expression.Length; i++)
        {
            switch (expression[i])
            {
                case '(':
                    open.Push((sum, last));
                    (sum, last) = (0, 0);
                    break;
                case ')' when open.Count > 0:
                    var inner = sum;
                    (sum, _) = open.Pop();
                    (sum, last) = (Capped(sum + inner), inner);
                    break;
                case '{' when Repetitions(expression, i) is var (times, end) && end > i:
                    sum = Capped(sum + (last * (times - 1)));
                    last = Capped(last * times);
                    i = end;
                    break;
                case '[':
                    i = EndOfClass(expression, i);
                    (sum, last) = (Capped(sum + 1), 1);
                    break;
                case '\\':
                    i++;
                    (sum, last) = (Capped(sum + 1), 1);
                    break;
                default:
                    (sum, last) = (Capped(sum + 1), 1);
                    break;
            }
        }

        while (open.Count > 0)
        {
            sum = Capped(sum + open.Pop().Sum);
        }

        return sum;
    }

    /// <summary>Beyond the bound by far it does not matter how far; products of two of them still fit.</summary>
    private static long Capped(long size) => Math.Min(size, int.MaxValue);

    /// <summary>What <c>{n}</c>, <c>{n,}</c> or <c>{n,m}</c> repeats at most (<c>{n,}</c>: n times and a loop), and where it ends; where there is none it ends where it begins.</summary>
    private static (long Times, int End) Repetitions(string expression, int at)
    {
        var end = expression.IndexOf('}', at);
        if (end < 0)
        {
            return (1, at);
        }

        var bounds = expression[(at + 1)..end].Split(',');
        if (bounds.Length > 2 || !long.TryParse(bounds[0], NumberStyles.None, CultureInfo.InvariantCulture, out var least))
        {
            return (1, at);
        }

        var most = bounds.Length == 1 ? least
            : bounds[1].Length == 0 ? least + 1
            : long.TryParse(bounds[1], NumberStyles.None, CultureInfo.InvariantCulture, out var given) ? given : -1;
        return most < 0 ? (1, at) : (Math.Clamp(most, 1, int.MaxValue), end);
    }

    private static int EndOfClass(string expression, int at)
    {
        var depth = 0;
        for (var i = at; i < expression.Length; i++)
        {
            switch (expression[i])
            {
                case '\\':
                    i++;
                    break;
                case '[' when i == at || expression[i - 1] == '-':
                    depth++;
                    break;
                case ']' when i > at + 1 && !(i == at + 2 && expression[at + 1] == '^'):
                    if (--depth == 0)
                    {
                        return i;
                    }

                    break;
                default:
                    break;
            }
        }

        return expression.Length;
    }
}

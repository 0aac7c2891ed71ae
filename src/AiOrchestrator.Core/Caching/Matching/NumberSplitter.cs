namespace AiOrchestrator.Core.Caching.Matching;

/// <summary>Takes numbers apart from what they are written together with: <c>$5</c>, <c>15%</c>, <c>2pm</c>, <c>3rd</c>, <c>16-year-old</c>.</summary>
internal static class NumberSplitter
{
    /// <summary>Takes a number and what follows it; leaves anything else to the caller.</summary>
    /// <returns>Whether it was one.</returns>
    public static bool TrySplit(scoped ReadOnlySpan<char> body, ref QuestionSplitter splitter)
    {
        var currency = body[..(body[0] is '$' or '€' or '£' or '¥' or '₹' ? 1 : 0)];
        body = body[currency.Length..];

        var length = Digits(body);
        var rest = body[length..];
        if (length == 0 || !IsUnderstood(rest))
        {
            return false;
        }

        var isOrdinal = rest is "st" or "nd" or "rd" or "th" || (rest.Length > 2 && rest[2] == '-' && rest[..2] is "st" or "nd" or "rd" or "th");
        TakeNumber(body[..length], isOrdinal, ref splitter);
        rest = isOrdinal ? rest[2..] : rest;
        TakeRest(currency, ref splitter);
        foreach (var range in rest.Split('-'))
        {
            TakeRest(rest[range], ref splitter);
        }

        return true;
    }

    /// <summary>How far digits and the marks between them reach; 0 where it does not begin with one.</summary>
    private static int Digits(ReadOnlySpan<char> body)
    {
        var length = 0;
        for (var at = 0; at < body.Length && (char.IsDigit(body[at]) || body[at] is '.' or ',' or ':' or '/' or '-' or '\''); at++)
        {
            length = char.IsDigit(body[at]) ? at + 1 : length;
            if (!char.IsDigit(body[0]))
            {
                return 0;
            }
        }

        return length;
    }

    /// <summary>Whether what stands after the digits is a unit, a suffix or a compound of letters.</summary>
    private static bool IsUnderstood(ReadOnlySpan<char> rest)
    {
        if (rest is "%" or "€" or "$" or "£" or "¥" or "°" or "°C" or "°F" or "‰")
        {
            return true;
        }

        foreach (var letter in rest)
        {
            if (!char.IsLetterOrDigit(letter) && letter is not ('-' or '²' or '³'))
            {
                return false;
            }
        }

        return rest.IsEmpty || rest[0] != '-' || rest.Length > 1;
    }

    private static void TakeRest(scoped ReadOnlySpan<char> rest, ref QuestionSplitter splitter)
    {
        if (rest.IsEmpty)
        {
            return;
        }

        var unit = rest switch { "%" => "percent", "$" => "dollar", "€" => "euro", "£" => "pound", "¥" => "yen", "₹" => "rupee", "°" => "degree", "°C" => "celsius", "°F" => "fahrenheit", "‰" => "permille", _ => null };
        if (unit is null)
        {
            splitter.TakeWord(rest, PieceMarks.IsPart);
        }
        else
        {
            splitter.Take(PieceKind.Word, unit, PieceMarks.IsPart);
        }
    }

    /// <summary>Leaves out the commas between thousands.</summary>
    private static void TakeNumber(scoped ReadOnlySpan<char> digits, bool isOrdinal, ref QuestionSplitter splitter)
    {
        Span<char> number = stackalloc char[digits.Length + 2];
        var length = 0;
        var areThousands = AreThousands(digits);
        foreach (var digit in digits)
        {
            if (!areThousands || digit != ',')
            {
                number[length++] = digit;
            }
        }

        if (isOrdinal)
        {
            "th".CopyTo(number[length..]);
            length += 2;
        }

        splitter.Take(PieceKind.Number, number[..length]);
    }

    private static bool AreThousands(ReadOnlySpan<char> digits)
    {
        var first = digits.IndexOf(',');
        if (first is < 1 or > 3 || digits[0] == '0' || digits.ContainsAny(":/-"))
        {
            return false;
        }

        var point = digits.IndexOf('.');
        var whole = point < 0 ? digits : digits[..point];
        if ((whole.Length - first) % 4 != 0 || (point >= 0 && digits[(point + 1)..].ContainsAny('.', ',')))
        {
            return false;
        }

        for (var at = first; at < whole.Length; at++)
        {
            if ((whole[at] == ',') != ((at - first) % 4 == 0) || whole[at] == '.')
            {
                return false;
            }
        }

        return true;
    }
}

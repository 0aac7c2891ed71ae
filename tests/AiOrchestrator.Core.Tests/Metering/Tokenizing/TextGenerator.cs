using System.Globalization;
using System.Text;

namespace AiOrchestrator.Core.Tests.Metering.Tokenizing;

/// <summary>Texts in which everything stands beside everything: scripts, cases, white space, contractions, numbers, broken surrogates.</summary>
internal sealed class TextGenerator(int seed)
{
    private static readonly string[] Words =
    [
        "the", "of", "and", "I'm", "you're", "IT'S", "don't", "WON'T", "hello", "World", "function", "return", "JSON", "naïve", "café", "Übung", "straße",
        "ÀÉÎ", "ǅ", "ǈ", "ﬁ", "ſ", "'ſ", "'S", "'LL", "'Re", "'vE", "日本語", "中文测试", "한국어", "العربية", "हिन्दी", "ไทย", "ελληνικά", "Русский", "язык",
        "עברית", "𠀀𠀁", "𝒜𝓫", "𞤀𞤢", "👩‍👩‍👧", "🇩🇪", "e\u0301", "ᵃ", "ʰ", "{\"id\":1,\"x\":[null]}", "if (a != b) {\n    return;\n}", "Ⅷ", "٣٤٥٦", "½", "𝟘𝟙𝟚𝟛",
    ];

    private static readonly string[] Blanks =
        [" ", "  ", "   ", "\t", "\n", "\r\n", "\n\n", "\u0085", "\u00A0", "\u3000", "\u2028", "\uFEFF", "\u200B", " \n ", "    \t\n", "     ", "\r", "\v\f"];

    private static readonly string[] Signs =
    [
        "'", "''", "\"", "!!", "...", "/", "//", "/*", "*/", "--", "==", "=>", "{", "}", "[]", "();", "'s", "'t", "'d", "'ll", "$", "%", "_", "\\n",
        "<|endoftext|>", "/\n/\n", "?\r\n", "\u0301", "!\u0301", "\0", "\0\0", "\uD800", "\uDC00", "\uDC00\uD800",
    ];

    private static readonly string[] Runs = [" ", "x", "A", "=", "é", "中", "a", "Ab", "\n", " \n", "0", "b\u0301", "/", "\u0301", "\uD800", "\U0001F469"];

    private static readonly string[] LongRuns =
    [
        "abcdefxyz", "ABCDEab", "A", "AB中", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA中", " ", "                                        \n",
        "\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\r", "=-/*", "=================================================\n", "=/\n", "\u3000", "中文字符", "aAé\u0301ʰ", "Zʰ",
    ];

    private readonly Random _random = new(seed);

    /// <summary>A text of some parts.</summary>
    public string Text()
    {
        var text = new StringBuilder();
        for (var parts = 1 + _random.Next(12); parts > 0; parts--)
        {
            text.Append(Part());
        }

        return text.ToString();
    }

    /// <summary>A unit of a few characters of one kind, again and again, now and then with one in between that breaks the pattern.</summary>
    public string Repeated()
    {
        string[] alphabets = ["=", "=-", "ab", "aA", "0", " ", "xyz", "_*#", "\n\r", "字中", "é", "//=>"];
        var alphabet = Pick(alphabets);
        var unit = string.Concat(Enumerable.Range(0, 1 + _random.Next(5)).Select(_ => alphabet[_random.Next(alphabet.Length)]));
        var text = new StringBuilder();
        for (var i = _random.Next(60, 900); i >= 0; i--)
        {
            _ = text.Append(unit).Append(_random.Next(200) == 0 ? alphabet[^1].ToString() : "");
        }

        return text.ToString();
    }

    /// <summary>A text around a piece that has no bound, longer than what a counter keeps.</summary>
    public string Long()
    {
        string[] before = [Text(), "", " ", "\t", "!", "1", "\u0301"];
        string[] after = ["'s", "'", "'S", "'LLx", "a", "A", "", "", " ", "\n", "b'r", "'ſ", "1", "!", "\u0301"];
        var letters = Pick(LongRuns);
        var text = new StringBuilder(Pick(before));
        for (var left = 1000 + _random.Next(1500); left > 0; left--)
        {
            text.Append(letters[_random.Next(letters.Length)]);
        }

        return text.Append(Pick(after)).Append(_random.Next(2) == 0 ? Text() : "").ToString();
    }

    /// <summary>Bytes that are mostly UTF-8.</summary>
    public byte[] Bytes()
    {
        var bytes = Encoding.UTF8.GetBytes(Text());
        for (var broken = _random.Next(4); broken >= 0 && bytes.Length > 0; broken--)
        {
            bytes[_random.Next(bytes.Length)] = (byte)_random.Next(0x80, 0x100);
        }

        return bytes[.._random.Next(bytes.Length + 1)];
    }

    private string Part() => _random.Next(10) switch
    {
        < 3 => Pick(Words),
        < 5 => Pick(Blanks),
        5 => Pick(Signs),
        6 => _random.Next((int)Math.Pow(10, _random.Next(9)) + 1).ToString(CultureInfo.InvariantCulture),
        7 => CodePoint(),
        8 => Pick(Words)[..1] + Pick(Words).ToUpperInvariant(),
        _ => string.Concat(Enumerable.Repeat(Pick(Runs), _random.Next(40))),
    };

    private string CodePoint()
    {
        int[] ends = [0x80, 0x800, 0x10000, 0x20000, 0x110000];
        var codePoint = _random.Next(ends[_random.Next(ends.Length)]);
        return codePoint is >= 0xD800 and < 0xE000 ? ((char)codePoint).ToString() : char.ConvertFromUtf32(codePoint);
    }

    private string Pick(string[] from) => from[_random.Next(from.Length)];
}

using System.Collections.Frozen;

namespace AiOrchestrator.Core.Caching.Matching;

/// <summary>What the words of a language say: a small table by hand. A word that is not in it says what it is, and another word says something else.</summary>
internal sealed class Lexicon
{
    private static readonly Dictionary<string, Lexicon> ByLanguage = new(StringComparer.Ordinal)
    {
        ["en"] = new(EnglishWords.Grammar + "\n" + EnglishWords.Meanings),
        ["de"] = new(OtherWords.German),
        ["fr"] = new(OtherWords.French),
        ["es"] = new(OtherWords.Spanish),
        ["it"] = new(OtherWords.Italian),
        ["pt"] = new(OtherWords.Portuguese),
        ["nl"] = new(OtherWords.Dutch),
        ["pl"] = new(OtherWords.Polish),
        ["ru"] = new(OtherWords.Russian),
    };

    private static readonly Lexicon Nothing = new(string.Empty);

    private readonly FrozenDictionary<string, Entry>.AlternateLookup<ReadOnlySpan<char>> _phrases;
    private readonly FrozenDictionary<string, int>.AlternateLookup<ReadOnlySpan<char>> _longest;

    private Lexicon(string lines)
    {
        var phrases = new Dictionary<string, Entry>(StringComparer.Ordinal);
        var longest = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var line in lines.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            AddLine(line, phrases, longest);
        }

        _phrases = phrases.ToFrozenDictionary(StringComparer.Ordinal).GetAlternateLookup<ReadOnlySpan<char>>();
        _longest = longest.ToFrozenDictionary(StringComparer.Ordinal).GetAlternateLookup<ReadOnlySpan<char>>();
    }

    /// <summary>What a phrase says.</summary>
    /// <param name="Kind">What it is about.</param>
    /// <param name="Text">How all phrases that say the same are written; null for what is left out.</param>
    internal readonly record struct Entry(TermKind Kind, string? Text);

    /// <summary>The table of a language; an empty one where there is none.</summary>
    /// <param name="language">ISO 639-1.</param>
    public static Lexicon Of(string language) => ByLanguage.GetValueOrDefault(language, Nothing);

    /// <summary>How many words the longest phrase has that begins with a word; 0 where there is none.</summary>
    public int Longest(ReadOnlySpan<char> word) => _longest.TryGetValue(word, out var words) ? words : 0;

    /// <summary>What a phrase says; a plain word where nothing is known of it.</summary>
    public bool TryFind(ReadOnlySpan<char> phrase, out Entry entry) => _phrases.TryGetValue(phrase, out entry);

    /// <summary>
    /// <c>kind = a, b, c</c>: words that say what they are. <c>kind text = a, b, c</c>: phrases that say the same. <c>kind - = a, b</c>: left out.
    /// </summary>
    private static void AddLine(string line, Dictionary<string, Entry> phrases, Dictionary<string, int> longest)
    {
        var equals = line.IndexOf('=', StringComparison.Ordinal);
        var head = line[..equals].Split(' ', 2, StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        var kind = Enum.Parse<TermKind>(head[0], ignoreCase: true);
        foreach (var phrase in line[(equals + 1)..].Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            phrases.Add(phrase, new(kind, head.Length == 1 ? phrase : head[1] == "-" ? null : head[1]));
            var words = phrase.Split(' ');
            longest[words[0]] = Math.Max(longest.GetValueOrDefault(words[0]), words.Length);
        }
    }
}

using System.Text.RegularExpressions;

namespace AiOrchestrator.Core.Metering;

/// <summary>
/// One way a model's name can look that is no exact name: <c>starts</c>, <c>ends</c>, <c>contains</c>, <c>is</c>, <c>regex</c> (holds a match) or
/// <c>lacks</c> (holds none), a space and a text. Names are compared in lower case. Expressions run in linear time and are built when first needed.
/// </summary>
internal sealed class ModelPattern
{
    private readonly string _word;
    private readonly string _text;
    private readonly Lazy<Regex>? _regex;

    private ModelPattern(string word, string text)
    {
        _word = word;
        _text = text;
        _regex = word is "regex" or "lacks" ? new Lazy<Regex>(() => new Regex(text, RegexOptions.NonBacktracking | RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture)) : null;
    }

    /// <summary>Reads a pattern as the price file writes it; null where it is none.</summary>
    public static ModelPattern? Parse(string text)
    {
        int space = text.IndexOf(' ', StringComparison.Ordinal);
        string word = space < 0 ? text : text[..space];
        return space > 0 && space < text.Length - 1 && word is "starts" or "ends" or "contains" or "is" or "regex" or "lacks"
            ? new ModelPattern(word, text[(space + 1)..])
            : null;
    }

    /// <summary>False for an expression that cannot be run in linear time.</summary>
    public bool IsSound()
    {
        try
        {
            _ = _regex?.Value;
            return true;
        }
        catch (Exception notLinear) when (notLinear is ArgumentException or NotSupportedException)
        {
            return false;
        }
    }

    public bool Matches(string lowerCaseName) => _word switch
    {
        "starts" => lowerCaseName.StartsWith(_text, StringComparison.Ordinal),
        "ends" => lowerCaseName.EndsWith(_text, StringComparison.Ordinal),
        "contains" => lowerCaseName.Contains(_text, StringComparison.Ordinal),
        "is" => lowerCaseName == _text,
        "regex" => _regex!.Value.IsMatch(lowerCaseName),
        _ => !_regex!.Value.IsMatch(lowerCaseName),
    };
}

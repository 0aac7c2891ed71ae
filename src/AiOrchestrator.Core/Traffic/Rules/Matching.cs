using AiOrchestrator.Core.Traffic.Facts;

namespace AiOrchestrator.Core.Traffic.Rules;

/// <summary>One call being compared with rules: its facts, and which keywords its text holds once a rule has asked for any.</summary>
internal ref struct Matching
{
    private readonly KeywordIndex _keywords;
    private readonly Span<ulong> _inLastUser;
    private readonly Span<ulong> _inAll;
    private bool _lastUserIsRead;
    private bool _allIsRead;

    /// <summary>Begins.</summary>
    /// <param name="facts">The call.</param>
    /// <param name="keywords">What all rules ask for.</param>
    /// <param name="found">Zeros, twice the index's length.</param>
    public Matching(CallFacts facts, KeywordIndex keywords, Span<ulong> found)
    {
        Facts = facts;
        _keywords = keywords;
        _inLastUser = found[..keywords.Length];
        _inAll = found[keywords.Length..];
    }

    /// <summary>The call.</summary>
    public CallFacts Facts { get; }

    /// <summary>Where conditions that could not be decided are noted; null where nobody asks.</summary>
    public List<string>? Undecided { get; set; }

    /// <summary>The text a condition looks at.</summary>
    public readonly ReadOnlySpan<char> Text(bool all) => all ? Facts.Text.All.Span : Facts.Text.LastUser;

    /// <summary>The keywords that text holds. What the user's last turn holds is looked for once, whoever asks.</summary>
    public ReadOnlySpan<ulong> Found(bool all)
    {
        if (!_lastUserIsRead)
        {
            _keywords.Find(Text(all: false), Text(all: false).Length, _inLastUser);
            _lastUserIsRead = true;
        }

        if (!all)
        {
            return _inLastUser;
        }

        if (!_allIsRead)
        {
            _inLastUser.CopyTo(_inAll);
            _keywords.Find(Text(all: true), Facts.Text.LastUserStart, _inAll);
            _allIsRead = true;
        }

        return _inAll;
    }
}

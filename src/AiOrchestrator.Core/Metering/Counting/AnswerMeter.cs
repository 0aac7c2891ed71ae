namespace AiOrchestrator.Core.Metering.Counting;

/// <summary>Counts the completion tokens of an answer, each choice on its own. Not for several threads at once.</summary>
internal sealed class AnswerMeter(ModelFamily family) : IDisposable
{
    /// <summary>Choices counted apart; those beyond, which only completions of many prompts have, are counted as the last.</summary>
    private const int MaxChoices = 128;

    private TextMeter?[] _choices = new TextMeter?[1];
    private long _released;

    /// <summary>Whose answer it is.</summary>
    public ModelFamily Family => family;

    /// <summary>Tokens received so far, by the family's rule.</summary>
    public long Count => family.Scale(Counted);

    private long Counted
    {
        get
        {
            var count = _released;
            foreach (var choice in _choices)
            {
                count += choice?.Count ?? 0;
            }

            return count;
        }
    }

    /// <summary>Continues a text of a choice.</summary>
    /// <param name="choice">Its index, as the provider says.</param>
    /// <param name="part">Which text of the choice.</param>
    /// <param name="json">The inside of a JSON string.</param>
    public void Append(int choice, int part, ReadOnlySpan<byte> json)
    {
        if (json.IsEmpty)
        {
            return;
        }

        choice = Math.Clamp(choice, 0, MaxChoices - 1);
        if (choice >= _choices.Length)
        {
            Array.Resize(ref _choices, Math.Min(MaxChoices, Math.Max(choice + 1, _choices.Length * 2)));
        }

        (_choices[choice] ??= new TextMeter(family.Tokenizer)).Append(part, json);
    }

    /// <summary>Continues the text of an answer that is nothing but text.</summary>
    /// <param name="utf8">The text as it is.</param>
    public void AppendText(ReadOnlySpan<byte> utf8) => (_choices[0] ??= new TextMeter(family.Tokenizer)).AppendText(utf8);

    /// <summary>Gives the counters back; the count stays.</summary>
    public void Dispose()
    {
        _released = Counted;
        foreach (var choice in _choices)
        {
            choice?.Release();
        }

        _choices = [];
    }
}

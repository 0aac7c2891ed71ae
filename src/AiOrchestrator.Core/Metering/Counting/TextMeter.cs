using AiOrchestrator.Core.Metering.Tokenizing;

namespace AiOrchestrator.Core.Metering.Counting;

/// <summary>
/// Counts what one choice of an answer says as it passes, in constant memory. Its texts (content, reasoning, refusal, each tool call's name and
/// arguments) are texts of their own; they follow one another, so one counter serves all.
/// </summary>
internal sealed class TextMeter(Tokenizer tokenizer)
{
    private readonly TokenCounter _counter = TokenCounters.Rent(tokenizer);
    private JsonText _text;
    private long _ended;
    private int _part;

    /// <summary>Tokens so far, as if all ended here.</summary>
    public long Count => _ended + _counter.Count;

    /// <summary>Continues a text.</summary>
    /// <param name="part">Which; another than the last begins a new one.</param>
    /// <param name="json">The inside of a JSON string.</param>
    public void Append(int part, ReadOnlySpan<byte> json)
    {
        if (json.IsEmpty)
        {
            return;
        }

        if (part != _part)
        {
            End();
            _part = part;
        }

        _text.Append(json, _counter);
    }

    /// <summary>Continues the text with what is no JSON.</summary>
    public void AppendText(ReadOnlySpan<byte> utf8) => _counter.Append(utf8);

    /// <summary>Gives the counter back; the meter is not used again.</summary>
    public void Release() => TokenCounters.Return(tokenizer, _counter);

    private void End()
    {
        _text.End(_counter);
        _ended += _counter.Count;
        _counter.Reset();
    }
}

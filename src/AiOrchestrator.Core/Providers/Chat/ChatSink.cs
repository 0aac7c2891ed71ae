using AiOrchestrator.Core.Providers.OpenAi;

namespace AiOrchestrator.Core.Providers.Chat;

/// <summary>Why a choice ended. Each format has words of its own for it.</summary>
internal enum ChatFinish
{
    /// <summary>The model was done.</summary>
    Stop,

    /// <summary>It came to one of the caller's stop strings.</summary>
    StopSequence,

    /// <summary>It came to its bound of tokens.</summary>
    Length,

    /// <summary>It came to the end of its window.</summary>
    Window,

    /// <summary>It asks the caller to run functions.</summary>
    ToolCalls,

    /// <summary>The provider's filter ended it.</summary>
    ContentFilter,

    /// <summary>The model refused.</summary>
    Refusal,

    /// <summary>The provider paused a long turn, to be asked again to go on.</summary>
    Pause,

    /// <summary>The provider says something nobody here knows: callers are told that the model was done, and nobody else is given it.</summary>
    Other,
}

/// <summary>
/// What an answer says, piece by piece, whole or streamed, whatever format it came in. Texts are the inside of JSON strings, escapes as they
/// are: they go from one JSON into another without being decoded. What passes is counted here, once, for every format (MT-05); what becomes of
/// it is a matter of whoever derives from this. As it stands it only counts.
/// </summary>
/// <param name="facts">What is learnt of the answer.</param>
internal class ChatSink(AnswerFacts facts)
{
    private const int ReasoningPart = 1;
    private const int ContentPart = 3;
    private const int RefusalPart = 4;
    private const int FirstCallPart = 16;

    /// <summary>What is learnt of the answer.</summary>
    public AnswerFacts Facts => facts;

    /// <summary>The answer begins. A format that says so late or twice changes nothing by it.</summary>
    /// <param name="id">The provider's name for it; empty where it has none.</param>
    /// <param name="model">The model that answers; empty where nothing is said.</param>
    public void Begin(ReadOnlySpan<byte> id, ReadOnlySpan<byte> model)
    {
        if (facts.Model is null && model.Length is > 0 and <= 256)
        {
            facts.Model = System.Text.Encoding.UTF8.GetString(model);
        }

        OnBegin(id);
    }

    /// <summary>More of the answer's text.</summary>
    public void Text(int choice, ReadOnlySpan<byte> json)
    {
        if (!json.IsEmpty)
        {
            facts.Meter?.Append(choice, ContentPart, json);
            OnText(choice, json);
        }
    }

    /// <summary>More of what is said instead of an answer.</summary>
    public void Refusal(int choice, ReadOnlySpan<byte> json)
    {
        if (!json.IsEmpty)
        {
            facts.Meter?.Append(choice, RefusalPart, json);
            OnRefusal(choice, json);
        }
    }

    /// <summary>More of what the model thinks.</summary>
    public void Reasoning(int choice, ReadOnlySpan<byte> json)
    {
        if (!json.IsEmpty)
        {
            facts.Meter?.Append(choice, ReasoningPart, json);
            OnReasoning(choice, json);
        }
    }

    /// <summary>The seal of what was thought, at its end.</summary>
    public void ReasoningSignature(int choice, ReadOnlySpan<byte> json) => OnReasoningSignature(choice, json);

    /// <summary>Thoughts that are sealed as a whole.</summary>
    public void ReasoningRedacted(int choice, ReadOnlySpan<byte> json) => OnReasoningRedacted(choice, json);

    /// <summary>The model asks for a function.</summary>
    /// <param name="choice">Which answer.</param>
    /// <param name="call">Which call of it, from 0.</param>
    /// <param name="id">Its id; empty where the provider gives none.</param>
    /// <param name="name">The function's name.</param>
    /// <param name="signature">The provider's seal on it; mostly empty.</param>
    public void ToolCall(int choice, int call, ReadOnlySpan<byte> id, ReadOnlySpan<byte> name, ReadOnlySpan<byte> signature = default)
    {
        facts.Meter?.Append(choice, FirstCallPart + (2 * call), name);
        OnToolCall(choice, call, id, name, signature);
    }

    /// <summary>More of a function's arguments: JSON, as the inside of a JSON string.</summary>
    public void ToolArguments(int choice, int call, ReadOnlySpan<byte> json)
    {
        if (!json.IsEmpty)
        {
            facts.Meter?.Append(choice, FirstCallPart + (2 * call) + 1, json);
            OnToolArguments(choice, call, json);
        }
    }

    /// <summary>A source of the text before it.</summary>
    public void Citation(int choice, in ChatCitation citation) => OnCitation(choice, citation);

    /// <summary>A choice is at its end.</summary>
    /// <param name="choice">Which.</param>
    /// <param name="finish">Why.</param>
    /// <param name="stopSequence">The stop string it came to; empty where nothing is said.</param>
    public void Finish(int choice, ChatFinish finish, ReadOnlySpan<byte> stopSequence = default)
    {
        facts.FinishReason ??= finish.Word();
        OnFinish(choice, finish, stopSequence);
    }

    /// <inheritdoc cref="Begin"/>
    protected virtual void OnBegin(ReadOnlySpan<byte> id)
    {
    }

    /// <inheritdoc cref="Text"/>
    protected virtual void OnText(int choice, ReadOnlySpan<byte> json)
    {
    }

    /// <inheritdoc cref="Refusal"/>
    protected virtual void OnRefusal(int choice, ReadOnlySpan<byte> json)
    {
    }

    /// <inheritdoc cref="Reasoning"/>
    protected virtual void OnReasoning(int choice, ReadOnlySpan<byte> json)
    {
    }

    /// <inheritdoc cref="ReasoningSignature"/>
    protected virtual void OnReasoningSignature(int choice, ReadOnlySpan<byte> json)
    {
    }

    /// <inheritdoc cref="ReasoningRedacted"/>
    protected virtual void OnReasoningRedacted(int choice, ReadOnlySpan<byte> json)
    {
    }

    /// <inheritdoc cref="ToolCall"/>
    protected virtual void OnToolCall(int choice, int call, ReadOnlySpan<byte> id, ReadOnlySpan<byte> name, ReadOnlySpan<byte> signature)
    {
    }

    /// <inheritdoc cref="ToolArguments"/>
    protected virtual void OnToolArguments(int choice, int call, ReadOnlySpan<byte> json)
    {
    }

    /// <inheritdoc cref="Citation"/>
    protected virtual void OnCitation(int choice, in ChatCitation citation)
    {
    }

    /// <inheritdoc cref="Finish"/>
    protected virtual void OnFinish(int choice, ChatFinish finish, ReadOnlySpan<byte> stopSequence)
    {
    }
}

/// <summary>A source of what was said. Texts are the inside of JSON strings; empty where nothing is said.</summary>
internal readonly ref struct ChatCitation
{
    /// <summary>Its address.</summary>
    public ReadOnlySpan<byte> Url { get; init; }

    /// <summary>Its title.</summary>
    public ReadOnlySpan<byte> Title { get; init; }

    /// <summary>The passage that is cited.</summary>
    public ReadOnlySpan<byte> CitedText { get; init; }
}

/// <summary>The words for why a choice ended.</summary>
internal static class ChatFinishes
{
    /// <summary>OpenAI's word, which usage events use for every format.</summary>
    public static string Word(this ChatFinish finish) => finish switch
    {
        ChatFinish.Length or ChatFinish.Window => "length",
        ChatFinish.ToolCalls => "tool_calls",
        ChatFinish.ContentFilter or ChatFinish.Refusal => "content_filter",
        _ => "stop",
    };
}

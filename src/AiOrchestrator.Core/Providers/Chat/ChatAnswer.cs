using System.Buffers;
using AiOrchestrator.Core.Providers.OpenAi;

namespace AiOrchestrator.Core.Providers.Chat;

/// <summary>What a piece of an answer is.</summary>
internal enum ChatBlockKind
{
    /// <summary>The answer's text.</summary>
    Text,

    /// <summary>What is said instead of an answer.</summary>
    Refusal,

    /// <summary>What the model thought.</summary>
    Reasoning,

    /// <summary>Sealed thoughts.</summary>
    Redacted,

    /// <summary>A function the caller is asked to run.</summary>
    ToolCall,
}

/// <summary>A source of a text, its texts copied; each the inside of a JSON string, empty where nothing is said.</summary>
internal sealed record ChatBlockCitation(byte[] Url, byte[] Title, byte[] CitedText);

/// <summary>A piece of an answer, gathered. All texts are the inside of JSON strings.</summary>
/// <param name="kind">What it is.</param>
/// <param name="call">Which function call of the answer it is; -1 for all else.</param>
internal sealed class ChatBlock(ChatBlockKind kind, int call)
{
    private readonly ArrayBufferWriter<byte> _text = new();

    /// <summary>What it is.</summary>
    public ChatBlockKind Kind => kind;

    /// <summary>Which function call of the answer it is; -1 for all else.</summary>
    public int Call => call;

    /// <summary>Its text, or a call's arguments.</summary>
    public ReadOnlySpan<byte> Text => _text.WrittenSpan;

    /// <summary>The id of a call; empty where the provider gives none.</summary>
    public byte[] Id { get; init; } = [];

    /// <summary>The function's name.</summary>
    public byte[] Name { get; init; } = [];

    /// <summary>The provider's seal; empty where there is none.</summary>
    public byte[] Signature { get; set; } = [];

    /// <summary>Sources of a text.</summary>
    public List<ChatBlockCitation> Citations { get; } = [];

    /// <summary>Adds to the text.</summary>
    public void Append(ReadOnlySpan<byte> json) => _text.Write(json);
}

/// <summary>One of the answers asked for.</summary>
/// <param name="index">Its number.</param>
internal sealed class ChatChoice(int index)
{
    /// <summary>Its number.</summary>
    public int Index => index;

    /// <summary>What it says, in order.</summary>
    public List<ChatBlock> Blocks { get; } = [];

    /// <summary>Why it ended; null where nobody said.</summary>
    public ChatFinish? Finish { get; set; }

    /// <summary>The stop string it came to; empty where nothing is said.</summary>
    public byte[] StopSequence { get; set; } = [];
}

/// <summary>Gathers an answer that is to be written as a whole.</summary>
/// <param name="facts">What is learnt of it.</param>
internal sealed class ChatAnswer(AnswerFacts facts) : ChatSink(facts)
{
    private readonly SortedList<int, ChatChoice> _choices = [];

    /// <summary>The provider's name for it, the inside of a JSON string; empty where it has none.</summary>
    public byte[] Id { get; private set; } = [];

    /// <summary>The answers, by number.</summary>
    public IList<ChatChoice> Choices => _choices.Values;

    /// <inheritdoc/>
    protected override void OnBegin(ReadOnlySpan<byte> id) => Id = id.ToArray();

    /// <inheritdoc/>
    protected override void OnText(int choice, ReadOnlySpan<byte> json) => Last(choice, ChatBlockKind.Text).Append(json);

    /// <inheritdoc/>
    protected override void OnRefusal(int choice, ReadOnlySpan<byte> json) => Last(choice, ChatBlockKind.Refusal).Append(json);

    /// <inheritdoc/>
    protected override void OnReasoning(int choice, ReadOnlySpan<byte> json)
    {
        var block = Last(choice, ChatBlockKind.Reasoning);
        if (block.Signature.Length > 0)
        {
            // What is sealed is whole: what follows is another thought.
            block = Add(choice, new ChatBlock(ChatBlockKind.Reasoning, -1));
        }

        block.Append(json);
    }

    /// <inheritdoc/>
    protected override void OnReasoningSignature(int choice, ReadOnlySpan<byte> json)
    {
        var block = Last(choice, ChatBlockKind.Reasoning);
        block.Signature = [.. block.Signature, .. json];
    }

    /// <inheritdoc/>
    protected override void OnReasoningRedacted(int choice, ReadOnlySpan<byte> json) =>
        Add(choice, new ChatBlock(ChatBlockKind.Redacted, -1)).Append(json);

    /// <inheritdoc/>
    protected override void OnToolCall(int choice, int call, ReadOnlySpan<byte> id, ReadOnlySpan<byte> name, ReadOnlySpan<byte> signature) =>
        Add(choice, new ChatBlock(ChatBlockKind.ToolCall, call) { Id = id.ToArray(), Name = name.ToArray(), Signature = signature.ToArray() });

    /// <inheritdoc/>
    protected override void OnToolArguments(int choice, int call, ReadOnlySpan<byte> json) =>
        Choice(choice).Blocks.Find(b => b.Call == call)?.Append(json);

    /// <inheritdoc/>
    protected override void OnCitation(int choice, in ChatCitation citation) => Last(choice, ChatBlockKind.Text).Citations.Add(
        new ChatBlockCitation(citation.Url.ToArray(), citation.Title.ToArray(), citation.CitedText.ToArray()));

    /// <inheritdoc/>
    protected override void OnFinish(int choice, ChatFinish finish, ReadOnlySpan<byte> stopSequence)
    {
        var ended = Choice(choice);
        ended.Finish = finish;
        ended.StopSequence = stopSequence.ToArray();
    }

    private ChatChoice Choice(int index)
    {
        if (!_choices.TryGetValue(index, out var choice))
        {
            _choices.Add(index, choice = new ChatChoice(index));
        }

        return choice;
    }

    private ChatBlock Add(int choice, ChatBlock block)
    {
        Choice(choice).Blocks.Add(block);
        return block;
    }

    private ChatBlock Last(int choice, ChatBlockKind kind) =>
        Choice(choice).Blocks is [.., var last] && last.Kind == kind ? last : Add(choice, new ChatBlock(kind, -1));
}

using System.Buffers;
using System.Buffers.Text;
using System.Text.Json;
using AiOrchestrator.Core.Platform;
using AiOrchestrator.Core.Providers.Chat;
using AiOrchestrator.Core.Providers.OpenAi;

namespace AiOrchestrator.Core.Providers.Anthropic;

/// <summary>
/// Writes an answer as the events of Anthropic's messages (https://docs.claude.com/en/docs/build-with-claude/streaming). Blocks stand there one after
/// the other, each whole before the next: what comes while the arguments of a function call are not at their end waits until they are.
/// </summary>
internal sealed class AnthropicStreamWriter(AnswerTerms terms, AnswerFacts facts, IBufferWriter<byte> output) : ChatStreamWriter(facts, output)
{
    private readonly List<ChatBlock> _waiting = [];
    private readonly ArrayBufferWriter<byte> _json = new(256);
    private ChatBlock? _open;
    private JsonBalance _arguments;
    private int _blocks;
    private bool _hasBegun;
    private bool _hasRefused;
    private ChatFinish? _finish;
    private byte[] _stopSequence = [];

    /// <summary>Whether the open block takes nothing but its own arguments.</summary>
    private bool IsBusy => _waiting.Count > 0 || (_open is { Kind: ChatBlockKind.ToolCall } && !_arguments.IsWhole);

    /// <inheritdoc/>
    public override void End()
    {
        Begin([]);
        OpenWaiting(isLast: true);
        Close();
        using (var writer = Json())
        {
            writer.WriteStartObject();
            writer.WriteString("type"u8, "message_delta"u8);
            writer.WriteStartObject("delta"u8);
            AnthropicAnswerWriter.WriteStop(_finish, _hasRefused, _stopSequence, writer);
            writer.WriteEndObject();
            writer.WritePropertyName("usage"u8);
            AnthropicAnswerWriter.WriteUsage(Facts, terms, isLast: true, writer);
            writer.WriteEndObject();
        }

        WriteEvent("event: message_delta\ndata: "u8);
        Output.Write(AnthropicDialect.Instance.EndMarker.Span);
    }

    /// <inheritdoc/>
    public override void Fail(ApiFailure failure) => Output.Write(ErrorWriter.Event(failure, ErrorShape.Anthropic).Span);

    /// <inheritdoc/>
    protected override void OnBegin(ReadOnlySpan<byte> id) => Begin(id);

    /// <inheritdoc/>
    protected override void OnText(int choice, ReadOnlySpan<byte> json) => Say(choice, ChatBlockKind.Text, json);

    /// <inheritdoc/>
    protected override void OnRefusal(int choice, ReadOnlySpan<byte> json)
    {
        _hasRefused = true;
        Say(choice, ChatBlockKind.Refusal, json);
    }

    /// <inheritdoc/>
    protected override void OnReasoning(int choice, ReadOnlySpan<byte> json) => Say(choice, ChatBlockKind.Reasoning, json);

    /// <inheritdoc/>
    protected override void OnReasoningSignature(int choice, ReadOnlySpan<byte> json)
    {
        if (choice == 0)
        {
            // Clients take a seal for the whole of it, so it is told once, at the block's end.
            var block = IsBusy ? Waiting(ChatBlockKind.Reasoning, isSealing: true) : Open(ChatBlockKind.Reasoning, isSealing: true);
            block.Signature = [.. block.Signature, .. json];
        }
    }

    /// <inheritdoc/>
    protected override void OnReasoningRedacted(int choice, ReadOnlySpan<byte> json)
    {
        if (choice == 0)
        {
            var block = new ChatBlock(ChatBlockKind.Redacted, -1);
            block.Append(json);
            Add(block);
        }
    }

    /// <inheritdoc/>
    protected override void OnToolCall(int choice, int call, ReadOnlySpan<byte> id, ReadOnlySpan<byte> name, ReadOnlySpan<byte> signature)
    {
        if (choice == 0)
        {
            Add(new ChatBlock(ChatBlockKind.ToolCall, call) { Id = id.ToArray(), Name = name.ToArray(), Signature = signature.ToArray() });
        }
    }

    /// <inheritdoc/>
    protected override void OnToolArguments(int choice, int call, ReadOnlySpan<byte> json)
    {
        if (choice == 0 && _open is { Kind: ChatBlockKind.ToolCall } open && open.Call == call)
        {
            WriteDelta(open.Kind, json);
            OpenWaiting(isLast: false);
        }
        else if (choice == 0)
        {
            // Behind whole arguments there is nothing but white space, which is not missed.
            _waiting.Find(b => b.Call == call)?.Append(json);
        }
    }

    /// <inheritdoc/>
    protected override void OnCitation(int choice, in ChatCitation citation)
    {
        if (choice != 0 || citation.Url.IsEmpty)
        {
            // A passage of a document the caller sent has places in it that the provider's format does not tell.
            return;
        }

        if (IsBusy)
        {
            Waiting(ChatBlockKind.Text).Citations.Add(new ChatBlockCitation(citation.Url.ToArray(), citation.Title.ToArray(), citation.CitedText.ToArray()));
            return;
        }

        _ = Open(ChatBlockKind.Text);
        WriteCitation(citation);
    }

    /// <inheritdoc/>
    protected override void OnFinish(int choice, ChatFinish finish, ReadOnlySpan<byte> stopSequence)
    {
        if (choice == 0)
        {
            // Told with the usage, which may come after it.
            _finish = finish;
            _stopSequence = stopSequence.ToArray();
            OpenWaiting(isLast: true);
        }
    }

    private void Say(int choice, ChatBlockKind kind, ReadOnlySpan<byte> json)
    {
        if (choice != 0)
        {
            return;
        }

        if (IsBusy)
        {
            Waiting(kind).Append(json);
            return;
        }

        _ = Open(kind);
        WriteDelta(kind, json);
    }

    /// <summary>The open block, if it is one that goes on; else a new one.</summary>
    private ChatBlock Open(ChatBlockKind kind, bool isSealing = false)
    {
        if (_open is not { } open || open.Kind != kind || (open.Signature.Length > 0 && !isSealing))
        {
            Start(new ChatBlock(kind, -1));
        }

        return _open!;
    }

    private ChatBlock Waiting(ChatBlockKind kind, bool isSealing = false)
    {
        if (_waiting is [.., var last] && last.Kind == kind && (last.Signature.Length == 0 || isSealing))
        {
            return last;
        }

        var block = new ChatBlock(kind, -1);
        _waiting.Add(block);
        return block;
    }

    private void Add(ChatBlock block)
    {
        if (IsBusy)
        {
            _waiting.Add(block);
        }
        else
        {
            Start(block);
        }
    }

    /// <summary>Tells what waits, up to a call that is not at its end; all of it where nothing more will come.</summary>
    private void OpenWaiting(bool isLast)
    {
        while (_waiting.Count > 0 && (isLast || _open is not { Kind: ChatBlockKind.ToolCall } || _arguments.IsWhole))
        {
            var block = _waiting[0];
            _waiting.RemoveAt(0);
            Start(block);
        }
    }

    private void Begin(ReadOnlySpan<byte> id)
    {
        if (_hasBegun)
        {
            return;
        }

        _hasBegun = true;
        using (var writer = Json())
        {
            writer.WriteStartObject();
            writer.WriteString("type"u8, "message_start"u8);
            writer.WriteStartObject("message"u8);
            writer.WriteInside("id"u8, id.IsEmpty ? AnthropicAnswerWriter.MessageId(terms) : id);
            writer.WriteString("type"u8, "message"u8);
            writer.WriteString("role"u8, "assistant"u8);
            writer.WriteString("model"u8, Facts.Model ?? terms.Model);
            writer.WriteStartArray("content"u8);
            writer.WriteEndArray();
            writer.WriteNull("stop_reason"u8);
            writer.WriteNull("stop_sequence"u8);
            writer.WritePropertyName("usage"u8);
            AnthropicAnswerWriter.WriteUsage(Facts, terms, isLast: false, writer);
            writer.WriteEndObject();
            writer.WriteEndObject();
        }

        WriteEvent("event: message_start\ndata: "u8);
        Output.Write("event: ping\ndata: {\"type\":\"ping\"}\n\n"u8);
    }

    private void Start(ChatBlock block)
    {
        Begin([]);
        Close();
        _open = block;
        _arguments = default;
        Output.Write("event: content_block_start\ndata: {\"type\":\"content_block_start\",\"index\":"u8);
        WriteNumber(_blocks);
        Output.Write(",\"content_block\":"u8);
        WriteStart(block);
        Output.Write("}\n\n"u8);
        if (block.Kind != ChatBlockKind.Redacted && !block.Text.IsEmpty)
        {
            WriteDelta(block.Kind, block.Text);
        }

        foreach (var citation in block.Citations)
        {
            WriteCitation(new ChatCitation { Url = citation.Url, Title = citation.Title, CitedText = citation.CitedText });
        }
    }

    private void WriteStart(ChatBlock block)
    {
        switch (block.Kind)
        {
            case ChatBlockKind.Reasoning:
                Output.Write("{\"type\":\"thinking\",\"thinking\":\"\",\"signature\":\"\"}"u8);
                break;
            case ChatBlockKind.Redacted:
                Output.Write("{\"type\":\"redacted_thinking\",\"data\":\""u8);
                Output.Write(block.Text);
                Output.Write("\"}"u8);
                break;
            case ChatBlockKind.ToolCall:
                Output.Write("{\"type\":\"tool_use\",\"id\":\""u8);
                Output.Write(block.Id.Length > 0 ? block.Id : AnthropicAnswerWriter.CallId(terms, block.Call));
                Output.Write("\",\"name\":\""u8);
                Output.Write(block.Name);
                Output.Write("\",\"input\":{},\"caller\":{\"type\":\"direct\"}"u8);
                if (block.Signature.Length > 0)
                {
                    Output.Write(",\"extra_content\":{\"google\":{\"thought_signature\":\""u8);
                    Output.Write(block.Signature);
                    Output.Write("\"}}"u8);
                }

                Output.Write("}"u8);
                break;
            default:
                Output.Write("{\"type\":\"text\",\"text\":\"\"}"u8);
                break;
        }
    }

    /// <summary>Ends the open block: with the seal of a thought, and with empty arguments where a function was given none.</summary>
    private void Close()
    {
        if (_open is not { } block)
        {
            return;
        }

        if (block is { Kind: ChatBlockKind.Reasoning, Signature.Length: > 0 })
        {
            WriteDelta("signature_delta\",\"signature\":\""u8, block.Signature);
        }
        else if (block.Kind == ChatBlockKind.ToolCall && !_arguments.HasBegun)
        {
            WriteDelta(block.Kind, "{}"u8);
        }

        Output.Write("event: content_block_stop\ndata: {\"type\":\"content_block_stop\",\"index\":"u8);
        WriteNumber(_blocks++);
        Output.Write("}\n\n"u8);
        _open = null;
    }

    private void WriteDelta(ChatBlockKind kind, ReadOnlySpan<byte> json)
    {
        if (kind == ChatBlockKind.ToolCall)
        {
            _arguments.Read(json);
        }

        WriteDelta(
            kind switch
            {
                ChatBlockKind.Reasoning => "thinking_delta\",\"thinking\":\""u8,
                ChatBlockKind.ToolCall => "input_json_delta\",\"partial_json\":\""u8,
                _ => "text_delta\",\"text\":\""u8,
            },
            json);
    }

    private void WriteDelta(ReadOnlySpan<byte> kind, ReadOnlySpan<byte> json)
    {
        BeginDelta();
        Output.Write("{\"type\":\""u8);
        Output.Write(kind);
        Output.Write(json);
        Output.Write("\"}}\n\n"u8);
    }

    private void WriteCitation(in ChatCitation citation)
    {
        BeginDelta();
        Output.Write("{\"type\":\"citations_delta\",\"citation\":"u8);
        using (var writer = Json())
        {
            AnthropicAnswerWriter.WriteCitation(citation, writer);
        }

        Output.Write(_json.WrittenSpan);
        Output.Write("}}\n\n"u8);
    }

    private void BeginDelta()
    {
        Output.Write("event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":"u8);
        WriteNumber(_blocks);
        Output.Write(",\"delta\":"u8);
    }

    private Utf8JsonWriter Json()
    {
        _json.ResetWrittenCount();
        return new Utf8JsonWriter(_json, ChatJson.Writing);
    }

    private void WriteEvent(ReadOnlySpan<byte> head)
    {
        Output.Write(head);
        Output.Write(_json.WrittenSpan);
        Output.Write("\n\n"u8);
    }

    private void WriteNumber(int number)
    {
        var span = Output.GetSpan(20);
        _ = Utf8Formatter.TryFormat(number, span, out var written);
        Output.Advance(written);
    }
}

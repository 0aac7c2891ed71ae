using System.Buffers;
using System.Buffers.Text;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using AiOrchestrator.Core.Platform;
using AiOrchestrator.Core.Providers.Chat;

namespace AiOrchestrator.Core.Providers.OpenAi;

/// <summary>
/// Writes an answer as the events of a response (https://platform.openai.com/docs/api-reference/responses-streaming). Its last event repeats the
/// whole answer, which is why that is gathered as it passes; each piece is written at once all the same.
/// </summary>
internal sealed class OpenAiResponsesStreamWriter(AnswerTerms terms, AnswerFacts facts, IBufferWriter<byte> output) : ChatStreamWriter(facts, output)
{
    private readonly ArrayBufferWriter<byte> _json = new(512);
    private readonly List<ChatBlock> _blocks = [];
    private readonly List<OpenItem> _open = [];
    private ChatFinish _finish = ChatFinish.Stop;
    private long _sequence;
    private int _items;
    private bool _hasBegun;
    private bool _isCut;

    /// <inheritdoc/>
    public override void End()
    {
        Begin();
        _isCut = OpenAiResponsesAnswerWriter.IncompleteReason(_finish) is not null;
        CloseAll(all: true);
        WriteResponse(
            !_isCut ? "response.completed"u8 : "response.incomplete"u8,
            writer => OpenAiResponsesAnswerWriter.Write(_blocks, _finish, Facts, terms, writer));
    }

    /// <inheritdoc/>
    public override void Fail(ApiFailure failure)
    {
        Output.Write(ErrorWriter.Event(failure, ErrorShape.Responses, sequence: _sequence++).Span);
        WriteResponse("response.failed"u8, writer => OpenAiResponsesAnswerWriter.WriteUnfinished(_blocks, failure, Facts, terms, writer));
    }

    /// <inheritdoc/>
    protected override void OnBegin(ReadOnlySpan<byte> id) => Begin();

    /// <inheritdoc/>
    protected override void OnText(int choice, ReadOnlySpan<byte> json)
    {
        if (choice == 0)
        {
            var item = Part(ChatBlockKind.Text);
            item.Characters += ChatJson.Characters(json);
            item.Block.Append(json);
            WriteDelta("response.output_text.delta"u8, item, json, "\",\"logprobs\":[]}\n\n"u8);
        }
    }

    /// <inheritdoc/>
    protected override void OnRefusal(int choice, ReadOnlySpan<byte> json)
    {
        if (choice == 0)
        {
            var item = Part(ChatBlockKind.Refusal);
            item.Block.Append(json);
            WriteDelta("response.refusal.delta"u8, item, json, "\"}\n\n"u8);
        }
    }

    /// <inheritdoc/>
    protected override void OnReasoning(int choice, ReadOnlySpan<byte> json)
    {
        if (choice == 0)
        {
            var item = Reasoning();
            if (item.Block.Text.IsEmpty)
            {
                WriteAt("response.reasoning_summary_part.added"u8, item, static (_, writer) => WriteSummary(default, writer));
            }

            item.Block.Append(json);
            WriteDelta("response.reasoning_summary_text.delta"u8, item, json, "\"}\n\n"u8);
        }
    }

    /// <inheritdoc/>
    protected override void OnReasoningSignature(int choice, ReadOnlySpan<byte> json)
    {
        if (choice == 0)
        {
            var block = Reasoning(isSeal: true).Block;
            block.Signature = [.. block.Signature, .. json];
        }
    }

    /// <inheritdoc/>
    protected override void OnReasoningRedacted(int choice, ReadOnlySpan<byte> json)
    {
        if (choice == 0)
        {
            var item = Open(new ChatBlock(ChatBlockKind.Redacted, -1));
            item.Block.Append(json);
            Close(item);
        }
    }

    /// <inheritdoc/>
    protected override void OnToolCall(int choice, int call, ReadOnlySpan<byte> id, ReadOnlySpan<byte> name, ReadOnlySpan<byte> signature)
    {
        if (choice == 0)
        {
            _ = Open(new ChatBlock(ChatBlockKind.ToolCall, call) { Id = id.ToArray(), Name = name.ToArray(), Signature = signature.ToArray() });
        }
    }

    /// <inheritdoc/>
    protected override void OnToolArguments(int choice, int call, ReadOnlySpan<byte> json)
    {
        if (choice == 0 && _open.Find(i => i.Block.Call == call) is { } item)
        {
            item.Balance.Read(json);
            item.Block.Append(json);
            WriteDelta("response.function_call_arguments.delta"u8, item, json, "\"}\n\n"u8);
        }
    }

    /// <inheritdoc/>
    protected override void OnCitation(int choice, in ChatCitation citation)
    {
        // OpenAI's annotations are of addresses; a passage of a document the caller sent has none.
        if (choice == 0 && !citation.Url.IsEmpty)
        {
            var item = Part(ChatBlockKind.Text);
            var (source, at) = (new ChatBlockCitation(citation.Url.ToArray(), citation.Title.ToArray(), []), item.Block.Citations.Count);
            item.Block.Citations.Add(source);
            Write("response.output_text.annotation.added"u8, item, writer =>
            {
                writer.WriteNumber("annotation_index"u8, at);
                writer.WritePropertyName("annotation"u8);
                OpenAiResponsesAnswerWriter.WriteAnnotation(source, item.Characters, writer);
            });
        }
    }

    /// <inheritdoc/>
    protected override void OnFinish(int choice, ChatFinish finish, ReadOnlySpan<byte> stopSequence) => _finish = choice == 0 ? finish : _finish;

    private void Begin()
    {
        if (!_hasBegun)
        {
            _hasBegun = true;
            void Head(Utf8JsonWriter writer) => OpenAiResponsesAnswerWriter.WriteUnfinished(_blocks, null, Facts, terms, writer);
            WriteResponse("response.created"u8, Head);
            WriteResponse("response.in_progress"u8, Head);
        }
    }

    /// <summary>The part of a message that is written to: the open one, or one that is opened.</summary>
    private OpenItem Part(ChatBlockKind kind)
    {
        if (_open is not [.., var item] || !OpenAiResponsesAnswerWriter.IsMessage(item.Block.Kind))
        {
            item = Open(new ChatBlock(kind, -1));
        }
        else if (item.Block.Kind != kind)
        {
            ClosePart(item);
            item.Block = new ChatBlock(kind, -1);
            item.Parts++;
            _blocks.Add(item.Block);
        }
        else
        {
            return item;
        }

        item.Characters = 0;
        item.DeltaHead = null;
        WriteAt("response.content_part.added"u8, item, static (block, writer) => OpenAiResponsesAnswerWriter.WritePart(block, writer));
        return item;
    }

    /// <summary>The thoughts that are written to; what is sealed is whole, and what follows another thought.</summary>
    private OpenItem Reasoning(bool isSeal = false) =>
        _open is [.., { Block.Kind: ChatBlockKind.Reasoning } item] && (isSeal || item.Block.Signature.Length == 0) ? item : Open(new ChatBlock(ChatBlockKind.Reasoning, -1));

    private OpenItem Open(ChatBlock block)
    {
        Begin();
        CloseAll(all: false);
        var item = new OpenItem(block, _items++, _blocks.Count);
        Write("response.output_item.added"u8, null, writer =>
        {
            writer.WriteNumber("output_index"u8, item.Index);
            writer.WritePropertyName("item"u8);
            WriteItem(item, isEmpty: true, writer);
        });
        _blocks.Add(block);
        _open.Add(item);
        return item;
    }

    /// <summary>Ends what is written to. Functions that are asked for at once may take turns with their arguments: those stay until they are whole.</summary>
    private void CloseAll(bool all)
    {
        for (var i = 0; i < _open.Count;)
        {
            var item = _open[i];
            if (all || item.Block.Kind != ChatBlockKind.ToolCall || item.Balance.IsWhole)
            {
                Close(item);
            }
            else
            {
                i++;
            }
        }
    }

    private void Close(OpenItem item)
    {
        _open.Remove(item);
        switch (item.Block.Kind)
        {
            case ChatBlockKind.ToolCall:
                CloseCall(item);
                break;
            case ChatBlockKind.Reasoning when !item.Block.Text.IsEmpty:
                WriteAt("response.reasoning_summary_text.done"u8, item, static (block, writer) => writer.WriteInside("text"u8, block.Text), isText: true);
                WriteAt("response.reasoning_summary_part.done"u8, item, static (block, writer) => WriteSummary(block.Text, writer));
                break;
            case ChatBlockKind.Text or ChatBlockKind.Refusal:
                ClosePart(item);
                break;
        }

        Write("response.output_item.done"u8, null, writer =>
        {
            writer.WriteNumber("output_index"u8, item.Index);
            writer.WritePropertyName("item"u8);
            WriteItem(item, isEmpty: false, writer);
        });
    }

    private void ClosePart(OpenItem item)
    {
        if (item.Block.Kind == ChatBlockKind.Text)
        {
            Write("response.output_text.done"u8, item, writer =>
            {
                writer.WriteInside("text"u8, item.Block.Text);
                writer.WriteStartArray("logprobs"u8);
                writer.WriteEndArray();
            });
        }
        else
        {
            Write("response.refusal.done"u8, item, writer => writer.WriteInside("refusal"u8, item.Block.Text));
        }

        WriteAt("response.content_part.done"u8, item, static (block, writer) => OpenAiResponsesAnswerWriter.WritePart(block, writer));
    }

    private void CloseCall(OpenItem item)
    {
        if (item.Block.Text.IsEmpty)
        {
            // A function without parameters: what clients gather must be JSON all the same.
            item.Block.Append("{}"u8);
            WriteDelta("response.function_call_arguments.delta"u8, item, "{}"u8, "\"}\n\n"u8);
        }

        Write("response.function_call_arguments.done"u8, item, writer =>
        {
            writer.WriteInside("name"u8, item.Block.Name);
            writer.WriteInside("arguments"u8, item.Block.Text);
        });
    }

    private void WriteItem(OpenItem item, bool isEmpty, Utf8JsonWriter writer)
    {
        var parts = CollectionsMarshal.AsSpan(_blocks).Slice(Math.Min(item.FirstBlock, _blocks.Count), isEmpty ? 0 : item.Parts + 1);
        var status = isEmpty ? "in_progress"u8 : _isCut && item.Index == _items - 1 ? "incomplete"u8 : "completed"u8;
        OpenAiResponsesAnswerWriter.WriteItem(item.Block, parts, item.Index, status, terms, writer);
    }

    private static void WriteSummary(ReadOnlySpan<byte> text, Utf8JsonWriter writer)
    {
        writer.WriteStartObject();
        writer.WriteString("type"u8, "summary_text"u8);
        writer.WriteInside("text"u8, text);
        writer.WriteEndObject();
    }

    /// <summary>Writes an event that repeats the answer as it stands.</summary>
    private void WriteResponse(ReadOnlySpan<byte> type, Action<Utf8JsonWriter> response) => Write(type, null, writer =>
    {
        writer.WritePropertyName("response"u8);
        response(writer);
    });

    /// <summary>Writes an event about a part, given as <c>part</c>.</summary>
    private void WriteAt(ReadOnlySpan<byte> type, OpenItem item, Action<ChatBlock, Utf8JsonWriter> part, bool isText = false) => Write(type, item, writer =>
    {
        if (!isText)
        {
            writer.WritePropertyName("part"u8);
        }

        part(item.Block, writer);
    });

    private void Write(ReadOnlySpan<byte> type, OpenItem? item, Action<Utf8JsonWriter> members)
    {
        _json.ResetWrittenCount();
        using (var writer = new Utf8JsonWriter(_json, ChatJson.Writing))
        {
            writer.WriteStartObject();
            writer.WriteString("type"u8, type);
            writer.WriteNumber("sequence_number"u8, _sequence++);
            if (item is not null)
            {
                writer.WriteInside("item_id"u8, OpenAiResponsesAnswerWriter.ItemId(item.Block.Kind, item.Index, terms));
                writer.WriteNumber("output_index"u8, item.Index);
                if (item.PartMember is { } name)
                {
                    writer.WriteNumber(name, item.Parts);
                }
            }

            members(writer);
            writer.WriteEndObject();
        }

        WriteName(type);
        Output.Write(_json.WrittenSpan);
        Output.Write("\n\n"u8);
    }

    private void WriteDelta(ReadOnlySpan<byte> type, OpenItem item, ReadOnlySpan<byte> json, ReadOnlySpan<byte> end)
    {
        WriteName(type);
        Output.Write("{\"type\":\""u8);
        Output.Write(type);
        Output.Write("\",\"sequence_number\":"u8);
        var span = Output.GetSpan(20);
        _ = Utf8Formatter.TryFormat(_sequence++, span, out var written);
        Output.Advance(written);
        Output.Write(item.DeltaHead ??= DeltaHead(item));
        Output.Write(json);
        Output.Write(end);
    }

    private byte[] DeltaHead(OpenItem item)
    {
        var id = Encoding.ASCII.GetString(OpenAiResponsesAnswerWriter.ItemId(item.Block.Kind, item.Index, terms));
        var part = item.PartMember is { } name ? string.Create(null, $",\"{name}\":{item.Parts}") : "";
        return Encoding.ASCII.GetBytes(string.Create(null, $",\"item_id\":\"{id}\",\"output_index\":{item.Index}{part},\"delta\":\""));
    }

    private void WriteName(ReadOnlySpan<byte> type)
    {
        Output.Write("event: "u8);
        Output.Write(type);
        Output.Write("\ndata: "u8);
    }

    /// <summary>An item that is written to.</summary>
    private sealed class OpenItem(ChatBlock block, int index, int firstBlock)
    {
        public JsonBalance Balance;

        /// <summary>What is written to: of a message its last part.</summary>
        public ChatBlock Block { get; set; } = block;

        /// <summary>Which of the answer's items it is.</summary>
        public int Index => index;

        /// <summary>Where its blocks begin.</summary>
        public int FirstBlock => firstBlock;

        /// <summary>Parts of a message that are at their end.</summary>
        public int Parts { get; set; }

        /// <summary>Characters of the part so far.</summary>
        public long Characters { get; set; }

        /// <summary>What stands before the text of each piece; made once.</summary>
        public byte[]? DeltaHead { get; set; }

        /// <summary>What the number of a part is called; null where there are none.</summary>
        public string? PartMember => Block.Kind switch
        {
            ChatBlockKind.Reasoning => "summary_index",
            ChatBlockKind.Text or ChatBlockKind.Refusal => "content_index",
            _ => null,
        };
    }
}

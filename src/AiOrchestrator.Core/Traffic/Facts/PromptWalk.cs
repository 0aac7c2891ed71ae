using System.Buffers;
using System.Text.Json;
using AiOrchestrator.Core.Providers;
using AiOrchestrator.Core.Providers.OpenAi;

namespace AiOrchestrator.Core.Traffic.Facts;

/// <summary>
/// One walk through the messages, items, prompts or documents of a request: where its texts stand, whose they are, and which parts it has that are no text
/// (https://platform.openai.com/docs/api-reference/chat/create, …/responses/create, https://docs.claude.com/en/api/messages).
/// </summary>
internal ref struct PromptWalk
{
    private readonly ReadOnlySpan<byte> _body;
    private readonly bool _keepsText;
    private PromptPiece[]? _pieces;
    private int _count;
    private int _attributed;
    private int _turns;
    private int _offset;

    /// <summary>Begins a walk.</summary>
    /// <param name="body">The whole body.</param>
    /// <param name="keepsText">Whether texts are looked for.</param>
    public PromptWalk(ReadOnlySpan<byte> body, bool keepsText)
    {
        _body = body;
        _keepsText = keepsText;
    }

    /// <summary>What the parts that were met need.</summary>
    public CallNeeds Needs { get; private set; }

    /// <summary>How long the parts that are no text are, as they stand in the body.</summary>
    public long MediaBytes { get; private set; }

    /// <summary>Walks. What is malformed ends the walk where it stands.</summary>
    public void Walk(ModelCall call, RequestFacts facts)
    {
        WalkOver(facts.SystemRange, call, Speaker.System);
        WalkOver(facts.PromptRange, call, call == ModelCall.Rerank ? Speaker.System : Speaker.User);
        WalkOver(facts.QueryRange, call, Speaker.User);
        WalkOver(facts.Media.Text, call, Speaker.User);
    }

    /// <summary>What was found, decoded.</summary>
    public readonly PromptText Text() => PromptPieces.Decode(_body, _pieces.AsSpan(0, _count), _turns);

    /// <summary>Returns what was borrowed.</summary>
    public void Dispose()
    {
        if (_pieces is not null)
        {
            ArrayPool<PromptPiece>.Shared.Return(_pieces);
            _pieces = null;
        }
    }

    private void WalkOver(ByteRange range, ModelCall call, Speaker speaker)
    {
        var slice = PromptReader.Slice(_body, range);
        if (slice.IsEmpty)
        {
            return;
        }

        _offset = range.Start;
        var reader = new Utf8JsonReader(slice, new JsonReaderOptions { MaxDepth = OpenAiRequestReader.MaxDepth });
        try
        {
            Read(ref reader, call, speaker);
        }
        catch (JsonException)
        {
            // Safe: parsing has refused such a body already; whoever comes here with one is told what was said before the turn with the fault.
            _count = _attributed;
        }
    }

    private void Read(ref Utf8JsonReader reader, ModelCall call, Speaker speaker)
    {
        reader.Read();
        var holdsTurns = call is ModelCall.ChatCompletions or ModelCall.Messages or ModelCall.Responses && speaker == Speaker.User;
        if (holdsTurns && reader.TokenType == JsonTokenType.StartArray)
        {
            while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
            {
                ReadTurn(ref reader);
            }

            return;
        }

        var first = _count;
        _turns += speaker == Speaker.User ? 1 : 0;
        ReadContent(ref reader);
        Attribute(first, speaker);
    }

    private void ReadTurn(ref Utf8JsonReader reader)
    {
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            reader.Skip();
            return;
        }

        var first = _count;
        var speaker = Speaker.User;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var isRole = JsonText.Says(ref reader, "role"u8);
            var isType = JsonText.Says(ref reader, "type"u8);
            var isContent = JsonText.Says(ref reader, "content"u8) || JsonText.Says(ref reader, "output"u8);
            reader.Read();
            if (isRole && reader.TokenType == JsonTokenType.String)
            {
                speaker = RoleOf(ref reader);
            }
            else if (isType && reader.TokenType == JsonTokenType.String && !JsonText.Says(ref reader, "message"u8))
            {
                // An item of responses that nobody says: a call of a tool, its output, thoughts.
                speaker = Speaker.Other;
                NoteType(ref reader);
            }
            else if (isContent)
            {
                ReadContent(ref reader);
            }
            else
            {
                reader.Skip();
            }
        }

        _turns += speaker == Speaker.System ? 0 : 1;
        Attribute(first, speaker);
    }

    private static Speaker RoleOf(ref Utf8JsonReader reader) =>
        JsonText.Says(ref reader, "user"u8) ? Speaker.User
        : JsonText.Says(ref reader, "system"u8) || JsonText.Says(ref reader, "developer"u8) ? Speaker.System
        : Speaker.Other;

    /// <summary>A text, texts, parts, or documents; moves to the end.</summary>
    private void ReadContent(ref Utf8JsonReader reader)
    {
        switch (reader.TokenType)
        {
            case JsonTokenType.String:
                Note(ref reader);
                break;
            case JsonTokenType.StartObject:
                ReadPart(ref reader);
                break;
            case JsonTokenType.StartArray:
                while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
                {
                    ReadContent(ref reader);
                }

                break;
        }
    }

    private void ReadPart(ref Utf8JsonReader reader)
    {
        var first = _count;
        var before = Needs;
        bool isResult = false, isDocument = false, isText = false;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var needs = OfMember(ref reader);
            Needs |= needs;
            var isMedia = needs != CallNeeds.None || IsFile(ref reader);
            var member = JsonText.Says(ref reader, "type"u8) ? 't' : JsonText.Says(ref reader, "text"u8) ? 'x' : JsonText.Says(ref reader, "content"u8) ? 'c'
                : JsonText.Says(ref reader, "source"u8) ? 's' : ' ';
            reader.Read();
            switch (member)
            {
                case 't' when reader.TokenType == JsonTokenType.String:
                    isResult |= JsonText.Says(ref reader, "tool_result"u8);
                    isDocument |= JsonText.Says(ref reader, "document"u8);
                    NoteType(ref reader);
                    break;
                case 'x' when reader.TokenType == JsonTokenType.String:
                    Note(ref reader);
                    break;
                case 'c':
                    ReadContent(ref reader);
                    break;
                case 's':
                    isText |= SourceIsText(ref reader);
                    break;
                default:
                    var start = reader.TokenStartIndex;
                    reader.Skip();
                    MediaBytes += isMedia ? reader.BytesConsumed - start : 0;
                    break;
            }
        }

        if (isResult)
        {
            // What a tool says is neither the user's nor the system's.
            _count = first;
        }

        if (isDocument)
        {
            Needs = before | (isText ? CallNeeds.None : CallNeeds.Documents);
        }
    }

    /// <summary>Whether Anthropic's source of a document is text; moves to its end.</summary>
    private bool SourceIsText(ref Utf8JsonReader reader)
    {
        var start = reader.TokenStartIndex;
        var depth = reader.CurrentDepth;
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            reader.Skip();
            return false;
        }

        var isText = false;
        while (reader.Read() && reader.CurrentDepth > depth)
        {
            if (reader.TokenType == JsonTokenType.PropertyName && reader.CurrentDepth == depth + 1 && JsonText.Says(ref reader, "type"u8))
            {
                reader.Read();
                isText = reader.TokenType == JsonTokenType.String && (JsonText.Says(ref reader, "text"u8) || JsonText.Says(ref reader, "content"u8));
                reader.Skip();
            }
        }

        MediaBytes += isText ? 0 : reader.BytesConsumed - start;
        return isText;
    }

    private static CallNeeds OfMember(ref Utf8JsonReader name) =>
        JsonText.Says(ref name, "image_url"u8) ? CallNeeds.Vision
        : JsonText.Says(ref name, "input_audio"u8) || JsonText.Says(ref name, "audio_url"u8) ? CallNeeds.AudioIn
        : JsonText.Says(ref name, "video_url"u8) ? CallNeeds.VideoIn
        : CallNeeds.None;

    /// <summary>Whether a member of a part holds what lies in a file.</summary>
    private static bool IsFile(ref Utf8JsonReader name) =>
        JsonText.Says(ref name, "file"u8) || JsonText.Says(ref name, "file_data"u8) || JsonText.Says(ref name, "audio"u8);

    private void NoteType(ref Utf8JsonReader type) => Needs |=
        JsonText.Says(ref type, "image_url"u8) || JsonText.Says(ref type, "image"u8) || JsonText.Says(ref type, "input_image"u8) || JsonText.Says(ref type, "computer_screenshot"u8) ? CallNeeds.Vision
        : JsonText.Says(ref type, "input_audio"u8) || JsonText.Says(ref type, "audio"u8) || JsonText.Says(ref type, "audio_url"u8) ? CallNeeds.AudioIn
        : JsonText.Says(ref type, "video_url"u8) || JsonText.Says(ref type, "video"u8) || JsonText.Says(ref type, "input_video"u8) ? CallNeeds.VideoIn
        : JsonText.Says(ref type, "file"u8) || JsonText.Says(ref type, "input_file"u8) || JsonText.Says(ref type, "document"u8) ? CallNeeds.Documents
        : CallNeeds.None;

    private void Note(ref Utf8JsonReader text)
    {
        if (!_keepsText || text.ValueSpan.IsEmpty)
        {
            return;
        }

        if (_pieces is null || _count == _pieces.Length)
        {
            var larger = ArrayPool<PromptPiece>.Shared.Rent(Math.Max(32, _count * 2));
            _pieces.AsSpan(0, _count).CopyTo(larger);
            Dispose();
            _pieces = larger;
        }

        _pieces[_count++] = new PromptPiece(_offset + (int)text.TokenStartIndex + 1, text.ValueSpan.Length, Turn: 0);
    }

    /// <summary>Says whose the texts since one are; of those that nobody says nothing is kept.</summary>
    private void Attribute(int first, Speaker speaker)
    {
        if (speaker == Speaker.Other)
        {
            _count = first;
        }

        for (var at = first; at < _count; at++)
        {
            _pieces![at] = _pieces[at] with { Turn = speaker == Speaker.User ? _turns : 0 };
        }

        _attributed = _count;
    }

    private enum Speaker
    {
        User,
        System,
        Other,
    }
}

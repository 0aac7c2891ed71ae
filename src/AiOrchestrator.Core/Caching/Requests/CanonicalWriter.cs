using System.Buffers;
using System.Buffers.Binary;
using System.Globalization;
using System.Text.Json;
using AiOrchestrator.Core.Providers;
using AiOrchestrator.Core.Providers.OpenAi;

namespace AiOrchestrator.Core.Caching.Requests;

/// <summary>
/// Writes a JSON body in a form that is the same for all bodies that say the same: members in order of their names, texts without escapes, numbers without
/// zeros that say nothing, each with its kind and length before it, so that no two bodies that differ are written alike.
/// </summary>
internal ref struct CanonicalWriter
{
    private const byte Text = (byte)'s', Number = (byte)'n', True = (byte)'t', False = (byte)'f', Null = (byte)'z', List = (byte)'a', Object = (byte)'o', Question0 = (byte)'q';
    private const int PrefixBytes = 5;

    private readonly ReadOnlySpan<byte> _body;
    private readonly ModelCall _call;
    private readonly int _questionStart;
    private byte[] _buffer;
    private int _length;
    private CanonicalFacts _facts;

    /// <summary>Begins; borrows a buffer until it is disposed.</summary>
    /// <param name="body">A JSON object.</param>
    /// <param name="call">Which call it is for.</param>
    /// <param name="questionStart">Where the question stands in it; -1 for nowhere.</param>
    public CanonicalWriter(ReadOnlySpan<byte> body, ModelCall call, int questionStart)
    {
        _body = body;
        (_call, _questionStart) = (call, questionStart);
        _buffer = ArrayPool<byte>.Shared.Rent(Math.Max(1024, body.Length * 2));
    }

    /// <summary>What was written; the question is left out and only its place is marked.</summary>
    public readonly ReadOnlySpan<byte> Written => _buffer.AsSpan(0, _length);

    /// <summary>The question, UTF-8; null where there is none.</summary>
    public byte[]? Question { get; private set; }

    /// <summary>What was met.</summary>
    public readonly CanonicalFacts Facts => _facts;

    /// <summary>Returns the buffer.</summary>
    public void Dispose()
    {
        ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = [];
    }

    /// <summary>Writes the body.</summary>
    public void Write()
    {
        var reader = new Utf8JsonReader(_body, new JsonReaderOptions { MaxDepth = OpenAiRequestReader.MaxDepth });
        reader.Read();
        WriteObject(ref reader, isRoot: true);
        if (_call == ModelCall.Responses && _facts.Stores != false)
        {
            // What a provider keeps has a name there, which is good for whoever asked alone.
            _facts.Refuse(CacheRefusal.Stored);
        }
    }

    private void WriteValue(ref Utf8JsonReader reader)
    {
        switch (reader.TokenType)
        {
            case JsonTokenType.StartObject:
                WriteObject(ref reader, isRoot: false);
                break;
            case JsonTokenType.StartArray:
                WriteArray(ref reader);
                break;
            case JsonTokenType.String when reader.TokenStartIndex == _questionStart:
                Question = new byte[reader.ValueSpan.Length];
                var length = reader.CopyString(Question);
                Question = Question[..length];
                Put(Question0);
                break;
            case JsonTokenType.String:
                WriteText(ref reader, Text);
                break;
            case JsonTokenType.Number:
                WriteNumber(ref reader);
                break;
            default:
                Put(reader.TokenType == JsonTokenType.True ? True : reader.TokenType == JsonTokenType.False ? False : Null);
                break;
        }
    }

    private void WriteArray(ref Utf8JsonReader reader)
    {
        var start = Begin(List);
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            WriteValue(ref reader);
        }

        End(start);
    }

    private void WriteObject(ref Utf8JsonReader reader, bool isRoot)
    {
        var start = Begin(Object);
        var members = ArrayPool<(int Start, int Length)>.Shared.Rent(16);
        var count = 0;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var member = isRoot ? RequestMembers.Of(ref reader) : RequestMember.Other;
            var leadsOutside = LeadsOutside(ref reader);
            var from = _length;
            if (member == RequestMember.MaxCompletionTokens)
            {
                WriteName("max_tokens"u8);
            }
            else
            {
                WriteText(ref reader, Text);
            }

            reader.Read();
            Note(ref reader, leadsOutside);
            if (isRoot && reader.TokenType != JsonTokenType.Null)
            {
                NoteMember(ref reader, member);
            }

            if (isRoot && (member is RequestMember.NotShown or RequestMember.Store || reader.TokenType == JsonTokenType.Null || (member == RequestMember.Choices && IsOne(ref reader))))
            {
                reader.Skip();
                _length = from;
                continue;
            }

            WriteValue(ref reader);
            if (count == members.Length)
            {
                var larger = ArrayPool<(int Start, int Length)>.Shared.Rent(count * 2);
                members.AsSpan(0, count).CopyTo(larger);
                ArrayPool<(int Start, int Length)>.Shared.Return(members);
                members = larger;
            }

            members[count++] = (from, _length - from);
        }

        Sort(members.AsSpan(0, count));
        ArrayPool<(int Start, int Length)>.Shared.Return(members);
        End(start);
    }

    /// <summary>Puts members in order of their names; those with the same name stay in theirs.</summary>
    private readonly void Sort(Span<(int Start, int Length)> members)
    {
        var isSorted = true;
        for (var at = 1; at < members.Length && isSorted; at++)
        {
            isSorted = Compare(members[at - 1], members[at]) <= 0;
        }

        if (isSorted)
        {
            return;
        }

        var (from, until) = (members[0].Start, members[^1].Start + members[^1].Length);
        var copy = ArrayPool<byte>.Shared.Rent(until - from);
        _buffer.AsSpan(from, until - from).CopyTo(copy);
        for (var at = 1; at < members.Length; at++)
        {
            // By insertion: few members, mostly in order, and stable.
            var moved = members[at];
            var to = at;
            for (; to > 0 && Compare(members[to - 1], moved) > 0; to--)
            {
                members[to] = members[to - 1];
            }

            members[to] = moved;
        }

        var next = from;
        foreach (var (start, length) in members)
        {
            copy.AsSpan(start - from, length).CopyTo(_buffer.AsSpan(next));
            next += length;
        }

        ArrayPool<byte>.Shared.Return(copy);
    }

    /// <summary>By name, which stands first with its length before it: any order will do that is always the same.</summary>
    private readonly int Compare((int Start, int Length) a, (int Start, int Length) b) => Name(a.Start).SequenceCompareTo(Name(b.Start));

    private readonly ReadOnlySpan<byte> Name(int start) =>
        _buffer.AsSpan(start, PrefixBytes + BinaryPrimitives.ReadInt32LittleEndian(_buffer.AsSpan(start + 1)));

    private void WriteText(ref Utf8JsonReader reader, byte kind)
    {
        var start = Begin(kind);
        Room(reader.ValueSpan.Length);
        _length += reader.CopyString(_buffer.AsSpan(_length));
        End(start);
    }

    private void WriteName(ReadOnlySpan<byte> name)
    {
        var start = Begin(Text);
        Room(name.Length);
        name.CopyTo(_buffer.AsSpan(_length));
        _length += name.Length;
        End(start);
    }

    private static bool IsOne(ref Utf8JsonReader value) => value.TokenType == JsonTokenType.Number && value.TryGetInt32(out var number) && number == 1;

    private void WriteNumber(ref Utf8JsonReader reader)
    {
        var start = Begin(Number);
        Room(Math.Max(64, reader.ValueSpan.Length));
        if (reader.TryGetDecimal(out var number))
        {
            // Division by one with all its zeros takes those at the end away.
            _ = (number / 1.000000000000000000000000000000000m).TryFormat(_buffer.AsSpan(_length), out var written, default, CultureInfo.InvariantCulture);
            _length += written;
        }
        else
        {
            reader.ValueSpan.CopyTo(_buffer.AsSpan(_length));
            _length += reader.ValueSpan.Length;
        }

        End(start);
    }

    /// <summary>Whether a member of this name holds, where it is a text, what lies elsewhere: by an address, or by the provider's name for it.</summary>
    private static Lead LeadsOutside(ref Utf8JsonReader name) => name.ValueSpan.Length is < 3 or > 96 ? Lead.None
        : name.ValueTextEquals("url"u8) || name.ValueTextEquals("image_url"u8) || name.ValueTextEquals("file_url"u8) || name.ValueTextEquals("video_url"u8)
            || name.ValueTextEquals("audio_url"u8) || name.ValueTextEquals("file_uri"u8) || name.ValueTextEquals("fileUri"u8) ? Lead.Address
        : name.ValueTextEquals("file_id"u8) || name.ValueTextEquals("container"u8) || name.ValueTextEquals("mcp_servers"u8) || name.ValueTextEquals("vector_store_ids"u8) ? Lead.Name
        : Lead.None;

    private void Note(ref Utf8JsonReader value, Lead lead)
    {
        if ((lead == Lead.Name && value.TokenType is (JsonTokenType.String or JsonTokenType.StartArray))
            || (lead == Lead.Address && value.TokenType == JsonTokenType.String && !value.ValueSpan.StartsWith("data:"u8)))
        {
            _facts.Refuse(CacheRefusal.Outside);
        }
    }

    private void NoteMember(ref Utf8JsonReader value, RequestMember member)
    {
        switch (member)
        {
            case RequestMember.Temperature:
                _facts.Temperature = value.TokenType == JsonTokenType.Number && value.TryGetDouble(out var temperature) ? temperature : null;
                break;
            case RequestMember.Seed:
                _facts.HasSeed = true;
                break;
            case RequestMember.Store:
                _facts.Stores = value.TokenType == JsonTokenType.True;
                if (value.TokenType == JsonTokenType.True)
                {
                    _facts.Refuse(CacheRefusal.Stored);
                }

                break;
            case RequestMember.Tools:
                NoteTools(value);
                break;
            case RequestMember.Extras when value.TokenType is not (JsonTokenType.False or JsonTokenType.Null):
                _facts.Refuse(CacheRefusal.Extras);
                break;
            case RequestMember.Modalities:
                var modalities = value;
                while (modalities.Read() && modalities.TokenType == JsonTokenType.String)
                {
                    if (!modalities.ValueTextEquals("text"u8))
                    {
                        _facts.Refuse(CacheRefusal.Extras);
                    }
                }

                break;
            case RequestMember.HostedTools:
                _facts.Refuse(CacheRefusal.HostedTools);
                break;
            case RequestMember.Continues when value.TokenType != JsonTokenType.False:
                _facts.Refuse(CacheRefusal.Stored);
                break;
            case RequestMember.Prompt when _call == ModelCall.Responses:
                _facts.Refuse(CacheRefusal.Outside);
                break;
        }
    }

    /// <summary>Functions are run by the caller; what has another type is run by the provider.</summary>
    private void NoteTools(Utf8JsonReader tools)
    {
        if (tools.TokenType != JsonTokenType.StartArray)
        {
            return;
        }

        var depth = tools.CurrentDepth;
        while (tools.Read() && tools.CurrentDepth > depth)
        {
            _facts.OffersTools = true;
            if (tools.TokenType == JsonTokenType.PropertyName && tools.CurrentDepth == depth + 2 && tools.ValueTextEquals("type"u8)
                && tools.Read() && !(tools.TokenType == JsonTokenType.String && (tools.ValueTextEquals("function"u8) || tools.ValueTextEquals("custom"u8))))
            {
                _facts.Refuse(CacheRefusal.HostedTools);
            }
        }
    }

    private void Put(byte kind)
    {
        Room(1);
        _buffer[_length++] = kind;
    }

    /// <summary>Writes the kind and leaves room for the length.</summary>
    private int Begin(byte kind)
    {
        Room(PrefixBytes);
        _buffer[_length] = kind;
        _length += PrefixBytes;
        return _length;
    }

    private readonly void End(int start) => BinaryPrimitives.WriteInt32LittleEndian(_buffer.AsSpan(start - sizeof(int)), _length - start);

    private void Room(int bytes)
    {
        if (_buffer.Length - _length >= bytes)
        {
            return;
        }

        var larger = ArrayPool<byte>.Shared.Rent(Math.Max(_buffer.Length * 2, _length + bytes));
        _buffer.AsSpan(0, _length).CopyTo(larger);
        ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = larger;
    }

    private enum Lead
    {
        None,
        Address,
        Name,
    }
}

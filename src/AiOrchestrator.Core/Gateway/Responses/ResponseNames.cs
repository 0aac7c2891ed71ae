using System.Buffers;
using System.Text;
using System.Text.Json;
using AiOrchestrator.Core.Identity;
using AiOrchestrator.Core.Platform;
using AiOrchestrator.Core.Providers.OpenAi;

namespace AiOrchestrator.Core.Gateway.Responses;

/// <summary>
/// Puts the caller's names of responses where an answer has the provider's: in the answer itself, or in the events that hold it, which are those a stream
/// begins and ends with. All other bytes pass as they are. One for each answer; not for several threads at once.
/// </summary>
/// <param name="ids">Seals them.</param>
/// <param name="caller">Who asks.</param>
/// <param name="providerId">Where the responses lie.</param>
/// <param name="hasPrevious">Whether the answer may name the response before it, which stands far behind its own name.</param>
internal sealed class ResponseNames(ResponseIds ids, Caller caller, string providerId, bool hasPrevious)
{
    private readonly List<(byte[] Theirs, ReadOnlyMemory<byte> Ours)> _known = [];

    /// <summary>An answer as the caller sees it.</summary>
    /// <param name="answer">JSON that has been checked.</param>
    public ReadOnlyMemory<byte> Renamed(ReadOnlyMemory<byte> answer)
    {
        var edits = Edits(answer.Span, isEvent: false);
        if (edits.Count == 0)
        {
            return answer;
        }

        var written = new ArrayBufferWriter<byte>(answer.Length + 256);
        Write(answer.Span, 0, edits, written);
        return written.WrittenMemory;
    }

    /// <summary>Writes an event as the caller sees it.</summary>
    /// <param name="raw">The event as it came.</param>
    /// <param name="data">Its data, JSON that has been checked: a piece of it, or a copy where it stands on several lines.</param>
    /// <param name="output">Where to.</param>
    public void WriteEvent(ReadOnlySpan<byte> raw, ReadOnlySpan<byte> data, IBufferWriter<byte> output)
    {
        var edits = Edits(data, isEvent: true);
        if (edits.Count == 0)
        {
            output.Write(raw);
        }
        else if (raw.Overlaps(data, out var offset))
        {
            Write(raw, offset, edits, output);
        }
        else
        {
            WriteJoined(SseScanner.Name(raw), data, edits, output);
        }
    }

    /// <summary>Told on one line: a line's end in JSON is white space.</summary>
    private static void WriteJoined(ReadOnlySpan<byte> name, ReadOnlySpan<byte> data, IReadOnlyList<Edit> edits, IBufferWriter<byte> output)
    {
        if (!name.IsEmpty)
        {
            output.Write("event: "u8);
            output.Write(name);
            output.Write("\n"u8);
        }

        var line = data.ToArray();
        line.AsSpan().Replace((byte)'\n', (byte)' ');
        output.Write("data: "u8);
        Write(line, 0, edits, output);
        output.Write("\n\n"u8);
    }

    private static void Write(ReadOnlySpan<byte> bytes, int offset, IReadOnlyList<Edit> edits, IBufferWriter<byte> output)
    {
        var at = 0;
        foreach (var edit in edits)
        {
            output.Write(bytes[at..(offset + edit.At.Start)]);
            output.Write(edit.With.Span);
            at = offset + edit.At.End;
        }

        output.Write(bytes[at..]);
    }

    private IReadOnlyList<Edit> Edits(ReadOnlySpan<byte> json, bool isEvent)
    {
        // Pieces of text are most of a stream: they are not read once more. Within a string the quotes would be escaped.
        if (isEvent && json.IndexOf("\"response\""u8) < 0)
        {
            return [];
        }

        var edits = new List<Edit>(2);
        var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = 512 });
        reader.Read();
        if (!isEvent || TryEnterResponse(ref reader))
        {
            Find(ref reader, edits);
        }

        return edits;
    }

    /// <summary>Moves to the brace of the event's response.</summary>
    private static bool TryEnterResponse(ref Utf8JsonReader reader)
    {
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var isResponse = reader.ValueTextEquals("response"u8);
            reader.Read();
            if (isResponse && reader.TokenType == JsonTokenType.StartObject)
            {
                return true;
            }

            reader.Skip();
        }

        return false;
    }

    private void Find(ref Utf8JsonReader reader, List<Edit> edits)
    {
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var isId = reader.ValueTextEquals("id"u8);
            var isName = isId || reader.ValueTextEquals("previous_response_id"u8);
            reader.Read();
            if (isName && reader.TokenType == JsonTokenType.String && Ours(ref reader) is { IsEmpty: false } ours)
            {
                edits.Add(new Edit(new ByteRange((int)reader.TokenStartIndex, reader.ValueSpan.Length + 2), ours));
            }

            if (isId && !hasPrevious)
            {
                return;
            }

            reader.Skip();
        }
    }

    /// <summary>The name we have for theirs, in quotes; empty where it is none that could be asked about, which then stays as it is.</summary>
    private ReadOnlyMemory<byte> Ours(ref Utf8JsonReader reader)
    {
        foreach (var (theirs, ours) in _known)
        {
            if (reader.ValueSpan.SequenceEqual(theirs))
            {
                return ours;
            }
        }

        if (reader.GetString() is not { } id || !StoredResponse.IsPlain(id))
        {
            return default;
        }

        // Sealed names need no escapes.
        ReadOnlyMemory<byte> made = Encoding.ASCII.GetBytes($"\"{ids.Seal(caller, new StoredResponse(providerId, id))}\"");
        _known.Add((reader.ValueSpan.ToArray(), made));
        return made;
    }
}

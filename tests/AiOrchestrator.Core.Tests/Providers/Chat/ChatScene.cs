using System.Buffers;
using System.Text;
using System.Text.Json;
using AiOrchestrator.Core.Metering;
using AiOrchestrator.Core.Metering.Counting;
using AiOrchestrator.Core.Platform;
using AiOrchestrator.Core.Providers;
using AiOrchestrator.Core.Providers.Anthropic;
using AiOrchestrator.Core.Providers.Chat;
using AiOrchestrator.Core.Providers.OpenAi;

namespace AiOrchestrator.Core.Tests.Providers.Chat;

/// <summary>Reads an answer in a provider's format and writes it in a caller's dialect, without a host.</summary>
internal static class ChatScene
{
    /// <summary>Dialects by the names of golden folders.</summary>
    private static readonly Dictionary<string, ChatDialect> Dialects = new(StringComparer.Ordinal)
    {
        ["chat"] = OpenAiChatDialect.Instance,
        ["responses"] = OpenAiResponsesDialect.Instance,
        ["messages"] = AnthropicDialect.Instance,
        ["completions"] = OpenAiCompletionsDialect.Instance,
    };

    /// <summary>All dialects, by name.</summary>
    public static IEnumerable<string> DialectNames => Dialects.Keys;

    /// <summary>A dialect and a format, by <c>DIALECT-FORMAT</c>.</summary>
    public static (ChatDialect Dialect, ChatFormat Format) Pair(string pair)
    {
        var dash = pair.IndexOf('-', StringComparison.Ordinal);
        return (Dialects[pair[..dash]], ChatFormats.Named(pair[(dash + 1)..])!);
    }

    /// <summary>A model of this name, bound by <c>max_tokens</c>.</summary>
    public static ServedModel Model(string id)
    {
        Assert.True(PriceTable.LoadEmbedded().TryFindModel("openai", "gpt-4o", out var entry));
        return new ServedModel(id, id, entry);
    }

    /// <summary>A streamed answer, from the events' data to the caller's stream.</summary>
    public static Told Stream(string pair, IEnumerable<string> events)
    {
        var (dialect, format) = Pair(pair);
        using var facts = Facts(format);
        var output = new ArrayBufferWriter<byte>();
        var writer = dialect.CreateStream(Terms(), facts, output);
        var reader = format.CreateReader();
        foreach (var data in events)
        {
            switch (format.StreamsBinary ? Read(reader, BinaryEvents.OfLine(data), writer) : reader.ReadEvent(NameOf(data), Encoding.UTF8.GetBytes(data), writer))
            {
                case AnswerPiece.End:
                    writer.End();
                    return new Told(Text(output), facts, null);
                case AnswerPiece.Error:
                    return new Told(Text(output), facts, reader.Error!.Message);
                case AnswerPiece.Invalid:
                    return new Told(Text(output), facts, "invalid");
            }
        }

        if (!reader.MayEndHere(writer))
        {
            return new Told(Text(output), facts, "cut");
        }

        writer.End();
        return new Told(Text(output), facts, null);
    }

    /// <summary>A binary stream, as far as it can be read.</summary>
    public static Told Binary(string pair, byte[] stream)
    {
        var (dialect, format) = Pair(pair);
        using var facts = Facts(format);
        var output = new ArrayBufferWriter<byte>();
        var writer = dialect.CreateStream(Terms(), facts, output);
        var reader = format.CreateReader();
        for (var rest = stream.AsSpan(); !rest.IsEmpty;)
        {
            var piece = EventStreamScanner.Next(rest, 1_000_000, out var found);
            if (piece != EventStreamPiece.Event)
            {
                return new Told(Text(output), facts, piece.ToString());
            }

            switch (reader.ReadEvent(found.Name, found.Data, writer))
            {
                case AnswerPiece.End:
                    writer.End();
                    return new Told(Text(output), facts, null);
                case AnswerPiece.Error:
                    return new Told(Text(output), facts, reader.Error!.Message);
                case AnswerPiece.Invalid:
                    return new Told(Text(output), facts, "invalid");
            }

            rest = rest[found.Length..];
        }

        return new Told(Text(output), facts, "cut");
    }

    /// <summary>A whole answer, likewise.</summary>
    public static Told Whole(string pair, string json)
    {
        var (dialect, format) = Pair(pair);
        using var facts = Facts(format);
        var answer = new ChatAnswer(facts);
        var reader = format.CreateReader();
        var piece = reader.ReadWhole(Encoding.UTF8.GetBytes(json), answer);
        if (piece != AnswerPiece.End)
        {
            return new Told("", facts, piece == AnswerPiece.Error ? reader.Error!.Message : "invalid");
        }

        var output = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(output, ChatJson.Writing))
        {
            dialect.Write(answer, Terms(), writer);
        }

        return new Told(Text(output), facts, null);
    }

    private static AnswerPiece Read(ChatAnswerReader reader, byte[] frame, ChatSink sink)
    {
        Assert.Equal(EventStreamPiece.Event, EventStreamScanner.Next(frame, frame.Length, out var found));
        return reader.ReadEvent(found.Name, found.Data, sink);
    }

    private static AnswerTerms Terms() => new("ex1", "asked-for", DateTimeOffset.UnixEpoch.AddSeconds(1_700_000_000), new RequestFacts { IncludeUsage = true });

    private static AnswerFacts Facts(ChatFormat format)
    {
        var facts = new AnswerFacts { Format = format.Usage };
        facts.CountBy(ModelFamilies.Of("openai", "gpt-4o"));
        return facts;
    }

    private static string Text(ArrayBufferWriter<byte> output) => Encoding.UTF8.GetString(output.WrittenSpan);

    /// <summary>As Anthropic and OpenAI's responses name their events: by their type.</summary>
    private static byte[] NameOf(string data)
    {
        const string Type = "{\"type\":\"";
        return data.StartsWith(Type, StringComparison.Ordinal) ? Encoding.UTF8.GetBytes(data[Type.Length..data.IndexOf('"', Type.Length)]) : [];
    }
}

/// <summary>What the caller was told, and what was learnt.</summary>
/// <param name="Text">Whole or as a stream.</param>
/// <param name="Facts">What was learnt.</param>
/// <param name="Failure">What ended it; null where all went well.</param>
internal sealed record Told(string Text, AnswerFacts Facts, string? Failure);

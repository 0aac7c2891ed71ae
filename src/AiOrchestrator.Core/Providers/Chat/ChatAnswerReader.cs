using System.Text.Json;

namespace AiOrchestrator.Core.Providers.Chat;

/// <summary>What a piece of a provider's answer was.</summary>
internal enum AnswerPiece
{
    /// <summary>Part of the answer, or of no interest to it.</summary>
    Content,

    /// <summary>The last one: the answer is whole.</summary>
    End,

    /// <summary>An error inside the answer: <see cref="ChatAnswerReader.Error"/>.</summary>
    Error,

    /// <summary>Not what the format says.</summary>
    Invalid,
}

/// <summary>What a provider says is wrong.</summary>
/// <param name="Type">Its word for the kind; null where it has none.</param>
/// <param name="Message">Its sentence; never empty.</param>
internal sealed record ProviderError(string? Type, string Message)
{
    /// <summary>Its word for exactly this; null where it has none.</summary>
    public string? Code { get; init; }

    /// <summary>The member of its request that is at fault; null where it does not say.</summary>
    public string? Param { get; init; }

    /// <summary>Whether it is about who the gateway is to the provider rather than about the request: formats differ in the status they say that with.</summary>
    public bool IsOfCredential { get; init; }

    /// <summary>When a retry may differ, whole seconds from now; null where it does not say, or says it in a header.</summary>
    public int? RetryAfterSeconds { get; init; }
}

/// <summary>
/// Reads one answer in one wire format, whole or event by event, in constant memory. Nothing a provider sends makes it throw.
/// One for each answer; not for several threads at once.
/// </summary>
internal abstract class ChatAnswerReader
{
    private static readonly JsonReaderOptions Options = new() { MaxDepth = 512 };

    /// <summary>What the provider said was wrong, after <see cref="AnswerPiece.Error"/>.</summary>
    public ProviderError? Error { get; protected set; }

    /// <summary>Whether a stream that just stops after what was read is whole: formats differ in whether they say so.</summary>
    public virtual bool MayEndHere(ChatSink sink) => sink.Facts.FinishReason is not null;

    /// <summary>Reads a whole answer.</summary>
    /// <param name="json">The body.</param>
    /// <param name="sink">Who is told.</param>
    /// <returns><see cref="AnswerPiece.End"/> where all is well.</returns>
    public AnswerPiece ReadWhole(ReadOnlySpan<byte> json, ChatSink sink) => Guard(json, default, sink, isWhole: true);

    /// <summary>Reads one event of a stream.</summary>
    /// <param name="name">The event's name; empty where it has none.</param>
    /// <param name="data">Its data.</param>
    /// <param name="sink">Who is told.</param>
    public AnswerPiece ReadEvent(ReadOnlySpan<byte> name, ReadOnlySpan<byte> data, ChatSink sink) => Guard(data, name, sink, isWhole: false);

    /// <summary>Reads one, the reader on its outermost brace.</summary>
    protected abstract AnswerPiece Whole(ref Utf8JsonReader reader, ReadOnlySpan<byte> json, ChatSink sink);

    /// <inheritdoc cref="Whole"/>
    protected abstract AnswerPiece Event(ref Utf8JsonReader reader, ReadOnlySpan<byte> name, ReadOnlySpan<byte> json, ChatSink sink);

    /// <summary>Data that is no JSON object, such as OpenAI's end marker.</summary>
    protected virtual AnswerPiece Other(ReadOnlySpan<byte> data, ChatSink sink) => AnswerPiece.Invalid;

    /// <summary>Takes a text whose member has this name; the inside of a JSON string.</summary>
    protected static bool Take(ReadOnlySpan<byte> name, ReadOnlySpan<byte> wanted, ref ReadOnlySpan<byte> into, ReadOnlySpan<byte> value)
    {
        if (!name.SequenceEqual(wanted))
        {
            return false;
        }

        into = value;
        return true;
    }

    private AnswerPiece Guard(ReadOnlySpan<byte> json, ReadOnlySpan<byte> name, ChatSink sink, bool isWhole)
    {
        try
        {
            if (!json.TrimStart(" \r\n\t"u8).StartsWith("{"u8))
            {
                return isWhole ? AnswerPiece.Invalid : Other(json, sink);
            }

            // To its end first: whoever is told of half an event cannot take it back.
            var check = new Utf8JsonReader(json, Options);
            while (check.Read())
            {
            }

            var reader = new Utf8JsonReader(json, Options);
            reader.Read();
            return isWhole ? Whole(ref reader, json, sink) : Event(ref reader, name, json, sink);
        }
        catch (Exception failure) when (failure is JsonException or InvalidOperationException)
        {
            // What a provider sends is outside our control; the caller decides what garbage means at this point of the answer.
            // The second kind is what the reader throws at names and texts with an escape that is half a surrogate pair.
            return AnswerPiece.Invalid;
        }
    }
}

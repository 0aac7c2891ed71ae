using System.Buffers;
using System.Text.Json;
using AiOrchestrator.Core.Caching.Policies;
using AiOrchestrator.Core.Gateway.Stages;
using AiOrchestrator.Core.Metering.Extraction;
using AiOrchestrator.Core.Providers.Chat;
using AiOrchestrator.Core.Providers.OpenAi;

namespace AiOrchestrator.Core.Gateway.Caching;

/// <summary>An answer to be kept.</summary>
/// <param name="Format">The format it is in.</param>
/// <param name="Usage">How usage is written down in it.</param>
/// <param name="Body">The answer, whole.</param>
internal readonly record struct CapturedAnswer(string Format, UsageFormat Usage, byte[] Body);

/// <summary>
/// Looks on while an answer is relayed, and has it whole in the end: as the provider wrote it, or put together from its events in the caller's dialect. One for
/// each try; not for several threads at once.
/// </summary>
internal sealed class AnswerCapture
{
    /// <summary>An event has so much around what it says, at most: a stream of more events than this allows is given up.</summary>
    private const int StreamTimes = 64;

    private readonly string _format;
    private readonly int _maxBytes;
    private readonly ChatAnswerReader? _reader;
    private readonly ChatAnswer _answer;
    private byte[]? _body;
    private long _bytes;
    private bool _isWhole;
    private bool _isBroken;

    /// <summary>Begins with a try.</summary>
    /// <param name="exchange">What is asked, at a route.</param>
    /// <param name="maxBytes">Larger answers are not kept.</param>
    public AnswerCapture(Exchange exchange, int maxBytes)
    {
        (_format, _maxBytes) = (CachedFormats.Of(exchange), maxBytes);
        _reader = CachedFormats.CreateReader(_format);
        _answer = new ChatAnswer(new AnswerFacts { Format = exchange.AnswerFacts.Format });
    }

    /// <summary>An event passes.</summary>
    /// <param name="name">Its name; empty where it has none.</param>
    /// <param name="data">Its data.</param>
    public void Event(ReadOnlySpan<byte> name, ReadOnlySpan<byte> data)
    {
        _bytes += data.Length;
        _isBroken |= _bytes > (long)_maxBytes * StreamTimes || _reader is null;
        if (!_isBroken && !_isWhole)
        {
            Took(_reader!.ReadEvent(name, data, _answer));
        }
    }

    /// <summary>A whole answer passes, as its provider wrote it.</summary>
    public void Whole(ReadOnlyMemory<byte> body)
    {
        _isBroken |= body.Length > _maxBytes;
        if (_isBroken || _reader is null)
        {
            return;
        }

        _body = body.ToArray();
        Took(_reader.ReadWhole(_body, _answer));
    }

    /// <summary>What the caller is written passes: of calls that are no conversation this is what is kept.</summary>
    public void Written(ReadOnlyMemory<byte> body)
    {
        if (_reader is null && body.Length <= _maxBytes)
        {
            (_body, _isWhole) = (body.ToArray(), true);
        }
    }

    /// <summary>
    /// What is to be kept and the format it is in; null where it is not whole, or holds what is not given again (CA-05): an end for another reason than that the
    /// model was done, a refusal, nothing at all, or calls of functions where the policy does not have them.
    /// </summary>
    /// <param name="exchange">How it ended.</param>
    /// <param name="tools">Which calls with tools are kept.</param>
    public CapturedAnswer? Take(Exchange exchange, CacheTools tools)
    {
        if (_isBroken || (!_isWhole && (_body is not null || _reader is null || !_reader.MayEndHere(_answer))))
        {
            return null;
        }

        if (_reader is null)
        {
            return _body is null ? null : new CapturedAnswer(_format, _answer.Facts.Format, _body);
        }

        if (!IsClean(exchange.Request.Choices, tools))
        {
            return null;
        }

        if (_body is not null)
        {
            return new CapturedAnswer(_format, _answer.Facts.Format, _body);
        }

        if (_answer.Facts.Reported is null)
        {
            // What it used nobody has said, and whoever is given it is to be told.
            return null;
        }

        var dialect = ChatFormats.DialectOf(exchange.Call)!;
        var written = new ArrayBufferWriter<byte>(1024);
        using (var writer = new Utf8JsonWriter(written, ChatJson.Writing))
        {
            dialect.Write(_answer, TranslateRequest.AnswerTerms(exchange), writer);
        }

        return written.WrittenCount > _maxBytes ? null
            : new CapturedAnswer(dialect.Format, ChatFormats.Named(dialect.Format)?.Usage ?? UsageFormat.OpenAiChat, written.WrittenSpan.ToArray());
    }

    private bool IsClean(int choices, CacheTools tools) => _answer.Choices.Count >= Math.Max(1, choices) && _answer.Choices.All(c => IsClean(c, tools == CacheTools.Called));

    private static bool IsClean(Providers.Chat.ChatChoice choice, bool mayCall) =>
        (choice.Finish is ChatFinish.Stop or ChatFinish.StopSequence || (choice.Finish == ChatFinish.ToolCalls && mayCall))
        && choice.Blocks.Exists(static b => b.Kind == ChatBlockKind.ToolCall || (b.Kind == ChatBlockKind.Text && b.Text.Length > 0))
        && choice.Blocks.TrueForAll(b => b.Kind != ChatBlockKind.Refusal && (b.Kind != ChatBlockKind.ToolCall || mayCall));

    private void Took(AnswerPiece piece)
    {
        _isWhole |= piece == AnswerPiece.End;
        _isBroken |= piece is AnswerPiece.Error or AnswerPiece.Invalid;
    }
}

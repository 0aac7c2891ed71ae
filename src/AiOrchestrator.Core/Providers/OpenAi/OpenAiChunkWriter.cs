using System.Buffers;
using System.Buffers.Text;
using System.Globalization;
using System.Text;
using System.Text.Json;
using AiOrchestrator.Core.Platform;
using AiOrchestrator.Core.Providers.Chat;

namespace AiOrchestrator.Core.Providers.OpenAi;

/// <summary>Writes an answer as chunks of one of OpenAI's completions: what each begins with, the usage where it is asked for, and the end marker.</summary>
/// <param name="terms">What else it says.</param>
/// <param name="kind">The <c>object</c> of each chunk.</param>
/// <param name="facts">What is learnt of the answer.</param>
/// <param name="output">Takes whole events.</param>
internal abstract class OpenAiChunkWriter(AnswerTerms terms, string kind, AnswerFacts facts, IBufferWriter<byte> output) : ChatStreamWriter(facts, output)
{
    private byte[] _id = [];
    private byte[]? _head;

    /// <summary>What else it says.</summary>
    protected AnswerTerms Terms => terms;

    /// <summary>What an answer is called that its provider has no name for.</summary>
    protected abstract byte[] UsualId { get; }

    /// <inheritdoc/>
    public override void End()
    {
        if (terms.Request.IncludeUsage)
        {
            WriteHead("\"choices\":[],\"usage\":"u8);
            var usage = new ArrayBufferWriter<byte>(256);
            using (var writer = new Utf8JsonWriter(usage, ChatJson.Writing))
            {
                OpenAiChatAnswerWriter.WriteUsage(Facts, writer);
            }

            Output.Write(usage.WrittenSpan);
            Output.Write("}\n\n"u8);
        }

        Output.Write("data: [DONE]\n\n"u8);
    }

    /// <inheritdoc/>
    public override void Fail(ApiFailure failure) => Output.Write(ErrorWriter.Event(failure).Span);

    /// <inheritdoc/>
    protected override void OnBegin(ReadOnlySpan<byte> id)
    {
        if (_head is null)
        {
            _id = id.ToArray();
            OnBegun();
        }
    }

    /// <summary>The answer has begun; nothing of it is written yet.</summary>
    protected virtual void OnBegun()
    {
    }

    /// <summary>Begins a chunk.</summary>
    protected void WriteHead(ReadOnlySpan<byte> then)
    {
        _head ??= Head();
        Output.Write(_head);
        Output.Write(then);
    }

    /// <summary>Writes a number.</summary>
    protected void WriteNumber(long number)
    {
        var span = Output.GetSpan(20);
        _ = Utf8Formatter.TryFormat(number, span, out var written);
        Output.Advance(written);
    }

    private byte[] Head()
    {
        var head = new ArrayBufferWriter<byte>(256);
        head.Write("data: {\"id\":\""u8);
        head.Write(_id.Length > 0 ? _id : UsualId);
        head.Write("\",\"object\":\""u8);
        head.Write(Encoding.ASCII.GetBytes(kind));
        head.Write("\",\"created\":"u8);
        head.Write(Encoding.ASCII.GetBytes(terms.Created.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture)));
        head.Write(",\"model\":"u8);
        head.Write(JsonSerializer.SerializeToUtf8Bytes(Facts.Model ?? terms.Model, UpstreamJson.Default.String));
        head.Write(","u8);
        return head.WrittenSpan.ToArray();
    }
}

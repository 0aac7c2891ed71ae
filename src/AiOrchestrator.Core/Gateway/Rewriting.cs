using System.Buffers;
using System.Text.Json;
using AiOrchestrator.Core.Platform;
using AiOrchestrator.Core.Providers;
using AiOrchestrator.Core.Providers.Chat;
using AiOrchestrator.Core.Providers.Embeddings;
using AiOrchestrator.Core.Providers.Reranking;
using AiOrchestrator.Core.Providers.Speech;

namespace AiOrchestrator.Core.Gateway;

/// <summary>A call whose client and provider speak different wire formats: what is sent instead of the caller's body.</summary>
internal abstract class Rewriting : IDisposable
{
    private ArrayBufferWriter<byte> _body = new();

    /// <summary>Members that mean nothing to the provider and are not sent, in the caller's words.</summary>
    public List<string> Dropped { get; } = [];

    /// <summary>What is sent.</summary>
    public ReadOnlyMemory<byte> Body => _body.WrittenMemory;

    /// <summary>Writes the body; again where the bound of the output has changed since.</summary>
    /// <returns>Null, or what the provider's format cannot say.</returns>
    public ApiFailure? Write(in UpstreamTerms terms)
    {
        Dropped.Clear();
        _body = new ArrayBufferWriter<byte>(Math.Max(256, _body.WrittenCount));
        using var writer = new Utf8JsonWriter(_body, ChatJson.Writing);
        var failure = WriteBody(terms, writer);
        if (failure is null)
        {
            writer.Flush();
        }
        else
        {
            // What stands half written is never sent.
            writer.Reset(new ArrayBufferWriter<byte>());
        }

        return failure;
    }

    /// <inheritdoc/>
    public abstract void Dispose();

    /// <inheritdoc cref="Write"/>
    protected abstract ApiFailure? WriteBody(in UpstreamTerms terms, Utf8JsonWriter writer);
}

/// <summary>One that is no conversation: one question, one answer, never streamed.</summary>
/// <param name="document">The caller's body.</param>
internal abstract class PlainRewriting(JsonDocument document) : Rewriting
{
    /// <summary>The caller's body.</summary>
    protected JsonElement Root => document.RootElement;

    /// <summary>Whether every answer says what it cost.</summary>
    public abstract bool ReportsUsage { get; }

    /// <summary>Reads the caller's body.</summary>
    /// <returns>Null, or what is wrong with it.</returns>
    public abstract ApiFailure? Read();

    /// <summary>Where the request goes.</summary>
    public abstract Uri UriOf(Provider provider, ServedModel model);

    /// <summary>Writes the provider's answer as the caller expects it.</summary>
    /// <param name="answer">The provider's.</param>
    /// <param name="exchange">The call: takes what is learnt of the answer.</param>
    /// <param name="writer">Where to.</param>
    /// <returns>False where it is not what the format says.</returns>
    public abstract bool Tell(JsonElement answer, Exchange exchange, Utf8JsonWriter writer);

    /// <inheritdoc/>
    public override void Dispose() => document.Dispose();
}

/// <summary>Speech of a provider that does not speak OpenAI's wire format.</summary>
internal sealed class SpeechRewriting(JsonDocument document, SpeechFormat format) : PlainRewriting(document)
{
    private readonly SpeechCall _request = new();

    /// <inheritdoc/>
    public override bool ReportsUsage => false;

    /// <inheritdoc/>
    public override ApiFailure? Read() => _request.Read(Root);

    /// <inheritdoc/>
    public override Uri UriOf(Provider provider, ServedModel model) => format.UriOf(provider, _request);

    /// <summary>Sound is relayed as it comes: what is not sound is none of the format's answers.</summary>
    public override bool Tell(JsonElement answer, Exchange exchange, Utf8JsonWriter writer) => false;

    /// <inheritdoc/>
    protected override ApiFailure? WriteBody(in UpstreamTerms terms, Utf8JsonWriter writer) => format.Write(_request, terms, writer, Dropped);
}

/// <summary>Embeddings of a provider that does not speak OpenAI's wire format.</summary>
internal sealed class EmbeddingsRewriting(JsonDocument document, EmbeddingsFormat format) : PlainRewriting(document)
{
    private readonly EmbeddingsRequest _request = new();

    /// <inheritdoc/>
    public override bool ReportsUsage => format.ReportsUsage;

    /// <inheritdoc/>
    public override ApiFailure? Read() => _request.Read(Root);

    /// <inheritdoc/>
    public override Uri UriOf(Provider provider, ServedModel model) => format.UriOf(provider, model);

    /// <inheritdoc/>
    public override bool Tell(JsonElement answer, Exchange exchange, Utf8JsonWriter writer)
    {
        var vectors = new EmbeddingsAnswer(exchange.AnswerFacts);
        if (!format.Read(answer, vectors) || vectors.Vectors.Count != _request.Inputs.Count)
        {
            return false;
        }

        vectors.Write(exchange.Request.Model, _request.IsBase64, exchange.PromptTokensExpected, writer);
        return true;
    }

    /// <inheritdoc/>
    protected override ApiFailure? WriteBody(in UpstreamTerms terms, Utf8JsonWriter writer) => format.Write(_request, terms, writer, Dropped);
}

/// <summary>Documents ordered by a query, wherever they are ordered: every provider's answer is told in one shape.</summary>
internal sealed class RerankRewriting(JsonDocument document, RerankFormat format) : PlainRewriting(document)
{
    private readonly RerankRequest _request = new();

    /// <inheritdoc/>
    public override bool ReportsUsage => format.ReportsUsage;

    /// <inheritdoc/>
    public override ApiFailure? Read() => _request.Read(Root);

    /// <inheritdoc/>
    public override Uri UriOf(Provider provider, ServedModel model) => format.UriOf(provider, model);

    /// <inheritdoc/>
    public override bool Tell(JsonElement answer, Exchange exchange, Utf8JsonWriter writer)
    {
        var order = new RerankAnswer(_request, exchange.AnswerFacts);
        if (!order.Read(answer))
        {
            return false;
        }

        order.Write(exchange.IdText, exchange.Request.Model, exchange.PromptTokensExpected, exchange.UnitsExpected, writer);
        return true;
    }

    /// <inheritdoc/>
    protected override ApiFailure? WriteBody(in UpstreamTerms terms, Utf8JsonWriter writer) => format.Write(_request, terms, writer, Dropped);
}

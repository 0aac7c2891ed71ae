using System.Text.Json;
using AiOrchestrator.Core.Gateway.Responses;
using AiOrchestrator.Core.Platform;
using AiOrchestrator.Core.Providers;
using AiOrchestrator.Core.Providers.Chat;
using AiOrchestrator.Core.Providers.OpenAi;

namespace AiOrchestrator.Core.Gateway.Stages;

/// <summary>
/// Says how the call goes on from here: as the caller wrote it, where the provider speaks the caller's dialect, or written anew. What cannot be
/// said to the provider is refused here, before anything is held.
/// </summary>
internal static class TranslateRequest
{
    public static ApiFailure? Run(Exchange exchange)
    {
        try
        {
            return Decide(exchange);
        }
        catch (InvalidOperationException)
        {
            // As in OpenAiRequestReader: texts and names that were passed over there and are unescaped here, to be written anew.
            return new InvalidJson("a name or a text in it holds an escape that is half a surrogate pair.");
        }
    }

    /// <summary>The terms of the request upstream as they are now.</summary>
    public static UpstreamTerms Terms(Exchange exchange) =>
        new(exchange.Route!.Model, exchange.OutputTokensMax, exchange.Request.Stream) { BaseUrl = exchange.Route.Provider.BaseUrl, IsClamped = exchange.ClampedTo is not null };

    /// <summary>What the answer is to say beside what the provider says.</summary>
    public static AnswerTerms AnswerTerms(Exchange exchange) => new(exchange.IdText, exchange.Plan is { IsChosenHere: true } ? exchange.Route!.Model.Id : exchange.Request.Model, exchange.Arrived, exchange.Request)
    {
        PromptTokens = exchange.PromptTokensExpected,
        Asked = exchange.Translation?.Request.Root,
    };

    private static ApiFailure? Decide(Exchange exchange)
    {
        var format = exchange.Route!.Provider.Format;
        if (ChatFormats.DialectOf(exchange.Call) is not { } dialect)
        {
            return Plain(exchange, format) is { } plain ? Rewrite(exchange, format, plain) : null;
        }

        if (exchange.Call == ModelCall.Completions && exchange.Route.Provider.Completes(exchange.Route.Model))
        {
            return null;
        }

        format = exchange.Route.Provider.FormatOf(exchange.Call);
        if (dialect.Format != format.Name)
        {
            return Translate(exchange, dialect, format);
        }

        if (exchange.Call != ModelCall.ChatCompletions)
        {
            exchange.Format = format;
            exchange.Reader = format.CreateReader();
        }

        if (exchange.Call == ModelCall.Responses)
        {
            exchange.ResponseNames = new ResponseNames(
                exchange.ResponseIds, exchange.Caller, exchange.Route.Provider.Id, exchange.Request.PreviousResponseId is not null);
        }

        return null;
    }

    /// <summary>What is sent instead, of a call that is no conversation; null where the provider takes it as it is.</summary>
    private static PlainRewriting? Plain(Exchange exchange, ChatFormat format) => exchange.Call switch
    {
        ModelCall.Embeddings when format.Embeddings is { } embeddings => new EmbeddingsRewriting(Parse(exchange), embeddings),
        ModelCall.Rerank when format.Rerank is { } rerank => new RerankRewriting(Parse(exchange), rerank),
        ModelCall.Speech when format.Speech is { } speech => new SpeechRewriting(Parse(exchange), speech),
        _ => null,
    };

    private static ApiFailure? Rewrite(Exchange exchange, ChatFormat format, PlainRewriting plain)
    {
        exchange.Format = format;
        exchange.Rewriting = plain;
        return plain.Read() ?? plain.Write(Terms(exchange));
    }

    private static JsonDocument Parse(Exchange exchange) =>
        JsonDocument.Parse(exchange.Body, new JsonDocumentOptions { MaxDepth = OpenAiRequestReader.MaxDepth });

    private static ApiFailure? Translate(Exchange exchange, ChatDialect dialect, ChatFormat format)
    {
        exchange.Format = format;
        exchange.Reader = format.CreateReader();
        var request = new ChatRequest(Parse(exchange));
        exchange.Rewriting = new Translation(dialect, format, request);
        return dialect.Read(request.Root, request) ?? exchange.Rewriting.Write(Terms(exchange));
    }
}

using System.Text.Json;
using AiOrchestrator.Core.Platform;
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
        if (ChatFormats.DialectOf(exchange.Call) is not { } dialect)
        {
            return null;
        }

        var format = exchange.Route!.Provider.FormatOf(exchange.Call);
        if (dialect.Format != format.Name)
        {
            return Translate(exchange, dialect, format);
        }

        if (exchange.Call != OpenAiCall.ChatCompletions)
        {
            exchange.Format = format;
            exchange.Reader = format.CreateReader();
        }

        return null;
    }

    /// <summary>The terms of the request upstream as they are now.</summary>
    public static UpstreamTerms Terms(Exchange exchange) =>
        new(exchange.Route!.Model, exchange.OutputTokensMax, exchange.Request.Stream);

    /// <summary>What the answer is to say beside what the provider says.</summary>
    public static AnswerTerms AnswerTerms(Exchange exchange) => new(exchange.IdText, exchange.Request.Model, exchange.Arrived, exchange.Request)
    {
        PromptTokens = exchange.PromptTokensExpected,
        Asked = exchange.Translation?.Request.Root,
    };

    private static ApiFailure? Translate(Exchange exchange, ChatDialect dialect, ChatFormat format)
    {
        exchange.Format = format;
        exchange.Reader = format.CreateReader();
        var body = JsonDocument.Parse(exchange.Body, new JsonDocumentOptions { MaxDepth = OpenAiRequestReader.MaxDepth });
        exchange.Translation = new Translation(dialect, format, new ChatRequest(body));
        return dialect.Read(body.RootElement, exchange.Translation.Request) ?? exchange.Translation.Write(Terms(exchange));
    }
}

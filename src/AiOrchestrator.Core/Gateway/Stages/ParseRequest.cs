using AiOrchestrator.Core.Platform;
using AiOrchestrator.Core.Providers.OpenAi;

namespace AiOrchestrator.Core.Gateway.Stages;

/// <summary>Reads what the gateway needs from the body and refuses what is wrong with it, by name.</summary>
internal static class ParseRequest
{
    public static ApiFailure? Run(Exchange exchange) => exchange.Call == OpenAiCall.Transcriptions
        ? OpenAiFormReader.Read(exchange.Body.Span, exchange.Context.Request.ContentType, exchange.Request)
        : OpenAiRequestReader.Read(exchange.Body.Span, exchange.Call, exchange.Request);
}

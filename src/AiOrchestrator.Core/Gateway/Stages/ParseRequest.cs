using AiOrchestrator.Core.Platform;
using AiOrchestrator.Core.Providers.OpenAi;

namespace AiOrchestrator.Core.Gateway.Stages;

/// <summary>Reads what the gateway needs from the body and refuses what is wrong with it, by name.</summary>
internal static class ParseRequest
{
    public static ApiFailure? Run(Exchange exchange) => OpenAiRequestReader.Read(exchange.Body.Span, exchange.Call, exchange.Request);
}

using AiOrchestrator.Core.Platform;
using AiOrchestrator.Core.Providers;
using AiOrchestrator.Core.Providers.OpenAi;

namespace AiOrchestrator.Core.Gateway.Stages;

/// <summary>Reads what the gateway needs from the body and refuses what is wrong with it, by name.</summary>
internal static class ParseRequest
{
    public static ApiFailure? Run(Exchange exchange)
    {
        var (call, type) = (exchange.Call, exchange.Context.Request.ContentType);
        var failure = call == ModelCall.Transcriptions || (call.Traits().IsVideo && OpenAiFormReader.IsForm(type))
            ? OpenAiFormReader.Read(exchange.Body.Span, type, call, exchange.Request)
            : OpenAiRequestReader.Read(exchange.Body.Span, call, exchange.Request);
        if (exchange.Source is { } source)
        {
            exchange.Request.Model = source.Model;
        }

        return failure;
    }
}

using AiOrchestrator.Core.Identity;
using AiOrchestrator.Core.Platform;
using AiOrchestrator.Core.Providers.OpenAi;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace AiOrchestrator.Core.Gateway;

/// <summary>The endpoints of the data plane. Bodies are read by the pipeline, not by binding; the types here only document them.</summary>
internal static class GatewayEndpoints
{
    public static void Map(IEndpointRouteBuilder routes)
    {
        var pipeline = routes.ServiceProvider.GetRequiredService<Pipeline>();
        routes.MapPost("/v1/chat/completions", Run(pipeline, OpenAiCall.ChatCompletions))
            .Accepts<ChatCompletionRequest>("application/json")
            .Produces<ChatCompletion>(StatusCodes.Status200OK, "application/json", "text/event-stream")
            .Refuses()
            .WithName("createChatCompletion")
            .WithSummary("Answers a conversation, whole or as a stream of events.")
            .WithDescription("OpenAI's chat completions. Members not listed here pass through to the provider and back untouched.")
            .WithTags("Data plane")
            .Requires(Permission.CallModels);
        routes.MapPost("/v1/embeddings", Run(pipeline, OpenAiCall.Embeddings))
            .Accepts<EmbeddingRequest>("application/json")
            .Produces<EmbeddingList>()
            .Refuses()
            .WithName("createEmbedding")
            .WithSummary("Turns inputs into vectors.")
            .WithDescription("OpenAI's embeddings. Members not listed here pass through to the provider and back untouched.")
            .WithTags("Data plane")
            .Requires(Permission.CallModels);
    }

    /// <summary>A typed delegate, so that the endpoint is described in the OpenAPI document; a RequestDelegate would not be.</summary>
    private static Delegate Run(Pipeline pipeline, OpenAiCall call) => (HttpContext context) => pipeline.RunAsync(context, call);

    private static RouteHandlerBuilder Refuses(this RouteHandlerBuilder builder)
    {
        foreach (var status in (ReadOnlySpan<int>)[400, 402, 404, 408, 413, 429, 500, 502, 503, 504])
        {
            builder.Produces<ErrorEnvelope>(status);
        }

        return builder;
    }
}

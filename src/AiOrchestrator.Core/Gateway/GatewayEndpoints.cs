using AiOrchestrator.Core.Gateway.Batches;
using AiOrchestrator.Core.Gateway.Responses;
using AiOrchestrator.Core.Gateway.Videos;
using AiOrchestrator.Core.Identity;
using AiOrchestrator.Core.Platform;
using AiOrchestrator.Core.Providers;
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
        routes.MapPost("/v1/chat/completions", Run(pipeline, ModelCall.ChatCompletions))
            .Accepts<ChatCompletionRequest>("application/json")
            .Produces<ChatCompletion>(StatusCodes.Status200OK, "application/json", "text/event-stream")
            .Refuses()
            .WithName("createChatCompletion")
            .WithSummary("Answers a conversation, whole or as a stream of events.")
            .WithDescription("OpenAI's chat completions. Members not listed here pass through to the provider and back untouched.")
            .WithTags("Data plane")
            .Requires(Permission.CallModels);
        routes.MapPost("/v1/embeddings", Run(pipeline, ModelCall.Embeddings))
            .Accepts<EmbeddingRequest>("application/json")
            .Produces<EmbeddingList>()
            .Refuses()
            .WithName("createEmbedding")
            .WithSummary("Turns inputs into vectors.")
            .WithDescription("OpenAI's embeddings. Members not listed here pass through to the provider and back untouched.")
            .WithTags("Data plane")
            .Requires(Permission.CallModels);
        routes.MapPost("/v1/messages", Run(pipeline, ModelCall.Messages))
            .Accepts<MessagesRequest>("application/json")
            .Produces<MessagesAnswer>(StatusCodes.Status200OK, "application/json", "text/event-stream")
            .Refuses<MessagesErrorEnvelope>()
            .WithName("createMessage")
            .WithSummary("Answers a conversation in Anthropic's shape, whole or as a stream of events.")
            .WithDescription(
                "Anthropic's messages, served by any provider of conversations. Where that is one of Anthropic's wire format, members not listed here pass through to it "
                + "and back untouched; else what it cannot be told is refused by name, or named in x-ao-dropped.")
            .WithTags("Data plane")
            .Requires(Permission.CallModels);
        routes.MapPost("/v1/responses", Run(pipeline, ModelCall.Responses))
            .Accepts<ResponsesRequest>("application/json")
            .Produces<ResponsesAnswer>(StatusCodes.Status200OK, "application/json", "text/event-stream")
            .Refuses()
            .WithName("createResponse")
            .WithSummary("Answers a conversation in the shape of OpenAI's responses, whole or as a stream of events.")
            .WithDescription(
                "OpenAI's responses, served by any provider of conversations. Where that has them itself, members not listed here pass through to it and back "
                + "untouched; else what it cannot be told is refused by name, or named in x-ao-dropped.")
            .WithTags("Data plane")
            .Requires(Permission.CallModels);
        MapPlain(routes, pipeline);
        MapMedia(routes, pipeline);
        VideosEndpoints.Map(routes, pipeline);
        ResponsesEndpoints.Map(routes);
        FilesEndpoints.Map(routes, pipeline);
        BatchesEndpoints.Map(routes, pipeline);
    }

    private static void MapPlain(IEndpointRouteBuilder routes, Pipeline pipeline)
    {
        routes.MapPost("/v1/completions", Run(pipeline, ModelCall.Completions))
            .Accepts<CompletionRequest>("application/json")
            .Produces<Completion>(StatusCodes.Status200OK, "application/json", "text/event-stream")
            .Refuses()
            .WithName("createCompletion")
            .WithSummary("Continues a text, whole or as a stream of events: what chat completions replaced.")
            .WithDescription(
                "OpenAI's legacy completions, served by any provider of conversations. Where that has them itself, members not listed here pass through to it and back "
                + "untouched; else what it cannot be told is refused by name, or named in x-ao-dropped.")
            .WithTags("Data plane")
            .Requires(Permission.CallModels);
        routes.MapPost("/v1/moderations", Run(pipeline, ModelCall.Moderations))
            .Accepts<ModerationRequest>("application/json")
            .Produces<ModerationAnswer>()
            .Refuses()
            .WithName("createModeration")
            .WithSummary("Judges whether texts and images may be shown.")
            .WithDescription("OpenAI's moderations. Members not listed here pass through to the provider and back untouched.")
            .WithTags("Data plane")
            .Requires(Permission.CallModels);
        MapRerank(routes, pipeline, "/v1/rerank", "createRerank");
        MapRerank(routes, pipeline, "/v2/rerank", "createRerankV2");
    }

    /// <summary>The clients of Cohere's two versions add their own to the base URL; both are asked and answered alike.</summary>
    private static void MapRerank(IEndpointRouteBuilder routes, Pipeline pipeline, string path, string name) => routes.MapPost(path, Run(pipeline, ModelCall.Rerank))
        .Accepts<RerankRequestBody>("application/json")
        .Produces<RerankList>()
        .Refuses()
        .WithName(name)
        .WithSummary("Orders documents by how well they answer a query.")
        .WithDescription("Cohere's reranking, served by Cohere, by Bedrock, and by what takes its request below an OpenAI-compatible base URL. All are answered in one shape.")
        .WithTags("Data plane")
        .Requires(Permission.CallModels);

    private static void MapMedia(IEndpointRouteBuilder routes, Pipeline pipeline)
    {
        routes.MapPost("/v1/images/generations", Run(pipeline, ModelCall.ImageGenerations))
            .Accepts<ImageRequest>("application/json")
            .Produces<ImageList>(StatusCodes.Status200OK, "application/json", "text/event-stream")
            .Refuses()
            .WithName("createImage")
            .WithSummary("Draws images.")
            .WithDescription("OpenAI's image generations. Members not listed here pass through to the provider and back untouched.")
            .WithTags("Data plane")
            .Requires(Permission.CallModels);
        routes.MapPost("/v1/audio/speech", Run(pipeline, ModelCall.Speech))
            .Accepts<SpeechRequest>("application/json")
            .Produces(StatusCodes.Status200OK, contentType: "audio/mpeg")
            .Refuses()
            .WithName("createSpeech")
            .WithSummary("Speaks a text.")
            .WithDescription("OpenAI's speech: audio, relayed as it arrives. Members not listed here pass through to the provider untouched.")
            .WithTags("Data plane")
            .Requires(Permission.CallModels);
        routes.MapPost("/v1/audio/transcriptions", Run(pipeline, ModelCall.Transcriptions))
            .Accepts<TranscriptionRequest>("multipart/form-data")
            .Produces<Transcription>(StatusCodes.Status200OK, "application/json", "text/plain", "text/event-stream")
            .Refuses()
            .WithName("createTranscription")
            .WithSummary("Writes down what is said in an audio file of at most 25 MiB.")
            .WithDescription("OpenAI's transcriptions. Fields not listed here pass through to the provider untouched.")
            .WithTags("Data plane")
            .Requires(Permission.CallModels);
    }

    /// <summary>A typed delegate, so that the endpoint is described in the OpenAPI document; a RequestDelegate would not be.</summary>
    public static Delegate Run(Pipeline pipeline, ModelCall call) => (HttpContext context) => pipeline.RunAsync(context, call);

    /// <summary>States how a call to a model may be refused.</summary>
    public static RouteHandlerBuilder Refuses(this RouteHandlerBuilder builder) => builder.Refuses<ErrorEnvelope>();

    private static RouteHandlerBuilder Refuses<TEnvelope>(this RouteHandlerBuilder builder)
    {
        foreach (var status in (ReadOnlySpan<int>)[400, 402, 404, 408, 413, 429, 500, 502, 503, 504])
        {
            builder.Produces<TEnvelope>(status);
        }

        return builder;
    }
}

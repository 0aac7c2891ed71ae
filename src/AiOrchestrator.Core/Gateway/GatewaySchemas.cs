using System.Text.Json;
using System.Text.Json.Serialization;
using AiOrchestrator.Core.Platform;

namespace AiOrchestrator.Core.Gateway;

/// <summary>What the gateway reads of a chat request; for the OpenAPI document only.</summary>
internal sealed record ChatCompletionRequest(
    string Model,
    IReadOnlyList<ChatMessage> Messages,
    bool? Stream,
    StreamOptions? StreamOptions,
    long? MaxTokens,
    long? MaxCompletionTokens,
    int? N,
    IReadOnlyList<JsonElement>? Tools,
    JsonElement? ResponseFormat,
    string? User);

/// <summary>A message: its role, and a string or parts.</summary>
internal sealed record ChatMessage(string Role, JsonElement? Content);

/// <summary>What a stream carries beside its deltas.</summary>
internal sealed record StreamOptions(bool? IncludeUsage);

/// <summary>An answer, as the provider worded it.</summary>
internal sealed record ChatCompletion(string Id, string Object, long Created, string Model, IReadOnlyList<ChatChoice> Choices, CompletionUsage? Usage);

/// <summary>One of n answers.</summary>
internal sealed record ChatChoice(int Index, ChatMessage Message, string? FinishReason);

/// <summary>Tokens as the provider counted them.</summary>
internal sealed record CompletionUsage(long PromptTokens, long CompletionTokens, long TotalTokens);

/// <summary>A string, strings, or token ids.</summary>
internal sealed record EmbeddingRequest(string Model, JsonElement Input, string? EncodingFormat, int? Dimensions, string? User);

/// <summary>Vectors, one for each input.</summary>
internal sealed record EmbeddingList(string Object, IReadOnlyList<EmbeddingItem> Data, string Model, CompletionUsage? Usage);

/// <summary>One vector: numbers, or base64 of little-endian floats.</summary>
internal sealed record EmbeddingItem(string Object, int Index, JsonElement Embedding);

/// <summary>What is to be drawn; of what <c>size</c>, <c>quality</c> and number, which decide the price.</summary>
internal sealed record ImageRequest(
    string Model, string Prompt, int? N, string? Size, string? Quality, string? ResponseFormat, bool? Stream, int? PartialImages, string? User);

/// <summary>Images, by URL or as base64.</summary>
internal sealed record ImageList(long Created, IReadOnlyList<ImageItem> Data, string? Size, string? Quality, JsonElement? Usage);

/// <summary>One image.</summary>
internal sealed record ImageItem(string? Url, string? B64Json, string? RevisedPrompt);

/// <summary>A text to be spoken.</summary>
internal sealed record SpeechRequest(
    string Model, string Input, JsonElement Voice, string? Instructions, string? ResponseFormat, double? Speed, string? StreamFormat);

/// <summary>The fields of the form: the audio as a file, and what to make of it.</summary>
internal sealed record TranscriptionRequest(string Model, string File, string? ResponseFormat, string? Language, string? Prompt, bool? Stream);

/// <summary>What was said.</summary>
internal sealed record Transcription(string Text, double? Duration, JsonElement? Usage);

/// <summary>What is to be filmed: members of JSON, or fields of a form with an image as <c>input_reference</c>. Size and seconds decide the price.</summary>
internal sealed record VideoRequest(string? Model, string Prompt, string? Size, string? Seconds, string? InputReference);

/// <summary>What is to be changed.</summary>
internal sealed record VideoRemixRequest(string Prompt);

/// <summary>A job that films, as the provider words it.</summary>
internal sealed record Video(
    string Id,
    string Object,
    string Status,
    string Model,
    int? Progress,
    long CreatedAt,
    long? CompletedAt,
    long? ExpiresAt,
    string? Prompt,
    string? Size,
    string? Seconds,
    string? RemixedFromVideoId,
    JsonElement? Error);

/// <summary>What the gateway reads of a request in Anthropic's shape. Thinking is part of <c>max_tokens</c>.</summary>
internal sealed record MessagesRequest(
    string Model,
    long MaxTokens,
    IReadOnlyList<ChatMessage> Messages,
    JsonElement? System,
    bool? Stream,
    IReadOnlyList<JsonElement>? Tools,
    JsonElement? ToolChoice,
    JsonElement? Thinking,
    JsonElement? OutputConfig,
    JsonElement? Metadata,
    string? ServiceTier);

/// <summary>An answer in Anthropic's shape.</summary>
internal sealed record MessagesAnswer(
    string Id, string Type, string Role, string Model, IReadOnlyList<JsonElement> Content, string? StopReason, string? StopSequence, MessagesUsage Usage);

/// <summary>Tokens; what caches gave and took stands beside <c>input_tokens</c>.</summary>
internal sealed record MessagesUsage(long InputTokens, long? CacheCreationInputTokens, long? CacheReadInputTokens, long OutputTokens);

/// <summary>A failure in Anthropic's shape.</summary>
/// <param name="Type">Always <c>error</c>.</param>
/// <param name="Error">What is wrong: <c>type</c> in Anthropic's words, the rest as everywhere.</param>
/// <param name="RequestId">The same as the header <c>request-id</c>.</param>
internal sealed record MessagesErrorEnvelope(string Type, ErrorBody Error, string? RequestId);

/// <summary>What the gateway reads of a request of OpenAI's responses. <c>input</c> is a string, or items.</summary>
internal sealed record ResponsesRequest(
    string Model,
    JsonElement Input,
    string? Instructions,
    bool? Stream,
    long? MaxOutputTokens,
    IReadOnlyList<JsonElement>? Tools,
    JsonElement? ToolChoice,
    JsonElement? Text,
    JsonElement? Reasoning,
    string? PreviousResponseId,
    string? ServiceTier,
    string? User);

/// <summary>An answer in the shape of OpenAI's responses.</summary>
internal sealed record ResponsesAnswer(
    string Id, string Object, long CreatedAt, string Status, string Model, IReadOnlyList<JsonElement> Output, JsonElement? Error, JsonElement? IncompleteDetails, ResponsesUsage? Usage);

/// <summary>Tokens; what the cache gave is part of <c>input_tokens</c>.</summary>
internal sealed record ResponsesUsage(long InputTokens, JsonElement? InputTokensDetails, long OutputTokens, JsonElement? OutputTokensDetails, long TotalTokens);

/// <summary>What the gateway reads of a legacy completion. <c>prompt</c> is a string, strings, or token ids; <c>max_tokens</c> is 16 where nothing is said.</summary>
internal sealed record CompletionRequest(
    string Model,
    JsonElement Prompt,
    bool? Stream,
    StreamOptions? StreamOptions,
    long? MaxTokens,
    int? N,
    int? BestOf,
    bool? Echo,
    string? Suffix,
    int? Logprobs,
    JsonElement? Stop,
    string? User);

/// <summary>Texts, in the order of the prompts.</summary>
internal sealed record Completion(string Id, string Object, long Created, string Model, IReadOnlyList<CompletionText> Choices, CompletionUsage? Usage);

/// <summary>One text.</summary>
internal sealed record CompletionText(string Text, int Index, JsonElement? Logprobs, string? FinishReason);

/// <summary>What is to be judged: a string, strings, or texts and images; by <c>omni-moderation-latest</c> where nothing is said.</summary>
internal sealed record ModerationRequest(JsonElement Input, string? Model);

/// <summary>A judgement of each input, as the provider worded it.</summary>
internal sealed record ModerationAnswer(string Id, string Model, IReadOnlyList<JsonElement> Results);

/// <summary>A query, and documents: strings, or objects with a <c>text</c>.</summary>
internal sealed record RerankRequestBody(
    string Model, string Query, IReadOnlyList<JsonElement> Documents, int? TopN, bool? ReturnDocuments, int? MaxTokensPerDoc);

/// <summary>Documents, the best first; what it came to in searches or in tokens.</summary>
internal sealed record RerankList(string Id, string Model, IReadOnlyList<RerankItem> Results, RerankMeta Meta, RerankUsage? Usage);

/// <summary>One document: where it stands in the request.</summary>
internal sealed record RerankItem(int Index, double RelevanceScore, RerankText? Document);

/// <summary>Its text.</summary>
internal sealed record RerankText(string Text);

/// <summary>What is billed.</summary>
internal sealed record RerankMeta(JsonElement ApiVersion, RerankUnits BilledUnits);

/// <summary>Searches, or tokens where those are billed.</summary>
internal sealed record RerankUnits(long? SearchUnits, long? InputTokens);

/// <summary>Tokens of the query with each document.</summary>
internal sealed record RerankUsage(long PromptTokens, long TotalTokens);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(ChatCompletionRequest))]
[JsonSerializable(typeof(ChatCompletion))]
[JsonSerializable(typeof(EmbeddingRequest))]
[JsonSerializable(typeof(EmbeddingList))]
[JsonSerializable(typeof(ImageRequest))]
[JsonSerializable(typeof(ImageList))]
[JsonSerializable(typeof(SpeechRequest))]
[JsonSerializable(typeof(TranscriptionRequest))]
[JsonSerializable(typeof(Transcription))]
[JsonSerializable(typeof(MessagesRequest))]
[JsonSerializable(typeof(MessagesAnswer))]
[JsonSerializable(typeof(MessagesErrorEnvelope))]
[JsonSerializable(typeof(ResponsesRequest))]
[JsonSerializable(typeof(ResponsesAnswer))]
[JsonSerializable(typeof(CompletionRequest))]
[JsonSerializable(typeof(Completion))]
[JsonSerializable(typeof(ModerationRequest))]
[JsonSerializable(typeof(ModerationAnswer))]
[JsonSerializable(typeof(RerankRequestBody))]
[JsonSerializable(typeof(RerankList))]
internal sealed partial class GatewayJson : JsonSerializerContext;

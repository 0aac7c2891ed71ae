using System.Text.Json;
using System.Text.Json.Serialization;
using AiOrchestrator.Core.Identity;
using AiOrchestrator.Core.Platform;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;

namespace AiOrchestrator.Core.Gateway;

/// <summary>What counts tokens and calls nobody: nothing is held or charged.</summary>
internal static class CountingEndpoints
{
    /// <summary>The largest body, in bytes: a text of 1 MB fits, whatever its escapes.</summary>
    private const int MaxBodyBytes = 8 << 20;

    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapPost("/v1/tokenize", TokenizeAsync)
            .Accepts<TokenizeRequest>("application/json")
            .Produces<TokenizeReply>()
            .Fails(400, 404, 408, 413)
            .WithName("tokenize")
            .WithSummary("Counts the tokens of texts, or of a conversation as the model would be shown it.")
            .WithTags("Data plane")
            .Requires(Permission.CallModels);
        routes.MapPost("/v1/messages/count_tokens", CountAsync)
            .Accepts<CountTokensRequest>("application/json")
            .Produces<CountTokensReply>()
            .Produces<MessagesErrorEnvelope>(400)
            .Produces<MessagesErrorEnvelope>(404)
            .Produces<MessagesErrorEnvelope>(408)
            .Produces<MessagesErrorEnvelope>(413)
            .WithName("countMessageTokens")
            .WithSummary("Counts the tokens of a conversation in Anthropic's shape; an estimate where the model's tokenizer is not published.")
            .WithTags("Data plane")
            .Requires(Permission.CallModels);
    }

    private static async Task<IResult> TokenizeAsync(HttpContext context, [FromServices] Tokenize tokenize)
    {
        // A long text takes its time: not on a thread that serves sockets.
        await Task.Yield();
        var body = await RequestBody.ReadBytesAsync(context, MaxBodyBytes);
        var reply = body.Failed ? body.Failure : tokenize.Execute(context.GetCaller().Key!, body.Value);
        return reply.Failed ? Replies.Fail(reply.Failure) : Replies.Json(reply.Value, CountingJson.Default.TokenizeReply);
    }

    private static async Task<IResult> CountAsync(HttpContext context, [FromServices] CountMessageTokens count)
    {
        await Task.Yield();
        var body = await RequestBody.ReadBytesAsync(context, MaxBodyBytes);
        var reply = body.Failed ? body.Failure : count.Execute(context.GetCaller().Key!, body.Value);
        return reply.Failed ? Replies.Fail(reply.Failure) : Replies.Json(reply.Value, CountingJson.Default.CountTokensReply);
    }
}

/// <summary>What is counted: a string or strings, or a conversation with whatever a call may hold.</summary>
internal sealed record TokenizeRequest(string Model, JsonElement? Input, bool? Ids, IReadOnlyList<ChatMessage>? Messages);

/// <summary>How many tokens there are.</summary>
/// <param name="Model">As asked.</param>
/// <param name="Tokenizer">The tokenizer, and the factor where there is one.</param>
/// <param name="Exact">Whether it is the model's own.</param>
/// <param name="Count">Of all inputs together.</param>
/// <param name="Counts">Of each input, where several were given.</param>
/// <param name="Ids">The tokens of each input, where they were asked for.</param>
internal sealed record TokenizeReply(
    string Model, string Tokenizer, bool Exact, long Count, IReadOnlyList<long>? Counts, IReadOnlyList<IReadOnlyList<int>>? Ids);

/// <summary>A conversation in Anthropic's shape.</summary>
internal sealed record CountTokensRequest(string Model, JsonElement? System, IReadOnlyList<ChatMessage> Messages, IReadOnlyList<JsonElement>? Tools, JsonElement? ToolChoice);

/// <summary>Anthropic's answer.</summary>
/// <param name="InputTokens">Tokens of the prompt.</param>
internal sealed record CountTokensReply(long InputTokens);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(TokenizeRequest))]
[JsonSerializable(typeof(TokenizeReply))]
[JsonSerializable(typeof(CountTokensRequest))]
[JsonSerializable(typeof(CountTokensReply))]
internal sealed partial class CountingJson : JsonSerializerContext;

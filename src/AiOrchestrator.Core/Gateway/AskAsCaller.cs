using System.Text.Json;
using AiOrchestrator.Core.Identity;
using AiOrchestrator.Core.Platform;
using AiOrchestrator.Core.Providers;
using AiOrchestrator.Core.Providers.Chat;
using AiOrchestrator.Core.Traffic;
using AiOrchestrator.Core.Traffic.Regions;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace AiOrchestrator.Core.Gateway;

/// <summary>
/// Asks a model a question of the product's own, for a caller: through the whole pipeline, held, charged to the caller's wallet and recorded like any call of
/// his, under the feature <see cref="Feature"/>. A question never leads to another one.
/// </summary>
internal sealed class AskAsCaller(IServiceProvider services, IdSource ids, TimeProvider time)
{
    /// <summary>What usage events call it.</summary>
    public const string Feature = "ao-classifier";

    private static readonly object Mark = new();
    private static readonly AsyncLocal<HttpContext?> Asking = new();

    /// <summary>The questions that follow are asked for a request: where it comes from they come from.</summary>
    public static void From(HttpContext context) => Asking.Value = context;

    /// <summary>Whether an exchange is such a question.</summary>
    public static bool IsQuestion(Exchange exchange) => exchange.Context.Items.ContainsKey(Mark);

    /// <summary>The text a model answers, or why there is none.</summary>
    /// <param name="caller">Who pays; the admin key has no wallet, and is asked nothing for.</param>
    /// <param name="model">A name callers use.</param>
    /// <param name="prompt">The question.</param>
    /// <param name="maxTokens">Bound on the answer.</param>
    /// <param name="cancellation">Nobody waits any more: the call is cut.</param>
    public async Task<Result<string>> RunAsync(Caller caller, string model, string prompt, int maxTokens, CancellationToken cancellation)
    {
        if (caller.Key is null)
        {
            return new NoModelAvailable("the admin key has no wallet");
        }

        var answer = await SendAsync(caller, ModelCall.ChatCompletions, Body(model, prompt, maxTokens), Feature, cancellation);
        return answer.Failure is { } failure ? failure
            : Read(answer.Body, answer.Status) is { } text ? text
            : new NoModelAvailable(model);
    }

    /// <summary>Runs a call of any kind on the whole way of a caller's own.</summary>
    /// <param name="caller">Who pays; with a key.</param>
    /// <param name="call">Which call.</param>
    /// <param name="body">Its body, JSON.</param>
    /// <param name="feature">What usage events call it; null for a call that the caller wants for itself, and not for another one.</param>
    /// <param name="cancellation">Nobody waits any more: the call is cut.</param>
    public async Task<AskedAnswer> SendAsync(Caller caller, ModelCall call, byte[] body, string? feature, CancellationToken cancellation)
    {
        using var answer = new MemoryStream();
        using var question = new MemoryStream(body);
        var context = new DefaultHttpContext { RequestServices = services, RequestAborted = cancellation };
        context.Features.Set(new RequestIdentity($"req_{ids.NewExchangeId().Value:x32}", time.GetTimestamp()));
        context.Features.Set(caller);
        context.Request.Method = HttpMethods.Post;
        context.Request.ContentType = "application/json";
        context.Request.ContentLength = question.Length;
        context.Request.Body = question;
        context.Response.Body = answer;
        if (feature is not null)
        {
            context.Items[Mark] = Mark;
            context.Request.Headers["x-feature-id"] = feature;
        }

        if (Asking.Value is { } asking)
        {
            context.Connection.RemoteIpAddress = asking.Connection.RemoteIpAddress;
            context.Request.Headers[OriginFinder.ForwardedHeader] = asking.Request.Headers[OriginFinder.ForwardedHeader];
            context.Request.Headers[OriginFinder.DeclaredHeader] = asking.Request.Headers[OriginFinder.DeclaredHeader];
        }

        await services.GetRequiredService<Pipeline>().RunAsync(context, call);
        await context.Response.BodyWriter.FlushAsync(CancellationToken.None);
        return new AskedAnswer(context.Response.StatusCode, answer.ToArray(), context.Features.Get<ApiFailure>(), context.Response.Headers);
    }

    private static byte[] Body(string model, string prompt, int maxTokens)
    {
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream))
        {
            writer.WriteStartObject();
            writer.WriteString("model"u8, model);
            writer.WriteNumber("max_tokens"u8, maxTokens);
            writer.WriteNumber("temperature"u8, 0);
            writer.WriteStartArray("messages"u8);
            writer.WriteStartObject();
            writer.WriteString("role"u8, "user"u8);
            writer.WriteString("content"u8, prompt);
            writer.WriteEndObject();
            writer.WriteEndArray();
            writer.WriteEndObject();
        }

        return stream.ToArray();
    }

    private static string? Read(byte[] answer, int status)
    {
        if (status != StatusCodes.Status200OK)
        {
            return null;
        }

        using var document = JsonDocument.Parse(answer);
        return document.RootElement.Member("choices"u8, JsonValueKind.Array) is { } choices && choices.GetArrayLength() > 0
            ? choices[0].Member("message"u8, JsonValueKind.Object)?.TextOf("content"u8)
            : null;
    }
}

/// <summary>What a call of the product's own was answered.</summary>
/// <param name="Status">The status.</param>
/// <param name="Body">The body; also of a failure.</param>
/// <param name="Failure">Why it failed; null where it did not.</param>
/// <param name="Headers">The answer's headers.</param>
internal sealed record AskedAnswer(int Status, byte[] Body, ApiFailure? Failure, IHeaderDictionary Headers);

using System.Buffers;
using System.Text;
using System.Text.Json;
using AiOrchestrator.Core.Caching;
using AiOrchestrator.Core.Caching.Embedding;
using AiOrchestrator.Core.Caching.Policies;
using AiOrchestrator.Core.Providers;
using AiOrchestrator.Core.Providers.Chat;
using Microsoft.Extensions.Options;

namespace AiOrchestrator.Core.Gateway.Caching;

/// <summary>
/// Turns a question into a vector of length 1: by what is built in, or by a model of embeddings, which is asked on the caller's own way, metered and charged like
/// any call of his, under the feature <see cref="Feature"/>.
/// </summary>
internal sealed class EmbedQuestion(AskAsCaller ask, IEmbedding embedded, IOptions<CachingOptions> options, TimeProvider time)
{
    /// <summary>What usage events call it.</summary>
    public const string Feature = "ao-embedding";

    private const int MaxDimensions = 4096;

    /// <summary>The embedding's name as vectors are kept under it: those of different ones are never compared.</summary>
    public string NameOf(EffectiveCachePolicy policy) => policy.Embedding == EffectiveCachePolicy.Embedded ? embedded.Id : "model:" + policy.Embedding;

    /// <summary>The vector; null where there is none, or not in time: then nobody looks for questions that are near.</summary>
    public async ValueTask<float[]?> RunAsync(Exchange exchange, CacheCall cache)
    {
        var question = cache.Request!.QuestionUtf8!;
        return cache.Policy.Embedding == EffectiveCachePolicy.Embedded
            ? await embedded.EmbedAsync(Encoding.UTF8.GetString(question), exchange.Context.RequestAborted)
            : await AskAsync(exchange, cache.Policy.Embedding, question);
    }

    private async ValueTask<float[]?> AskAsync(Exchange exchange, string model, byte[] question)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromMilliseconds(options.Value.EmbeddingTimeoutMs), time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, exchange.Context.RequestAborted);
        AskAsCaller.From(exchange.Context);
        var answer = await ask.SendAsync(exchange.Caller, ModelCall.Embeddings, Body(model, question), Feature, either.Token);
        return answer is { Status: 200, Failure: null } ? Read(answer.Body) : null;
    }

    private static byte[] Body(string model, byte[] question)
    {
        var body = new ArrayBufferWriter<byte>(question.Length + 128);
        using var writer = new Utf8JsonWriter(body, ChatJson.Writing);
        writer.WriteStartObject();
        writer.WriteString("model"u8, model);
        writer.WriteString("input"u8, question);
        writer.WriteString("encoding_format"u8, "float"u8);
        writer.WriteEndObject();
        writer.Flush();
        return body.WrittenSpan.ToArray();
    }

    /// <summary>The first vector of an answer, its length made 1; null where it has none that is one.</summary>
    private static float[]? Read(byte[] body)
    {
        try
        {
            using var document = JsonDocument.Parse(body);
            if (document.RootElement.Member("data"u8, JsonValueKind.Array) is not { } data || data.GetArrayLength() != 1
                || data[0].Member("embedding"u8, JsonValueKind.Array) is not { } numbers || numbers.GetArrayLength() is 0 or > MaxDimensions)
            {
                return null;
            }

            var vector = numbers.EnumerateArray().Select(static n => n.GetSingle()).ToArray();
            var length = MathF.Sqrt(vector.Sum(static v => v * v));
            return float.IsFinite(length) && length > 0 ? [.. vector.Select(v => v / length)] : null;
        }
        catch (Exception failure) when (failure is JsonException or FormatException or InvalidOperationException)
        {
            // What a provider sends is outside our control: without a vector nobody looks for questions that are near.
            return null;
        }
    }
}

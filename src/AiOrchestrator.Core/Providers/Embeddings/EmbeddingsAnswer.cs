using System.Buffers;
using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text.Json;
using AiOrchestrator.Core.Metering.Extraction;
using AiOrchestrator.Core.Providers.Chat;
using AiOrchestrator.Core.Providers.OpenAi;

namespace AiOrchestrator.Core.Providers.Embeddings;

/// <summary>Embeddings as a provider answered them, to be written as OpenAI's (https://platform.openai.com/docs/api-reference/embeddings/object).</summary>
/// <param name="facts">What is learnt of the answer.</param>
internal sealed class EmbeddingsAnswer(AnswerFacts facts)
{
    /// <summary>The vectors, each an array of numbers as the provider wrote them, in the order of the inputs.</summary>
    public List<JsonElement> Vectors { get; } = [];

    /// <summary>Takes in what the provider says the call cost.</summary>
    /// <param name="usage">The object.</param>
    /// <param name="format">How it is written.</param>
    public void TakeUsage(JsonElement usage, UsageFormat format)
    {
        var json = JsonMarshal.GetRawUtf8Value(usage);
        var reader = new Utf8JsonReader(json);
        reader.Read();
        _ = facts.Take(ref reader, json, format);
    }

    /// <summary>Writes it.</summary>
    /// <param name="model">The model as the caller named it.</param>
    /// <param name="isBase64">Whether vectors are wanted in base64: 32-bit floats, the least byte first.</param>
    /// <param name="countedTokens">What we count of the inputs: shown where the provider reports nothing.</param>
    /// <param name="writer">Where to.</param>
    /// <exception cref="InvalidOperationException">A vector holds something else than numbers.</exception>
    public void Write(string model, bool isBase64, long countedTokens, Utf8JsonWriter writer)
    {
        writer.WriteStartObject();
        writer.WriteString("object"u8, "list"u8);
        writer.WriteStartArray("data"u8);
        for (var i = 0; i < Vectors.Count; i++)
        {
            writer.WriteStartObject();
            writer.WriteString("object"u8, "embedding"u8);
            writer.WriteNumber("index"u8, i);
            writer.WritePropertyName("embedding"u8);
            if (isBase64)
            {
                WriteBase64(Vectors[i], writer);
            }
            else
            {
                Vectors[i].WriteTo(writer);
            }

            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteString("model"u8, model);
        var tokens = ChatUsage.Shown(facts)?.PromptTokens ?? countedTokens;
        writer.WriteStartObject("usage"u8);
        writer.WriteNumber("prompt_tokens"u8, tokens);
        writer.WriteNumber("total_tokens"u8, tokens);
        writer.WriteEndObject();
        writer.WriteEndObject();
    }

    private static void WriteBase64(JsonElement vector, Utf8JsonWriter writer)
    {
        var length = vector.GetArrayLength() * sizeof(float);
        var bytes = ArrayPool<byte>.Shared.Rent(Math.Max(1, length));
        var at = 0;
        foreach (var number in vector.EnumerateArray())
        {
            BinaryPrimitives.WriteSingleLittleEndian(bytes.AsSpan(at), number.GetSingle());
            at += sizeof(float);
        }

        writer.WriteBase64StringValue(bytes.AsSpan(0, length));
        ArrayPool<byte>.Shared.Return(bytes);
    }
}

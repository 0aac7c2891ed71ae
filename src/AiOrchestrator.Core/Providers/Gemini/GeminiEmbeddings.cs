using System.Text.Json;
using AiOrchestrator.Core.Metering.Extraction;
using AiOrchestrator.Core.Platform;
using AiOrchestrator.Core.Providers.Chat;
using AiOrchestrator.Core.Providers.Embeddings;

namespace AiOrchestrator.Core.Providers.Gemini;

/// <summary>
/// Embeddings of Gemini: <c>batchEmbedContents</c> at AI Studio (https://ai.google.dev/api/embeddings), <c>predict</c> on Vertex AI
/// (https://cloud.google.com/vertex-ai/generative-ai/docs/model-reference/text-embeddings-api).
/// </summary>
internal sealed class GeminiEmbeddings : EmbeddingsFormat
{
    /// <inheritdoc/>
    public override bool ReportsUsage => false;

    /// <inheritdoc/>
    public override ApiFailure? Write(EmbeddingsRequest request, in UpstreamTerms terms, Utf8JsonWriter writer, List<string> dropped)
    {
        writer.WriteStartObject();
        if (GeminiFormat.IsVertex(terms.BaseUrl))
        {
            WriteInstances(request, writer);
        }
        else
        {
            WriteRequests(request, $"models/{terms.Model.UpstreamId}", writer);
        }

        writer.WriteEndObject();
        dropped.AddRange(request.Others.Select(static o => o.Name));
        return null;
    }

    /// <inheritdoc/>
    public override Uri UriOf(Provider provider, ServedModel model) =>
        GeminiFormat.UriOf(provider, model, GeminiFormat.IsVertex(provider.BaseUrl) ? "predict" : "batchEmbedContents");

    /// <inheritdoc/>
    public override bool Read(JsonElement root, EmbeddingsAnswer answer)
    {
        if (root.Member("predictions"u8, JsonValueKind.Array) is { } predictions)
        {
            return ReadPredictions(predictions, answer);
        }

        if (root.Member("embeddings"u8, JsonValueKind.Array) is not { } embeddings)
        {
            return false;
        }

        foreach (var embedding in embeddings.EnumerateArray())
        {
            if (embedding.Member("values"u8, JsonValueKind.Array) is not { } values)
            {
                return false;
            }

            answer.Vectors.Add(values);
        }

        if (root.Member("usageMetadata"u8, JsonValueKind.Object) is { } usage)
        {
            answer.TakeUsage(usage, UsageFormat.Gemini);
        }

        return true;
    }

    private static void WriteRequests(EmbeddingsRequest request, string model, Utf8JsonWriter writer)
    {
        writer.WriteStartArray("requests"u8);
        foreach (var input in request.Inputs)
        {
            writer.WriteStartObject();
            writer.WriteString("model"u8, model);
            writer.WriteStartObject("content"u8);
            writer.WriteStartArray("parts"u8);
            writer.WriteStartObject();
            writer.WriteIfAny("text"u8, input);
            writer.WriteEndObject();
            writer.WriteEndArray();
            writer.WriteEndObject();
            WriteDimensions(request, writer);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }

    private static void WriteInstances(EmbeddingsRequest request, Utf8JsonWriter writer)
    {
        writer.WriteStartArray("instances"u8);
        foreach (var input in request.Inputs)
        {
            writer.WriteStartObject();
            writer.WriteIfAny("content"u8, input);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteStartObject("parameters"u8);
        WriteDimensions(request, writer);
        writer.WriteEndObject();
    }

    private static void WriteDimensions(EmbeddingsRequest request, Utf8JsonWriter writer)
    {
        if (request.Dimensions is { } dimensions)
        {
            writer.WriteNumber("outputDimensionality"u8, dimensions);
        }
    }

    private static bool ReadPredictions(JsonElement predictions, EmbeddingsAnswer answer)
    {
        long tokens = 0;
        var isCounted = true;
        foreach (var prediction in predictions.EnumerateArray())
        {
            if (prediction.Member("embeddings"u8) is not { } embedding || embedding.Member("values"u8, JsonValueKind.Array) is not { } values)
            {
                return false;
            }

            answer.Vectors.Add(values);
            isCounted &= embedding.Member("statistics"u8)?.Member("token_count"u8, JsonValueKind.Number) is { } count && count.TryGetDouble(out var read) && read is >= 0 and < 1e9;
            tokens += isCounted ? (long)embedding.GetProperty("statistics"u8).GetProperty("token_count"u8).GetDouble() : 0;
        }

        if (isCounted && answer.Vectors.Count > 0)
        {
            using var usage = JsonDocument.Parse(string.Create(System.Globalization.CultureInfo.InvariantCulture, $$"""{"promptTokenCount":{{tokens}}}"""));
            answer.TakeUsage(usage.RootElement, UsageFormat.Gemini);
        }

        return true;
    }
}

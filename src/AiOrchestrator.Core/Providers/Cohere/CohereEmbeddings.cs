using System.Text.Json;
using AiOrchestrator.Core.Metering.Extraction;
using AiOrchestrator.Core.Platform;
using AiOrchestrator.Core.Providers.Chat;
using AiOrchestrator.Core.Providers.Embeddings;

namespace AiOrchestrator.Core.Providers.Cohere;

/// <summary>Cohere's embeddings, version 2 (https://docs.cohere.com/reference/embed).</summary>
internal sealed class CohereEmbeddings : EmbeddingsFormat
{
    private const string InputType = "input_type";

    /// <inheritdoc/>
    public override bool ReportsUsage => true;

    /// <inheritdoc/>
    public override ApiFailure? Write(EmbeddingsRequest request, in UpstreamTerms terms, Utf8JsonWriter writer, List<string> dropped)
    {
        writer.WriteStartObject();
        writer.WriteString("model"u8, terms.Model.UpstreamId);
        writer.WriteStartArray("texts"u8);
        foreach (var input in request.Inputs)
        {
            input.WriteTo(writer);
        }

        writer.WriteEndArray();

        // What a text is for must be said; who calls in OpenAI's words may say it in Cohere's. Most texts are to be found, and few are questions.
        writer.WritePropertyName(InputType);
        if (request.Others.Find(static o => o.Name == InputType) is { Name: not null } said)
        {
            said.Value.WriteTo(writer);
        }
        else
        {
            writer.WriteStringValue("search_document"u8);
        }

        writer.WriteStartArray("embedding_types"u8);
        writer.WriteStringValue("float"u8);
        writer.WriteEndArray();
        if (request.Dimensions is { } dimensions)
        {
            writer.WriteNumber("output_dimension"u8, dimensions);
        }

        writer.WriteEndObject();
        dropped.AddRange(request.Others.Select(static o => o.Name).Where(static n => n != InputType));
        return null;
    }

    /// <inheritdoc/>
    public override Uri UriOf(Provider provider, ServedModel model) => new(provider.BaseUrl, "embed");

    /// <inheritdoc/>
    public override bool Read(JsonElement root, EmbeddingsAnswer answer)
    {
        if (root.Member("embeddings"u8)?.Member("float"u8, JsonValueKind.Array) is not { } vectors)
        {
            return false;
        }

        answer.Vectors.AddRange(vectors.EnumerateArray());
        if (root.Member("meta"u8, JsonValueKind.Object) is { } meta)
        {
            answer.TakeUsage(meta, UsageFormat.Cohere);
        }

        return answer.Vectors.TrueForAll(static v => v.ValueKind == JsonValueKind.Array);
    }
}

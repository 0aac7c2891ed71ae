using System.Text.Json;
using AiOrchestrator.Core.Metering.Extraction;
using AiOrchestrator.Core.Platform;
using AiOrchestrator.Core.Providers.Chat;
using AiOrchestrator.Core.Providers.Embeddings;

namespace AiOrchestrator.Core.Providers.Bedrock;

/// <summary>Embeddings of Amazon's Titan, one text at a time (https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-titan-embed-text.html).</summary>
internal sealed class TitanEmbeddings : EmbeddingsFormat
{
    /// <inheritdoc/>
    public override bool ReportsUsage => true;

    /// <inheritdoc/>
    public override ApiFailure? Write(EmbeddingsRequest request, in UpstreamTerms terms, Utf8JsonWriter writer, List<string> dropped)
    {
        if (request.Inputs.Count != 1)
        {
            return ChatRefusals.Cannot("input", "one text for each request");
        }

        writer.WriteStartObject();
        writer.WriteIfAny("inputText"u8, request.Inputs[0]);
        if (request.Dimensions is { } dimensions)
        {
            writer.WriteNumber("dimensions"u8, dimensions);
        }

        writer.WriteEndObject();
        dropped.AddRange(request.Others.Select(static o => o.Name));
        return null;
    }

    /// <inheritdoc/>
    public override Uri UriOf(Provider provider, ServedModel model) => BedrockFormat.InvokeUri(provider, model);

    /// <inheritdoc/>
    public override bool Read(JsonElement root, EmbeddingsAnswer answer)
    {
        if (root.Member("embedding"u8, JsonValueKind.Array) is not { } vector)
        {
            return false;
        }

        answer.Vectors.Add(vector);
        if (root.Member("inputTextTokenCount"u8, JsonValueKind.Number) is { } tokens)
        {
            // The same as Converse's usage under a name of its own.
            using var usage = JsonDocument.Parse($$"""{"inputTokens":{{tokens.GetRawText()}}}""");
            answer.TakeUsage(usage.RootElement, UsageFormat.Bedrock);
        }

        return true;
    }
}

using System.Text.Json;
using AiOrchestrator.Core.Platform;
using AiOrchestrator.Core.Providers.Chat;
using AiOrchestrator.Core.Providers.Reranking;

namespace AiOrchestrator.Core.Providers.Cohere;

/// <summary>Cohere's reranking, version 2 (https://docs.cohere.com/reference/rerank).</summary>
internal sealed class CohereRerank : RerankFormat
{
    private const string Priority = "priority";

    /// <inheritdoc/>
    public override bool ReportsUsage => true;

    /// <inheritdoc/>
    public override ApiFailure? Write(RerankRequest request, in UpstreamTerms terms, Utf8JsonWriter writer, List<string> dropped)
    {
        writer.WriteStartObject();
        writer.WriteString("model"u8, terms.Model.UpstreamId);
        WriteAsk(request, writer);
        foreach (var (name, value) in request.Others)
        {
            if (name == Priority)
            {
                writer.WriteIfAny("priority"u8, value);
            }
            else
            {
                dropped.Add(name);
            }
        }

        writer.WriteEndObject();
        dropped.AddRange(request.DocumentMembers);
        return null;
    }

    /// <summary>Writes what is asked, in the words every API of Cohere's has for it.</summary>
    public static void WriteAsk(RerankRequest request, Utf8JsonWriter writer)
    {
        request.WriteTexts(writer);
        if (request.MaxTokensPerDocument is { } maxTokens)
        {
            writer.WriteNumber("max_tokens_per_doc"u8, maxTokens);
        }
    }

    /// <inheritdoc/>
    public override Uri UriOf(Provider provider, ServedModel model) => new(provider.BaseUrl, "rerank");
}

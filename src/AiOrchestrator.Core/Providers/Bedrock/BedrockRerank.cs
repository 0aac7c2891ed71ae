using System.Text.Json;
using AiOrchestrator.Core.Platform;
using AiOrchestrator.Core.Providers.Chat;
using AiOrchestrator.Core.Providers.Cohere;
using AiOrchestrator.Core.Providers.Reranking;

namespace AiOrchestrator.Core.Providers.Bedrock;

/// <summary>
/// Reranking of models on Bedrock, called as any of its models are (https://docs.aws.amazon.com/bedrock/latest/userguide/rerank-use.html): Amazon's own
/// takes a query, documents and how many of them to tell, Cohere's what version 2 of its API takes.
/// </summary>
internal sealed class BedrockRerank : RerankFormat
{
    /// <inheritdoc/>
    public override bool ReportsUsage => false;

    /// <inheritdoc/>
    public override ApiFailure? Write(RerankRequest request, in UpstreamTerms terms, Utf8JsonWriter writer, List<string> dropped)
    {
        writer.WriteStartObject();
        if (BedrockModels.IsCohere(terms.Model))
        {
            writer.WriteNumber("api_version"u8, 2);
            CohereRerank.WriteAsk(request, writer);
        }
        else
        {
            request.WriteTexts(writer);
            if (request.MaxTokensPerDocument is not null)
            {
                dropped.Add("max_tokens_per_doc");
            }
        }

        writer.WriteEndObject();
        dropped.AddRange(request.Others.Select(static o => o.Name));
        dropped.AddRange(request.DocumentMembers);
        return null;
    }

    /// <inheritdoc/>
    public override Uri UriOf(Provider provider, ServedModel model) => BedrockFormat.InvokeUri(provider, model);
}

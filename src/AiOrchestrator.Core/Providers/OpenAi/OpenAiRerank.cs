using System.Runtime.InteropServices;
using System.Text.Json;
using AiOrchestrator.Core.Platform;
using AiOrchestrator.Core.Providers.Chat;
using AiOrchestrator.Core.Providers.Reranking;

namespace AiOrchestrator.Core.Providers.OpenAi;

/// <summary>
/// Reranking of servers that speak OpenAI's formats elsewhere: Jina, Together, vLLM and others take Cohere's request below their base URL
/// (https://jina.ai/reranker, https://docs.together.ai/reference/rerank, https://docs.vllm.ai/en/latest/serving/openai_compatible_server.html). What a
/// server calls by another name its row says (Voyage: <c>top_n</c> is <c>top_k</c>).
/// </summary>
internal sealed class OpenAiRerank : RerankFormat
{
    /// <inheritdoc/>
    public override bool ReportsUsage => true;

    /// <inheritdoc/>
    public override ApiFailure? Write(RerankRequest request, in UpstreamTerms terms, Utf8JsonWriter writer, List<string> dropped)
    {
        writer.WriteStartObject();
        foreach (var member in request.Root.EnumerateObject())
        {
            if (member.NameEquals("model"u8))
            {
                writer.WriteString("model"u8, terms.Model.UpstreamId);
            }
            else
            {
                writer.WritePropertyName(member.Name);
                writer.WriteRawValue(JsonMarshal.GetRawUtf8Value(member.Value), skipInputValidation: true);
            }
        }

        writer.WriteEndObject();
        return null;
    }

    /// <inheritdoc/>
    public override Uri UriOf(Provider provider, ServedModel model) => provider.UriOf(ModelCall.Rerank, model);
}

using System.Text.Json;
using AiOrchestrator.Core.Providers.Anthropic;
using AiOrchestrator.Core.Providers.Bedrock;
using AiOrchestrator.Core.Providers.Chat;
using AiOrchestrator.Core.Providers.Cohere;
using AiOrchestrator.Core.Providers.Echo;
using AiOrchestrator.Core.Providers.Gemini;

namespace AiOrchestrator.Core.Providers.Listing;

/// <summary>
/// How providers list their models: OpenAI's <c>data</c> (or a bare array, as Together), Anthropic's likewise with <c>has_more</c> and <c>last_id</c>
/// (https://docs.anthropic.com/en/api/models-list), Google's <c>models</c> with <c>nextPageToken</c> (https://ai.google.dev/api/models), Cohere's with
/// <c>next_page_token</c>, which only its v1 has (https://docs.cohere.com/reference/list-models), AWS' <c>modelSummaries</c>
/// (https://docs.aws.amazon.com/bedrock/latest/APIReference/API_ListFoundationModels.html), Ollama's own <c>models</c>.
/// </summary>
internal static class ModelListReader
{
    /// <summary>Where the list is; null where there is none.</summary>
    /// <param name="provider">The provider.</param>
    /// <param name="page">What the page before said about this one; null for the first.</param>
    public static Uri? UriOf(Provider provider, string? page)
    {
        if (provider.PathTemplate is not null || provider.WireFormat == EchoHandler.WireFormat)
        {
            return null;
        }

        var more = page is null ? null : Uri.EscapeDataString(page);
        return provider.Format switch
        {
            AnthropicFormat => new Uri(provider.BaseUrl, "models?limit=1000" + (more is null ? "" : "&after_id=" + more)),
            GeminiFormat => new Uri(provider.BaseUrl, "models?pageSize=1000" + (more is null ? "" : "&pageToken=" + more)),
            CohereFormat => new Uri(
                provider.BaseUrl,
                (provider.BaseUrl.AbsolutePath.EndsWith("/v2/", StringComparison.Ordinal) ? "../v1/models" : "models") + "?page_size=1000" + (more is null ? "" : "&page_token=" + more)),
            BedrockFormat => new Uri(ControlPlane(provider.BaseUrl), "foundation-models"),
            _ => new Uri(provider.BaseUrl, "models"),
        };
    }

    /// <summary>Reads a page.</summary>
    /// <param name="provider">Whose.</param>
    /// <param name="body">The answer.</param>
    /// <returns>The names, and what to ask for next; null for both where it is no list.</returns>
    public static (IReadOnlyList<string>? Names, string? Next) Read(Provider provider, byte[] body)
    {
        try
        {
            using var document = JsonDocument.Parse(body);
            var root = document.RootElement;
            var list = root.Member("data"u8) ?? root.Member("models"u8) ?? root.Member("modelSummaries"u8) ?? root;
            if (list.ValueKind != JsonValueKind.Array)
            {
                return default;
            }

            string[] names = [.. list.EnumerateArray()
                .Select(static m => m.TextOf("id"u8) ?? m.TextOf("model_id"u8) ?? m.TextOf("name"u8) ?? m.TextOf("modelId"u8)).OfType<string>()];
            return (names, Next(provider.Format, root));
        }
        catch (JsonException)
        {
            // Something else than a list: whoever asked says so.
            return default;
        }
    }

    private static string? Next(ChatFormat format, JsonElement root) => format switch
    {
        AnthropicFormat => root.FlagOf("has_more"u8) == true ? root.TextOf("last_id"u8) : null,
        GeminiFormat => root.TextOf("nextPageToken"u8),
        CohereFormat => root.TextOf("next_page_token"u8),
        _ => null,
    } is { Length: > 0 } next ? next : null;

    /// <summary>Models are called at <c>bedrock-runtime.REGION.amazonaws.com</c> and listed at <c>bedrock.REGION.amazonaws.com</c>; behind another host both are.</summary>
    private static Uri ControlPlane(Uri runtime)
    {
        const string Runtime = "bedrock-runtime.";
        return runtime.Host.StartsWith(Runtime, StringComparison.Ordinal)
            ? new UriBuilder(runtime) { Host = "bedrock." + runtime.Host[Runtime.Length..] }.Uri
            : runtime;
    }
}

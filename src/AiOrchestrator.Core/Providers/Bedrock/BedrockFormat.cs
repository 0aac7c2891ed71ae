using System.Net.Http.Headers;
using System.Text.Json;
using AiOrchestrator.Core.Metering.Extraction;
using AiOrchestrator.Core.Platform;
using AiOrchestrator.Core.Providers.Chat;
using AiOrchestrator.Core.Providers.Embeddings;
using AiOrchestrator.Core.Providers.Reranking;

namespace AiOrchestrator.Core.Providers.Bedrock;

/// <summary>
/// Converse and ConverseStream of AWS' Bedrock (https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html): signed requests, or
/// an API key; streams of binary events.
/// </summary>
internal sealed class BedrockFormat : ChatFormat
{
    /// <summary>What rows call it.</summary>
    public const string FormatName = "bedrock";

    /// <summary>What is signed for, whatever the host is called.</summary>
    private const string Service = "bedrock";

    private static readonly TitanEmbeddings TheEmbeddings = new();
    private static readonly BedrockRerank TheRerank = new();

    /// <inheritdoc/>
    public override string Name => FormatName;

    /// <inheritdoc/>
    public override UsageFormat Usage => UsageFormat.Bedrock;

    /// <inheritdoc/>
    public override EmbeddingsFormat Embeddings => TheEmbeddings;

    /// <inheritdoc/>
    public override RerankFormat Rerank => TheRerank;

    /// <inheritdoc/>
    public override bool StreamsBinary => true;

    /// <inheritdoc/>
    public override ApiFailure? Write(ChatRequest request, in UpstreamTerms terms, Utf8JsonWriter writer, List<string> dropped) =>
        BedrockRequestWriter.Write(request, terms, writer, dropped);

    /// <inheritdoc/>
    public override Uri UriOf(Provider provider, ServedModel model, bool stream) =>
        new(provider.BaseUrl, $"model/{Uri.EscapeDataString(model.UpstreamId)}/{(stream ? "converse-stream" : "converse")}");

    /// <summary>Where a model is called in its own words.</summary>
    public static Uri InvokeUri(Provider provider, ServedModel model) => new(provider.BaseUrl, $"model/{Uri.EscapeDataString(model.UpstreamId)}/invoke");

    /// <inheritdoc/>
    public override void AddHeaders(Provider provider, HttpRequestHeaders headers, Func<string, string?> caller)
    {
        if (provider.Credential is { } secret && AwsCredential.TryParse(secret, out var credential) && credential is null)
        {
            headers.TryAddWithoutValidation("Authorization", provider.AuthorizationHeader);
        }
    }

    /// <inheritdoc/>
    public override void Sign(Provider provider, HttpRequestMessage message, UpstreamBody body, DateTimeOffset now)
    {
        if (provider.Credential is { } secret && AwsCredential.TryParse(secret, out var credential) && credential is not null)
        {
            var region = provider.Region ?? RegionOf(provider.BaseUrl)
                ?? throw new InvalidOperationException("a row without a region is not served");
            new AwsSignature(credential, region, Service).Add(message, body.Sha256(), now);
        }
    }

    /// <inheritdoc/>
    public override string? CheckCredential(string secret)
    {
        // What is wrong is told without the secret: it says what the shape is, never what it found.
        return !AwsCredential.TryParse(secret, out var credential) ? $"leads to a secret that is none of: {AwsCredential.Shape}"
            : credential is null ? base.CheckCredential(secret)
            : base.CheckCredential(credential.AccessKeyId + credential.SessionToken);
    }

    /// <inheritdoc/>
    public override (string Member, string Problem)? CheckRow(ProviderConfig config) =>
        config.Region is null && Uri.TryCreate(config.BaseUrl, UriKind.Absolute, out var url) && RegionOf(url) is null
            ? ("region", "is required where the host of 'base_url' does not name it, as bedrock-runtime.us-east-1.amazonaws.com does")
            : null;

    /// <inheritdoc/>
    public override ChatAnswerReader CreateReader() => new BedrockAnswerReader();

    /// <inheritdoc/>
    public override ProviderError? ReadError(JsonElement body) =>
        (body.TextOf("message"u8) ?? body.TextOf("Message"u8)) is { Length: > 0 } message ? new ProviderError(body.TextOf("__type"u8), message) : null;

    /// <summary>The region a host names after the service, also behind a private endpoint: <c>vpce-1.bedrock-runtime.eu-west-1.vpce.amazonaws.com</c>.</summary>
    private static string? RegionOf(Uri url)
    {
        var labels = url.Host.Split('.');
        var service = Array.FindIndex(labels, static l => l.StartsWith("bedrock", StringComparison.Ordinal));
        return service >= 0 && service + 1 < labels.Length && labels[service + 1].Count(static c => c == '-') >= 2 ? labels[service + 1] : null;
    }
}

using System.Text.Json;
using AiOrchestrator.Core.Platform;
using AiOrchestrator.Core.Providers.Chat;

namespace AiOrchestrator.Core.Gateway;

/// <summary>A conversation whose client and provider speak different wire formats.</summary>
/// <param name="dialect">The caller's side.</param>
/// <param name="format">The provider's side.</param>
/// <param name="request">What the caller asks.</param>
internal sealed class Translation(ChatDialect dialect, ChatFormat format, ChatRequest request) : Rewriting
{
    /// <summary>The caller's side.</summary>
    public ChatDialect Dialect => dialect;

    /// <summary>What the caller asks.</summary>
    public ChatRequest Request => request;

    /// <inheritdoc/>
    public override void Dispose() => request.Dispose();

    /// <inheritdoc/>
    protected override ApiFailure? WriteBody(in UpstreamTerms terms, Utf8JsonWriter writer) => format.Write(request, terms, writer, Dropped);
}

using System.Buffers;
using System.Text.Json;
using AiOrchestrator.Core.Platform;
using AiOrchestrator.Core.Providers.Chat;

namespace AiOrchestrator.Core.Gateway;

/// <summary>A call whose client and provider speak different wire formats: what is sent instead of the caller's body.</summary>
/// <param name="dialect">The caller's side.</param>
/// <param name="format">The provider's side.</param>
/// <param name="request">What the caller asks.</param>
internal sealed class Translation(ChatDialect dialect, ChatFormat format, ChatRequest request) : IDisposable
{
    private ArrayBufferWriter<byte> _body = new();

    /// <summary>The caller's side.</summary>
    public ChatDialect Dialect => dialect;

    /// <summary>What the caller asks.</summary>
    public ChatRequest Request => request;

    /// <summary>Members that mean nothing to the provider and are not sent, in the caller's words.</summary>
    public List<string> Dropped { get; } = [];

    /// <summary>What is sent.</summary>
    public ReadOnlyMemory<byte> Body => _body.WrittenMemory;

    /// <summary>Writes the body; again where the bound of the output has changed since.</summary>
    /// <returns>Null, or what the provider's format cannot say.</returns>
    public ApiFailure? Write(in UpstreamTerms terms)
    {
        Dropped.Clear();
        _body = new ArrayBufferWriter<byte>(Math.Max(256, _body.WrittenCount));
        using var writer = new Utf8JsonWriter(_body, ChatJson.Writing);
        var failure = format.Write(request, terms, writer, Dropped);
        if (failure is null)
        {
            writer.Flush();
        }
        else
        {
            // What stands half written is never sent.
            writer.Reset(new ArrayBufferWriter<byte>());
        }

        return failure;
    }

    /// <inheritdoc/>
    public void Dispose() => request.Dispose();
}

using System.Buffers;
using AiOrchestrator.Core.Gateway.Stages;
using Microsoft.AspNetCore.Http;

namespace AiOrchestrator.Core.Gateway;

/// <summary>The event stream a caller reads: its headers go with the first byte, and nothing is kept for a caller who has gone.</summary>
internal sealed class AnswerOutput(Exchange exchange) : IBufferWriter<byte>
{
    private readonly HttpResponse _response = exchange.Context.Response;
    private byte[]? _nowhere;

    /// <summary>Whether anything was written since <see cref="Flushed"/>.</summary>
    public bool HasWritten { get; private set; }

    /// <summary>What was written is on its way.</summary>
    public void Flushed() => HasWritten = false;

    /// <inheritdoc/>
    public void Advance(int count)
    {
        if (_nowhere is null)
        {
            exchange.ResponseBytes += count;
            _response.BodyWriter.Advance(count);
            HasWritten = true;
        }
    }

    /// <inheritdoc/>
    public Memory<byte> GetMemory(int sizeHint = 0) => IsNowhere(sizeHint) ? _nowhere : _response.BodyWriter.GetMemory(sizeHint);

    /// <inheritdoc/>
    public Span<byte> GetSpan(int sizeHint = 0) => IsNowhere(sizeHint) ? _nowhere : _response.BodyWriter.GetSpan(sizeHint);

    private bool IsNowhere(int sizeHint)
    {
        if (exchange.ClientGone)
        {
            _nowhere = _nowhere is { } buffer && buffer.Length >= sizeHint ? buffer : new byte[Math.Max(sizeHint, 4096)];
            return true;
        }

        if (!_response.HasStarted && exchange.ResponseBytes == 0)
        {
            AnswerHeaders.Write(exchange);
            AnswerHeaders.WriteStream(_response);
        }

        return false;
    }
}

using System.Buffers;
using AiOrchestrator.Core.Platform;

namespace AiOrchestrator.Core.Gateway.Stages;

/// <summary>Relays spoken audio as it arrives, byte for byte. What it costs is known from the text.</summary>
internal sealed class RelayAudio(SettleExchange settle, TimeProvider time)
{
    private const int BufferBytes = 32 * 1024;

    public async ValueTask<ApiFailure?> RunAsync(Exchange exchange)
    {
        var provider = exchange.Route!.Provider.Id;
        var content = exchange.Answer!.Content.Headers;
        if (content.ContentType?.MediaType is not { } type || !(type.StartsWith("audio/", StringComparison.Ordinal) || type == "application/octet-stream"))
        {
            return new UpstreamInvalid(provider, "something else than audio");
        }

        var response = exchange.Context.Response;
        var watch = exchange.Watch!;
        var buffer = ArrayPool<byte>.Shared.Rent(BufferBytes);
        try
        {
            await using var source = await exchange.Answer.Content.ReadAsStreamAsync(watch.Token);
            int read;
            while ((read = await source.ReadAsync(buffer, watch.Token)) > 0)
            {
                watch.Progress();
                if (!response.HasStarted && exchange.ResponseBytes == 0)
                {
                    AnswerHeaders.Write(exchange);
                    response.ContentType = content.ContentType.ToString();
                    response.ContentLength = content.ContentLength;
                }

                if (exchange.ResponseBytes + read == content.ContentLength)
                {
                    // Whoever has read all that was announced and asks for the balance finds it charged.
                    settle.Run(exchange);
                }

                await WriteAsync(exchange, buffer.AsMemory(0, read));
            }

            exchange.UpstreamEndTimestamp = time.GetTimestamp();
            settle.Run(exchange);
            return exchange.ResponseBytes == 0 ? new UpstreamInvalid(provider, "an empty answer") : exchange.ClientGone ? new ClientGone() : null;
        }
        catch (Exception failure) when (failure is HttpRequestException or IOException or OperationCanceledException)
        {
            return Broken(exchange, failure);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private static async ValueTask WriteAsync(Exchange exchange, ReadOnlyMemory<byte> piece)
    {
        if (exchange.ClientGone)
        {
            // Only where the provider is to be drained (MT-07): the reader has gone, the reading goes on.
            return;
        }

        var watch = exchange.Watch!;
        exchange.ResponseBytes += piece.Length;
        exchange.Chunks++;
        watch.Writing(true);
        try
        {
            await exchange.Context.Response.Body.WriteAsync(piece, watch.Token);
        }
        catch (Exception gone) when (gone is IOException or OperationCanceledException && watch.Reason == CutReason.None)
        {
            // Where the provider is to be cut, the next read says so.
            exchange.ClientGone = true;
        }

        watch.Writing(false);
    }

    /// <summary>Sound has no place for an error in it: an answer that has begun ends short of its announced length, or of its last chunk.</summary>
    private ApiFailure Broken(Exchange exchange, Exception failure)
    {
        var classified = CallProvider.Classify(exchange, failure, sent: true);
        if (!exchange.Context.Response.HasStarted)
        {
            return classified;
        }

        // Settled first: once its connection is ended, the client looks as if it had gone.
        exchange.Failure = classified is UpstreamFailed && exchange.ResponseBytes > 0 ? new UpstreamCut(exchange.Route!.Provider.Id) : classified;
        settle.Run(exchange);
        exchange.Context.Abort();
        return exchange.Failure;
    }
}

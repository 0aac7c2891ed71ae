using System.Buffers;
using System.Text.Json;
using AiOrchestrator.Core.Gateway.Batches;
using AiOrchestrator.Core.Gateway.Caching;
using AiOrchestrator.Core.Gateway.Videos;
using AiOrchestrator.Core.Platform;
using AiOrchestrator.Core.Providers;
using AiOrchestrator.Core.Providers.Chat;
using AiOrchestrator.Core.Providers.OpenAi;
using AiOrchestrator.Ledger.Money;
using Microsoft.Extensions.Options;

namespace AiOrchestrator.Core.Gateway.Stages;

/// <summary>Relays an answer that is not streamed: read whole, checked, sent on byte for byte.</summary>
internal sealed class RelayAnswer(SettleExchange settle, KeepAnswer keep, KeepVideo keepVideo, KeepBatch keepBatch, IOptions<GatewayOptions> options, TimeProvider time)
{
    private const int FirstBufferBytes = 8 * 1024;

    public async ValueTask<ApiFailure?> RunAsync(Exchange exchange)
    {
        var watch = exchange.Watch!;
        var maxBytes = options.Value.MaxAnswerBytes;
        var provider = exchange.Route!.Provider.Id;
        var announced = exchange.Answer!.Content.Headers.ContentLength;
        if (announced > maxBytes)
        {
            return new UpstreamInvalid(provider, $"an answer larger than {maxBytes} bytes") { IsTooLarge = true };
        }

        var buffer = ArrayPool<byte>.Shared.Rent((int)(announced ?? FirstBufferBytes) + 1);
        try
        {
            var length = 0;
            var source = await exchange.Answer.Content.ReadAsStreamAsync(watch.Token);
            int read;
            while ((read = await source.ReadAsync(buffer.AsMemory(length), watch.Token)) > 0)
            {
                watch.Progress();
                length += read;
                if (length > maxBytes)
                {
                    return new UpstreamInvalid(provider, $"an answer larger than {maxBytes} bytes") { IsTooLarge = true };
                }

                buffer = length < buffer.Length ? buffer : Grow(buffer);
            }

            exchange.UpstreamEndTimestamp = time.GetTimestamp();
            exchange.Capture = keep.Begin(exchange);
            exchange.Capture?.Whole(buffer.AsMemory(0, length));
            return exchange.Reader is { } reader ? await ReadAsync(exchange, reader, buffer.AsMemory(0, length))
                : exchange.Rewriting is PlainRewriting plain ? await TellAsync(exchange, plain, buffer.AsMemory(0, length))
                : await RelayAsync(exchange, buffer.AsMemory(0, length));
        }
        catch (Exception failure) when (failure is HttpRequestException or IOException or OperationCanceledException)
        {
            return CallProvider.Classify(exchange, failure, sent: true);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>An answer in OpenAI's format, for a caller who speaks it.</summary>
    private async ValueTask<ApiFailure?> RelayAsync(Exchange exchange, ReadOnlyMemory<byte> body)
    {
        if (Look(exchange, body.Span) == ChunkKind.Invalid)
        {
            return new UpstreamInvalid(exchange.Route!.Provider.Id, body.IsEmpty ? "an empty answer" : "an answer that is not a JSON object");
        }

        if (exchange.Call.Traits().IsVideo || exchange.Order is not null)
        {
            // Before it is settled and told: whoever has its name finds it, after a crash as well.
            var kept = exchange.Order is null ? await keepVideo.RunAsync(exchange, body) : await keepBatch.RunAsync(exchange, body);
            return kept.Failed ? kept.Failure : await WriteAsync(exchange, kept.Value);
        }

        return await WriteAsync(exchange, body);
    }

    /// <summary>An answer of another format than OpenAI's: relayed as it is, or what it says written anew.</summary>
    private async ValueTask<ApiFailure?> ReadAsync(Exchange exchange, ChatAnswerReader reader, ReadOnlyMemory<byte> body)
    {
        var provider = exchange.Route!.Provider.Id;
        var answer = exchange.Translation is null ? null : new ChatAnswer(exchange.AnswerFacts);
        var piece = reader.ReadWhole(body.Span, answer ?? new ChatSink(exchange.AnswerFacts));
        exchange.AnswerFacts.HasError = piece == AnswerPiece.Error;
        if (piece != AnswerPiece.End)
        {
            return piece == AnswerPiece.Error
                ? new UpstreamReported(provider, reader.Error!)
                : new UpstreamInvalid(provider, body.IsEmpty ? "an empty answer" : "an answer that its wire format does not have");
        }

        if (answer is null)
        {
            return await WriteAsync(exchange, exchange.ResponseNames?.Renamed(body) ?? body);
        }

        var written = new ArrayBufferWriter<byte>(body.Length + 512);
        using (var writer = new Utf8JsonWriter(written, ChatJson.Writing))
        {
            exchange.Translation!.Dialect.Write(answer, TranslateRequest.AnswerTerms(exchange), writer);
        }

        return await WriteAsync(exchange, written.WrittenMemory);
    }

    /// <summary>An answer that is no conversation's, written anew.</summary>
    private async ValueTask<ApiFailure?> TellAsync(Exchange exchange, PlainRewriting plain, ReadOnlyMemory<byte> body)
    {
        var written = new ArrayBufferWriter<byte>(body.Length + 512);
        return Tell(exchange, plain, body, written)
            ? await WriteAsync(exchange, written.WrittenMemory)
            : new UpstreamInvalid(exchange.Route!.Provider.Id, body.IsEmpty ? "an empty answer" : "an answer that its wire format does not have");
    }

    private static bool Tell(Exchange exchange, PlainRewriting plain, ReadOnlyMemory<byte> body, ArrayBufferWriter<byte> written)
    {
        using var writer = new Utf8JsonWriter(written, ChatJson.Writing);
        try
        {
            using var answer = JsonDocument.Parse(body);
            if (plain.Tell(answer.RootElement, exchange, writer))
            {
                writer.Flush();
                return true;
            }
        }
        catch (Exception failure) when (failure is JsonException or InvalidOperationException or FormatException)
        {
            // What a provider sends is outside our control: the caller of this says so. The other two are what elements throw at another shape.
        }

        writer.Reset();
        return false;
    }

    private async ValueTask<ApiFailure?> WriteAsync(Exchange exchange, ReadOnlyMemory<byte> body)
    {
        var response = exchange.Context.Response;
        AnswerHeaders.Write(exchange);
        response.Headers["x-ao-cost-usd"] = NanoUsd.FormatUsd(Charge.Of(exchange).CostNanoUsd);
        response.ContentType = IsText(exchange) ? exchange.Answer!.Content.Headers.ContentType?.ToString() ?? "text/plain" : "application/json";
        response.ContentLength = body.Length;
        exchange.ResponseBytes = body.Length;
        exchange.Capture?.Written(body);

        // All is known now: whoever has read the answer and asks for the balance finds it charged.
        settle.Run(exchange);
        if (exchange.ClientGone)
        {
            return new ClientGone();
        }

        try
        {
            await response.Body.WriteAsync(body, exchange.Context.RequestAborted);
            return null;
        }
        catch (Exception failure) when (failure is IOException or OperationCanceledException)
        {
            // The answer is complete and will be charged as reported; only its reader has gone.
            exchange.ClientGone = true;
            return new ClientGone();
        }
    }

    private static ChunkKind Look(Exchange exchange, ReadOnlySpan<byte> answer)
    {
        if (IsText(exchange))
        {
            exchange.AnswerFacts.Meter?.AppendText(answer);
            return ChunkKind.Content;
        }

        return exchange.Call.Traits().IsMedia
            ? OpenAiMediaAnswerReader.Read(answer, exchange.Call, exchange.AnswerFacts)
            : OpenAiAnswerReader.Read(answer, exchange.AnswerFacts);
    }

    /// <summary>A transcript may be asked for as text, which is no JSON and says nothing of itself.</summary>
    private static bool IsText(Exchange exchange) => exchange.Call == ModelCall.Transcriptions && exchange.Request.Media.IsText;

    private static byte[] Grow(byte[] buffer)
    {
        var larger = ArrayPool<byte>.Shared.Rent(buffer.Length * 2);
        buffer.CopyTo(larger, 0);
        ArrayPool<byte>.Shared.Return(buffer);
        return larger;
    }
}
